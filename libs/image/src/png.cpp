#include <png.h>

#include <ptero/core/error.hpp>
#include <ptero/image/png.hpp>

#include "write_then_rename.hpp"

namespace ptero::image {

namespace {
void write(const std::filesystem::path& path, Shape shape, png_uint_32 format, const void* pixels) {
  if (shape.count() == 0) throw Error("cannot write " + path.string(), "the picture is empty");
  write_then_rename(path, [&](const char* name) {
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    png.width = static_cast<png_uint_32>(shape.cols);
    png.height = static_cast<png_uint_32>(shape.rows);
    png.format = format;
    if (png_image_write_to_file(&png, name, 0, pixels, 0, nullptr) == 0)
      throw Error("cannot write " + path.string(), png.message);
  });
}
}  // namespace

void write_png(const std::filesystem::path& path, const Image<std::uint8_t>& grey) {
  write(path, grey.shape(), PNG_FORMAT_GRAY, grey.data());
}

void write_png(const std::filesystem::path& path, const Image<Rgb>& picture) {
  static_assert(sizeof(Rgb) == 3, "libpng reads the pixels as packed bytes");
  write(path, picture.shape(), PNG_FORMAT_RGB, picture.data());
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

}  // namespace ptero::image
