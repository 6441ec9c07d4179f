#include "journal_format.hpp"

#include <algorithm>
#include <bit>
#include <ptero/core/contract.hpp>
#include <string_view>

#include "crc32c.hpp"

namespace ptero::journal {

namespace {

static_assert(std::endian::native == std::endian::little, "the journal is little endian");

constexpr std::string_view file_magic = "PTEROJNL";
constexpr std::uint32_t version = 1;
constexpr std::size_t fixed_header_bytes = 16;
constexpr std::uint32_t longest_uid = 4096;
constexpr std::uint32_t entry_magic = 0x454a5450;  // "PTJE"

struct EntryHeader {
  std::uint32_t magic = entry_magic;
  std::uint32_t parts = 0;
  std::uint64_t sequence = 0;
  std::uint64_t body_bytes = 0;
  std::uint32_t body_crc = 0;
  std::uint32_t header_crc = 0;  ///< of the 28 bytes before it

  std::uint32_t expected_crc() const { return crc32c(std::as_bytes(std::span(this, 1)).first(28)); }
  bool valid() const { return magic == entry_magic && header_crc == expected_crc(); }
};
static_assert(sizeof(EntryHeader) == entry_header_bytes);

void put(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  const std::size_t end = out.size();
  out.resize(end + bytes.size());
  if (!bytes.empty()) std::memcpy(out.data() + end, bytes.data(), bytes.size());
}

template <class T>
void put_number(std::vector<std::byte>& out, T value) {
  put(out, std::as_bytes(std::span(&value, 1)));
}

template <class T>
T get(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Error damaged(const File& file, std::uint64_t sequence, std::uint64_t offset, const std::string& why) {
  return Error("the journal " + file.path().string() + " is damaged at byte " + std::to_string(offset) +
                   ", in entry " + std::to_string(sequence),
               why, "copy it back from where it came from, or keep the entries before");
}

bool only_zeros(const File& file, std::uint64_t begin, std::uint64_t end) {
  std::array<std::byte, 65536> buffer;
  while (begin < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin));
    const std::size_t n = file.read(std::span(buffer).first(wanted), begin);
    if (n == 0) break;
    if (std::any_of(buffer.begin(), buffer.begin() + n, [](std::byte b) { return b != std::byte{0}; }))
      return false;
    begin += n;
  }
  return true;
}

bool body_matches(const File& file, const EntryHeader& header, std::uint64_t offset) {
  std::vector<std::byte> body(header.body_bytes);
  return file.read(body, offset) == body.size() && crc32c(body) == header.body_crc;
}

}  // namespace

std::vector<std::byte> encode_file_header(const std::string& series_uid) {
  PTERO_EXPECT(series_uid.size() <= longest_uid);
  std::vector<std::byte> out;
  put(out, std::as_bytes(std::span(file_magic)));
  put_number(out, version);
  put_number(out, static_cast<std::uint32_t>(series_uid.size()));
  put(out, std::as_bytes(std::span(series_uid)));
  put_number(out, crc32c(out));
  return out;
}

std::optional<FileHeader> read_file_header(const File& file) {
  const std::string name = file.path().string();
  std::array<std::byte, fixed_header_bytes> fixed{};
  const std::size_t n = file.read(fixed, 0);
  const auto magic = std::as_bytes(std::span(file_magic));
  if (!std::equal(fixed.begin(), fixed.begin() + std::min(n, magic.size()), magic.begin()))
    throw InputError(name + " is not a ptero journal", "it does not start with PTEROJNL");
  if (n < fixed.size()) return std::nullopt;
  const auto found = get<std::uint32_t>(std::span(fixed).subspan(8));
  if (found != version)
    throw InputError(name + " is a journal of version " + std::to_string(found),
                     "this program reads version " + std::to_string(version));
  const auto uid_bytes = get<std::uint32_t>(std::span(fixed).subspan(12));
  if (uid_bytes > longest_uid) throw InputError("the header of the journal " + name + " is damaged");
  std::vector<std::byte> whole(fixed.size() + uid_bytes + 4);
  if (file.read(whole, 0) < whole.size()) return std::nullopt;
  const auto covered = std::span(whole).first(whole.size() - 4);
  if (crc32c(covered) != get<std::uint32_t>(std::span(whole).last(4)))
    throw InputError("the header of the journal " + name + " is damaged", "its checksum does not match");
  const auto uid = covered.subspan(fixed.size());
  return FileHeader{std::string(reinterpret_cast<const char*>(uid.data()), uid.size()), whole.size()};
}

std::vector<std::byte> encode_entry_head(std::uint64_t sequence, std::span<const Bytes> parts) {
  std::vector<std::byte> out(entry_header_bytes);
  EntryHeader header;
  header.parts = static_cast<std::uint32_t>(parts.size());
  header.sequence = sequence;
  for (const Bytes& part : parts) {
    put_number(out, static_cast<std::uint64_t>(part.size()));
    header.body_bytes += part.size() + 8;
  }
  header.body_crc = crc32c(std::span(out).subspan(entry_header_bytes));
  for (const Bytes& part : parts) header.body_crc = crc32c(part.span(), header.body_crc);
  header.header_crc = header.expected_crc();
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

void EntryIndex::extend(const File& file) {
  const std::uint64_t file_end = file.size();
  while (end() < file_end) {
    const std::uint64_t offset = end();
    EntryHeader header;
    if (file.read(std::as_writable_bytes(std::span(&header, 1)), offset) < sizeof header) return;
    if (!header.valid()) {
      // A power cut can leave a file longer than what reached the disk: the rest reads as zeros.
      if (only_zeros(file, offset, file_end)) return;
      throw damaged(file, size(), offset, "its header's checksum does not match");
    }
    if (header.sequence != size())
      throw damaged(file, size(), offset, "it says it is entry " + std::to_string(header.sequence));
    const std::uint64_t body = offset + entry_header_bytes;
    if (header.body_bytes > file_end - body) return;
    if (header.body_bytes == file_end - body && !body_matches(file, header, body)) return;
    push(body + header.body_bytes);
  }
}

Parts read_entry(const File& file, std::uint64_t sequence, std::uint64_t begin, std::uint64_t end) {
  const auto length = static_cast<std::size_t>(end - begin);
  auto buffer = std::make_shared_for_overwrite<std::byte[]>(length);
  const std::span<std::byte> bytes(buffer.get(), length);
  if (file.read(bytes, begin) < length) throw damaged(file, sequence, begin, "the file has become shorter");
  const auto header = get<EntryHeader>(bytes);
  std::span<const std::byte> body = bytes.subspan(entry_header_bytes);
  if (!header.valid() || header.sequence != sequence || header.body_bytes != body.size() ||
      crc32c(body) != header.body_crc)
    throw damaged(file, sequence, begin, "its checksum does not match");
  if (header.parts > body.size() / 8) throw damaged(file, sequence, begin, "its part table is too long");
  std::span<const std::byte> table = body.first(header.parts * std::size_t{8});
  body = body.subspan(table.size());
  Parts parts;
  for (; !table.empty(); table = table.subspan(8)) {
    const auto size = get<std::uint64_t>(table);
    if (size > body.size()) throw damaged(file, sequence, begin, "its parts are longer than the entry");
    parts.emplace_back(buffer, body.first(size));
    body = body.subspan(size);
  }
  if (!body.empty()) throw damaged(file, sequence, begin, "its parts are shorter than the entry");
  return parts;
}

}  // namespace ptero::journal
