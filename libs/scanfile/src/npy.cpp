#include "npy.hpp"

#include <zip.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <ptero/core/error.hpp>

namespace ptero::scanfile {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{1} << 20;

bool begins_with(const std::filesystem::path& path, std::string_view start) {
  std::string read(start.size(), '\0');
  std::ifstream(path, std::ios::binary).read(read.data(), static_cast<std::streamsize>(read.size()));
  return read == start;
}

/// The text behind a key of the header's dictionary.
std::string_view value_behind(std::string_view header, std::string_view key) {
  const auto at = header.find(key);
  if (at == header.npos) return {};
  const auto colon = header.find(':', at);
  if (colon == header.npos) return {};
  header.remove_prefix(colon + 1);
  return header.substr(std::min(header.find_first_not_of(' '), header.size()));
}

std::vector<std::size_t> dims_in(std::string_view shape) {
  std::vector<std::size_t> dims;
  const char* at = shape.data();
  const char* end = shape.data() + std::min(shape.find(')'), shape.size());
  while (at != end) {
    std::size_t value = 0;
    const auto read = std::from_chars(at, end, value);
    if (read.ec == std::errc{}) dims.push_back(value);
    at = read.ec == std::errc{} ? read.ptr : at + 1;
  }
  return dims;
}

struct ZipClose {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::unique_ptr<zip_t, ZipClose> open_archive(const std::filesystem::path& path) {
  int fault = 0;
  std::unique_ptr<zip_t, ZipClose> archive(zip_open(path.c_str(), ZIP_RDONLY, &fault));
  if (!archive)
    throw InputError("cannot read the archive " + path.string(),
                     "error " + std::to_string(fault) + " of libzip");
  return archive;
}

/// Up to `most` bytes of a member.
std::vector<std::byte> read_member(zip_t* archive, const std::string& member, std::size_t most,
                                   const std::string& name) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  const std::unique_ptr<zip_file_t, ZipClose> file(zip_fopen(archive, member.c_str(), 0));
  if (!file || zip_stat(archive, member.c_str(), 0, &stat) != 0) throw InputError("cannot read " + name);
  std::vector<std::byte> bytes(std::min<std::size_t>(stat.size, most));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = zip_fread(file.get(), bytes.data() + have, bytes.size() - have);
    if (got <= 0) throw InputError("cannot read " + name, "the archive is damaged");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

NpyArray array_of(std::vector<std::byte> bytes, const std::string& name) {
  NpyArray array{.header = read_npy_header(bytes, name), .name = name, .values = {}};
  const std::size_t size = array.header.count() * array.header.type.bytes * (array.header.complex ? 2 : 1);
  if (bytes.size() - array.header.data_offset < size)
    throw InputError(name + " is truncated", "its array needs " + std::to_string(size) + " bytes",
                     "copy it again");
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(array.header.data_offset));
  bytes.resize(size);
  array.values = std::move(bytes);
  return array;
}

/// From Fortran's order to C's.
template <class T>
std::vector<T> by_rows(std::vector<T> values, const NpyHeader& header) {
  if (!header.by_columns || header.dims.size() < 2) return values;
  std::vector<T> out(values.size());
  std::vector<std::size_t> at(header.dims.size(), 0);
  for (T& value : out) {
    std::size_t from = 0;
    for (std::size_t axis = at.size(); axis-- > 0;) from = from * header.dims[axis] + at[axis];
    value = values[from];
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < header.dims[axis]) break;
      at[axis] = 0;
    }
  }
  return out;
}

/// Any real type as double.
std::vector<double> numbers_in(std::span<const std::byte> bytes, const PixelType& type) {
  std::vector<double> out(bytes.size() / type.bytes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::array<std::byte, 8> value{};
    std::memcpy(value.data(), bytes.data() + i * type.bytes, type.bytes);
    if (type.big_endian) std::reverse(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(type.bytes));
    const auto bits = std::bit_cast<std::uint64_t>(value);
    switch (type.kind) {
      case PixelType::Kind::unsigned_integer:
        out[i] = static_cast<double>(bits);
        break;
      case PixelType::Kind::signed_integer: {
        const unsigned shift = 64 - 8 * static_cast<unsigned>(type.bytes);
        out[i] = static_cast<double>(std::bit_cast<std::int64_t>(bits << shift) >> shift);
        break;
      }
      case PixelType::Kind::floating:
        if (type.bytes == 8) {
          out[i] = std::bit_cast<double>(bits);
        } else {
          float single = 0;
          convert(bytes.subspan(i * type.bytes, type.bytes), type, Dtype::f32,
                  std::as_writable_bytes(std::span(&single, 1)));
          out[i] = type.bytes == 4
                       ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                       : static_cast<double>(single);
        }
        break;
    }
  }
  return out;
}

}  // namespace

std::size_t NpyHeader::count() const {
  return std::accumulate(dims.begin(), dims.end(), std::size_t{1}, std::multiplies());
}

NpyHeader read_npy_header(std::span<const std::byte> start, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  const auto broken = [&](const std::string& why) {
    return InputError(name + " is no array of NumPy that can be read", why);
  };
  if (!text.starts_with(magic) || text.size() < 12) throw broken("it does not begin as one");
  const bool first_version = text[6] == 1;
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<std::uint8_t>(text[i])}; };
  const std::size_t length =
      first_version ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  NpyHeader header;
  header.data_offset = (first_version ? 10 : 12) + length;
  if (length > longest_header || header.data_offset > text.size()) throw broken("its header is cut off");
  const std::string_view dictionary = text.substr(first_version ? 10 : 12, length);
  const std::string_view descr = value_behind(dictionary, "'descr'");
  if (descr.size() < 5 || descr.front() != '\'')
    throw broken("its type is " + std::string(descr.substr(0, 40)));
  header.type.big_endian = descr[1] == '>';
  const char kind = descr[2];
  std::size_t bytes = 0;
  std::from_chars(descr.data() + 3, descr.data() + descr.size(), bytes);
  header.complex = kind == 'c';
  header.type.bytes = header.complex ? bytes / 2 : bytes;
  using enum PixelType::Kind;
  header.type.kind = kind == 'f' || kind == 'c' ? floating : kind == 'i' ? signed_integer : unsigned_integer;
  const std::size_t b = header.type.bytes;
  const bool known = (std::string_view("uib").find(kind) != std::string_view::npos &&
                      (b == 1 || b == 2 || b == 4 || b == 8)) ||
                     (header.type.kind == floating && (b == 2 || b == 4 || b == 8));
  if (!known) throw broken("its type is " + std::string(descr.substr(0, descr.find(','))));
  header.by_columns = value_behind(dictionary, "'fortran_order'").starts_with("True");
  header.dims = dims_in(value_behind(dictionary, "'shape'"));
  return header;
}

std::vector<double> NpyArray::as_doubles() const {
  if (header.complex) throw InputError(name + " holds complex numbers", {}, "real ones are needed");
  return by_rows(numbers_in(values, header.type), header);
}

std::vector<std::complex<float>> NpyArray::as_complex() const {
  const std::vector<double> parts = numbers_in(values, header.type);
  std::vector<std::complex<float>> out(header.count());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = header.complex
                 ? std::complex(static_cast<float>(parts[2 * i]), static_cast<float>(parts[2 * i + 1]))
                 : std::complex(static_cast<float>(parts[i]));
  return by_rows(std::move(out), header);
}

bool is_npy(const std::filesystem::path& path) {
  return begins_with(path, magic);
}

bool is_npz(const std::filesystem::path& path) {
  return begins_with(path, std::string_view("PK\x03\x04", 4));
}

NpyArray read_npy(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::byte> copy(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  return array_of(std::move(copy), path.string());
}

std::map<std::string, NpyHeader> list_npz(const std::filesystem::path& path) {
  const auto archive = open_archive(path);
  std::map<std::string, NpyHeader> members;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const std::string member = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    if (!member.ends_with(".npy")) continue;
    const std::string name = member.substr(0, member.size() - 4);
    try {
      members.emplace(name, read_npy_header(read_member(archive.get(), member, longest_header, name), name));
    } catch (const InputError&) {
      // An array of texts or objects is none of ours.
    }
  }
  return members;
}

NpyArray read_npz(const std::filesystem::path& path, const std::string& member) {
  const auto archive = open_archive(path);
  const std::string name = member + " of " + path.string();
  return array_of(read_member(archive.get(), member + ".npy", SIZE_MAX, name), name);
}

}  // namespace ptero::scanfile
