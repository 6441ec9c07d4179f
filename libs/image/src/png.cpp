#include <png.h>

#include <algorithm>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <new>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/image/png.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "write_then_rename.hpp"

namespace ptero::image {

namespace {
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// libpng ends a failed call by longjmp, across which no destructor may be due: what runs inside `attempt` has
// no local that needs one.
[[noreturn]] void fail(png_structp png, png_const_charp why) {
  *static_cast<std::string*>(png_get_error_ptr(png)) = why;
  png_longjmp(png, 1);
}
void ignore(png_structp, png_const_charp) {}

template <class Body>
bool attempt(png_structp png, const Body& body) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  body();
  return true;
}

/// libpng's two structs of a file that is read or written.
class Structs {
 public:
  explicit Structs(bool writes)
      : writes_(writes),
        png_(writes ? png_create_write_struct(PNG_LIBPNG_VER_STRING, &why_, fail, ignore)
                    : png_create_read_struct(PNG_LIBPNG_VER_STRING, &why_, fail, ignore)),
        info_(png_ != nullptr ? png_create_info_struct(png_) : nullptr) {
    if (info_ == nullptr) throw std::bad_alloc();
  }
  ~Structs() {
    if (writes_)
      png_destroy_write_struct(&png_, &info_);
    else
      png_destroy_read_struct(&png_, &info_, nullptr);
  }
  Structs(const Structs&) = delete;
  Structs& operator=(const Structs&) = delete;

  png_structp png() const { return png_; }
  png_infop info() const { return info_; }
  /// Of the attempt that failed.
  const std::string& why() const { return why_; }

 private:
  bool writes_;
  std::string why_;
  png_structp png_;
  png_infop info_;
};

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

std::vector<png_text> texts_of(const Notes& notes) {
  std::vector<png_text> texts;
  for (const auto& [name, value] : notes) {
    PTERO_EXPECT(!name.empty() && name.size() < 80 && is_ascii(name));
    png_text text{};
    text.compression = is_ascii(value) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    text.key = const_cast<char*>(name.c_str());
    text.text = const_cast<char*>(value.c_str());
    (is_ascii(value) ? text.text_length : text.itxt_length) = value.size();
    texts.push_back(text);
  }
  return texts;
}

void write(const std::filesystem::path& path, Shape shape, int colour_type, const void* pixels,
           std::size_t pixel_bytes, const Notes& notes) {
  if (shape.count() == 0) throw Error("cannot write " + path.string(), "the picture is empty");
  write_then_rename(path, [&](const char* name) {
    File file(std::fopen(name, "wb"));
    if (!file) throw Error("cannot write " + path.string(), std::generic_category().message(errno));
    const Structs out(true);
    const std::vector<png_text> texts = texts_of(notes);
    const auto* bytes = static_cast<const png_byte*>(pixels);
    const bool written = attempt(out.png(), [&] {
      png_init_io(out.png(), file.get());
      png_set_IHDR(out.png(), out.info(), static_cast<png_uint_32>(shape.cols),
                   static_cast<png_uint_32>(shape.rows), 8, colour_type, PNG_INTERLACE_NONE,
                   PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
      if (!texts.empty()) png_set_text(out.png(), out.info(), texts.data(), static_cast<int>(texts.size()));
      png_write_info(out.png(), out.info());
      for (std::size_t row = 0; row < shape.rows; ++row)
        png_write_row(out.png(), bytes + row * shape.cols * pixel_bytes);
      png_write_end(out.png(), out.info());
    });
    if (!written) throw Error("cannot write " + path.string(), out.why());
    if (std::fclose(file.release()) != 0)
      throw Error("cannot write " + path.string(), std::generic_category().message(errno));
  });
}
}  // namespace

void write_png(const std::filesystem::path& path, const Image<std::uint8_t>& grey, const Notes& notes) {
  write(path, grey.shape(), PNG_COLOR_TYPE_GRAY, grey.data(), 1, notes);
}

void write_png(const std::filesystem::path& path, const Image<Rgb>& picture, const Notes& notes) {
  static_assert(sizeof(Rgb) == 3, "libpng reads the pixels as packed bytes");
  write(path, picture.shape(), PNG_COLOR_TYPE_RGB, picture.data(), sizeof(Rgb), notes);
}

Image<Rgb> read_png(const std::filesystem::path& path) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&png, path.c_str()) == 0)
    throw InputError("cannot read " + path.string(), png.message, "a PNG file is expected");
  png.format = PNG_FORMAT_RGB;
  Image<Rgb> picture(Shape{png.height, png.width});
  const png_color black{};
  if (png_image_finish_read(&png, &black, picture.data(), 0, nullptr) == 0) {
    const std::string why = png.message;
    png_image_free(&png);
    throw InputError("cannot read " + path.string(), why, "a complete PNG file is expected");
  }
  return picture;
}

Notes read_png_notes(const std::filesystem::path& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file)
    throw InputError("cannot read " + path.string(), std::generic_category().message(errno),
                     "a PNG file is expected");
  const Structs in(false);
  png_textp texts = nullptr;
  int count = 0;
  const bool read = attempt(in.png(), [&] {
    png_init_io(in.png(), file.get());
    png_read_info(in.png(), in.info());
    png_get_text(in.png(), in.info(), &texts, &count);
  });
  if (!read) throw InputError("cannot read " + path.string(), in.why(), "a PNG file is expected");
  Notes notes;
  for (int i = 0; i < count; ++i) notes.emplace_back(texts[i].key, texts[i].text);
  return notes;
}

}  // namespace ptero::image
