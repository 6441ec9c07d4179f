#include "other_frames.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <ptero/core/error.hpp>

#include "npy.hpp"
#include "tiff_frames.hpp"

namespace ptero::scanfile {

namespace {

/// Frames of one type and size at equal distances in a file.
struct Strided {
  std::string name;
  PixelType type;
  Shape shape;
  std::uint64_t count = 0;
  std::size_t offset = 0;  ///< of the first
  std::size_t stride = 0;  ///< from one to the next
};

class StridedFrames : public FrameStore {
 public:
  StridedFrames(const std::filesystem::path& path, Strided layout)
      : layout_(std::move(layout)), file_(path, std::ios::binary), dtype_(dtype_for(layout_.type)) {}

  std::uint64_t count() const override { return layout_.count; }
  Shape shape() const override { return layout_.shape; }
  Dtype dtype() const override { return dtype_; }
  const std::string& name() const override { return layout_.name; }
  bool is_signed() const override { return layout_.type.kind == PixelType::Kind::signed_integer; }
  void keep_negatives() override { dtype_ = Dtype::f32; }
  void flag_negatives() override { dtype_ = dtype_for(layout_.type); }
  std::vector<std::byte> read(std::uint64_t frame) const override {
    std::vector<std::byte> pixels(layout_.shape.count() * layout_.type.bytes);
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(layout_.offset + frame * layout_.stride));
    if (!file_.read(reinterpret_cast<char*>(pixels.data()), static_cast<std::streamsize>(pixels.size())))
      throw InputError("cannot read frame " + std::to_string(frame) + " of " + layout_.name, {},
                       "the file is truncated");
    std::vector<std::byte> out(layout_.shape.count() * size_of(dtype_));
    convert(pixels, layout_.type, dtype_, out);
    return out;
  }

 private:
  Strided layout_;
  mutable std::ifstream file_;
  Dtype dtype_;
};

/// Those of an array that is in memory.
class ArrayFrames : public FrameStore {
 public:
  ArrayFrames(NpyArray array, Shape shape, std::uint64_t count)
      : array_(std::move(array)), shape_(shape), count_(count), dtype_(dtype_for(array_.header.type)) {}

  std::uint64_t count() const override { return count_; }
  Shape shape() const override { return shape_; }
  Dtype dtype() const override { return dtype_; }
  const std::string& name() const override { return array_.name; }
  bool is_signed() const override { return array_.header.type.kind == PixelType::Kind::signed_integer; }
  void keep_negatives() override { dtype_ = Dtype::f32; }
  void flag_negatives() override { dtype_ = dtype_for(array_.header.type); }
  std::vector<std::byte> read(std::uint64_t frame) const override {
    const std::size_t bytes = shape_.count() * array_.header.type.bytes;
    std::vector<std::byte> out(shape_.count() * size_of(dtype_));
    convert(std::span(array_.values).subspan(frame * bytes, bytes), array_.header.type, dtype_, out);
    return out;
  }

 private:
  NpyArray array_;
  Shape shape_;
  std::uint64_t count_;
  Dtype dtype_;
};

std::string text_of(const std::vector<std::size_t>& dims) {
  std::string text;
  for (const std::size_t n : dims) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return "(" + text + ")";
}

/// Frames and grid of an array's dimensions.
struct Stack {
  std::uint64_t count = 1;
  Shape shape, grid;
};

Stack stack_of(const NpyHeader& header, const std::string& name) {
  const auto& dims = header.dims;
  if (dims.size() < 3 || header.complex || header.count() == 0)
    throw InputError(
        "the frames " + name + " have shape " + text_of(dims) + (header.complex ? " and are complex" : ""),
        {},
        header.complex ? "this looks like a probe or an object; give it with --probe"
                       : "three dimensions are needed: frames, rows, columns");
  if (header.by_columns)
    throw InputError("the frames " + name + " are stored column by column", {},
                     "save them again with numpy.ascontiguousarray");
  Stack stack{.shape = {dims[dims.size() - 2], dims.back()}, .grid = {}};
  std::vector<std::size_t> sides;
  for (std::size_t i = 0; i + 2 < dims.size(); ++i) {
    stack.count *= dims[i];
    if (dims[i] > 1) sides.push_back(dims[i]);
  }
  if (sides.size() == 2) stack.grid = {sides[0], sides[1]};
  return stack;
}

OtherFrames open_npy(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::byte> start(std::min<std::size_t>(std::filesystem::file_size(path), 1 << 16));
  in.read(reinterpret_cast<char*>(start.data()), static_cast<std::streamsize>(start.size()));
  const NpyHeader header = read_npy_header(start, path.string());
  const Stack stack = stack_of(header, path.string());
  const std::size_t bytes = stack.shape.count() * header.type.bytes;
  if (std::filesystem::file_size(path) < header.data_offset + stack.count * bytes)
    throw InputError(path.string() + " is truncated",
                     "its array " + text_of(header.dims) + " needs " +
                         std::to_string(header.data_offset + stack.count * bytes) + " bytes",
                     "copy it again");
  return {std::make_unique<StridedFrames>(path, Strided{.name = path.string(),
                                                        .type = header.type,
                                                        .shape = stack.shape,
                                                        .count = stack.count,
                                                        .offset = header.data_offset,
                                                        .stride = bytes}),
          stack.grid,
          {}};
}

OtherFrames open_npz(const std::filesystem::path& path, const std::string& data) {
  const auto members = list_npz(path);
  std::string chosen = data, all;
  std::size_t stacks = 0;
  for (const auto& [name, header] : members) {
    all += (all.empty() ? "" : ", ") + name + " " + text_of(header.dims);
    if (header.dims.size() < 3 || header.complex) continue;
    ++stacks;
    if (data.empty()) chosen = name;
  }
  if (!members.contains(chosen) || (data.empty() && stacks != 1))
    throw InputError(data.empty() ? "which array of " + path.string() + " holds the frames cannot be told"
                                  : path.string() + " has no array " + data,
                     {},
                     all.empty() ? "it holds no array at all" : "it holds " + all + "; name one with --data");
  NpyArray array = read_npz(path, chosen);
  const Stack stack = stack_of(array.header, array.name);
  return {std::make_unique<ArrayFrames>(std::move(array), stack.shape, stack.count), stack.grid, {}};
}

/// A number between two commas of a header of Merlin.
std::size_t number_in(const std::string& text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Quantum Detectors' Merlin: before each frame a header
/// "MQ1,NUMBER,OFFSET,CHIPS,COLUMNS,ROWS,TYPE,...", pixels big endian; frames of the raw type R64 keep the
/// chips' own order and are not read.
OtherFrames open_mib(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string header(768, '\0');
  in.read(header.data(), static_cast<std::streamsize>(header.size()));
  header.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  std::vector<std::string> fields;
  for (std::size_t from = 0; fields.size() < 8 && from < header.size();) {
    const std::size_t comma = std::min(header.find(',', from), header.size());
    fields.push_back(header.substr(from, comma - from));
    from = comma + 1;
  }
  const auto refuse = [&](const std::string& why, const std::string& hint = {}) {
    return InputError(path.string() + " is no file of a Merlin detector that can be read", why, hint);
  };
  if (fields.size() < 8) throw refuse("its header is cut off");
  fields[6].erase(std::remove(fields[6].begin(), fields[6].end(), ' '), fields[6].end());
  const std::string& type = fields[6];
  if (type != "U08" && type != "U16" && type != "U32")
    throw refuse(
        "its pixels are of the type " + type + "; U08, U16 and U32 are read",
        type == "R64" ? "R64 is raw, in the order of the chips: record or convert it as counts" : "");
  Strided layout{
      .name = path.string(), .type = {}, .shape = {number_in(fields[5]), number_in(fields[4])}, .count = 0};
  layout.type = {PixelType::Kind::unsigned_integer, number_in(type.substr(1)) / 8, true};
  layout.offset = number_in(fields[2]);
  layout.stride = layout.offset + layout.shape.count() * layout.type.bytes;
  const auto size = std::filesystem::file_size(path);
  if (layout.shape.count() == 0 || layout.offset == 0) throw refuse("its header has no shape");
  layout.count = size / layout.stride;
  Warnings warnings;
  if (size % layout.stride != 0)
    warnings.push_back({"truncated", path.string() + " ends within a frame, which is left out"});
  if (layout.count == 0) throw refuse("it holds no whole frame");
  return {std::make_unique<StridedFrames>(path, layout), {}, std::move(warnings)};
}

/// The grid in a name like scan_x128_y64.raw.
Shape grid_in(const std::string& name) {
  const auto behind = [&](const char* mark) -> std::size_t {
    const auto at = name.rfind(mark);
    if (at == name.npos) return 0;
    std::size_t value = 0;
    std::from_chars(name.data() + at + 2, name.data() + name.size(), value);
    return value;
  };
  return {behind("_y"), behind("_x")};
}

/// EMPAD: 32-bit floats, two rows of other numbers below the square pattern. 0 x 0: the size does not fit.
Shape empad_pattern(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  if (path.extension() != ".raw" || ignored || size == 0) return {};
  const Shape grid = grid_in(path.stem().string());
  if (grid.count() > 0 && size % (grid.count() * 4) == 0) {
    const auto pixels = static_cast<double>(size / (grid.count() * 4));
    const auto n = static_cast<std::size_t>(std::llround(std::sqrt(pixels + 1) - 1));
    if (n > 0 && static_cast<double>(n * (n + 2)) == pixels) return {n, n};
  }
  return size % (130 * 128 * 4) == 0 ? Shape{128, 128} : Shape{};
}

OtherFrames open_empad(const std::filesystem::path& path) {
  const Shape pattern = empad_pattern(path);
  Strided layout{
      .name = path.string(), .type = {PixelType::Kind::floating, 4, false}, .shape = pattern, .count = 0};
  layout.stride = (pattern.rows + 2) * pattern.cols * 4;
  layout.count = std::filesystem::file_size(path) / layout.stride;
  const Shape named = grid_in(path.stem().string());
  return {std::make_unique<StridedFrames>(path, layout), named.count() == layout.count ? named : Shape{}, {}};
}

}  // namespace

FileKind other_kind_of(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return FileKind::hdf5;
  char start[20] = {};
  std::ifstream(path, std::ios::binary).read(start, sizeof start);
  const std::string_view text(start, sizeof start);
  if (is_npy(path)) return FileKind::npy;
  if (is_npz(path)) return FileKind::npz;
  for (const std::string_view tiff : {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                      std::string_view("II+\0", 4), std::string_view("MM\0+", 4)})
    if (text.starts_with(tiff)) return FileKind::tiff;
  if (text.starts_with("MQ1,")) return FileKind::mib;
  if (text.starts_with("MATLAB 5.0")) return FileKind::matlab5;
  return empad_pattern(path).count() > 0 ? FileKind::empad : FileKind::hdf5;
}

OtherFrames open_other(const std::filesystem::path& path, FileKind kind, const std::string& data) {
  switch (kind) {
    case FileKind::npy:
      return open_npy(path);
    case FileKind::npz:
      return open_npz(path, data);
    case FileKind::tiff:
      return {open_tiff(path), {}, {}};
    case FileKind::mib:
      return open_mib(path);
    case FileKind::empad:
      return open_empad(path);
    default:
      break;
  }
  throw InputError(path.string() + " is a MATLAB file of version 7 or older", {},
                   "save it again with save(..., '-v7.3')");
}

}  // namespace ptero::scanfile
