#include <tiffio.h>

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <ptero/core/error.hpp>
#include <ptero/image/tiff.hpp>
#include <sstream>
#include <string>

#include "write_then_rename.hpp"

namespace ptero::image {

namespace {
// libtiff prints to stderr unless a handler takes the message; returning 1 ends its own handling.
int keep_message(TIFF*, void* into, const char*, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  *static_cast<std::string*>(into) = text;
  return 1;
}
int ignore_message(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

struct Close {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Handle = std::unique_ptr<TIFF, Close>;

Handle open(const char* name, const char* mode, std::string& message) {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, &message);
  TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_message, nullptr);
  Handle handle(TIFFOpenExt(name, mode, options));
  TIFFOpenOptionsFree(options);
  return handle;
}

std::string description_of(const Notes& notes) {
  std::string text;
  for (const auto& [name, value] : notes) text += name + ": " + value + "\n";
  return text;
}

bool write_all(TIFF* tiff, const Image<float>& values, double pixel_m, const Notes& notes) {
  bool good = TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(values.cols())) == 1 &&
              TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(values.rows())) == 1 &&
              TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 32) == 1 &&
              TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP) == 1 &&
              TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1) == 1 &&
              TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == 1 &&
              TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 64) == 1;
  if (pixel_m > 0)
    good = good && TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER) == 1 &&
           TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 0.01 / pixel_m) == 1 &&
           TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 0.01 / pixel_m) == 1;
  if (!notes.empty())
    good = good && TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description_of(notes).c_str()) == 1 &&
           TIFFSetField(tiff, TIFFTAG_SOFTWARE, "ptero") == 1;
  for (std::size_t row = 0; good && row < values.rows(); ++row)
    good = TIFFWriteScanline(tiff, const_cast<float*>(values.row(row).data()),
                             static_cast<std::uint32_t>(row), 0) == 1;
  return good && TIFFFlush(tiff) == 1;
}
}  // namespace

void write_tiff(const std::filesystem::path& path, const Image<float>& values, double pixel_m,
                const Notes& notes) {
  if (values.empty()) throw Error("cannot write " + path.string(), "the image is empty");
  write_then_rename(path, [&](const char* name) {
    std::string message;
    const Handle tiff = open(name, "w", message);
    if (!tiff || !write_all(tiff.get(), values, pixel_m, notes))
      throw Error("cannot write " + path.string(), message);
  });
}

Image<float> read_tiff(const std::filesystem::path& path) {
  std::string message;
  const Handle tiff = open(path.c_str(), "r", message);
  if (!tiff) throw InputError("cannot read " + path.string(), message, "a TIFF file is expected");
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  std::uint16_t bits = 0;
  std::uint16_t format = 0;
  std::uint16_t channels = 0;
  TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &rows);
  TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &cols);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_SAMPLESPERPIXEL, &channels);
  if (bits != 32 || format != SAMPLEFORMAT_IEEEFP || channels != 1 || TIFFIsTiled(tiff.get()) != 0)
    throw InputError("cannot read " + path.string(), "not one channel of 32-bit floats in strips",
                     "convert it to a 32-bit float grey TIFF");
  Image<float> values(Shape{rows, cols});
  for (std::uint32_t row = 0; row < rows; ++row)
    if (TIFFReadScanline(tiff.get(), values.row(row).data(), row, 0) != 1)
      throw InputError("cannot read " + path.string(), message, "a complete TIFF file is expected");
  return values;
}

Notes read_tiff_notes(const std::filesystem::path& path) {
  std::string message;
  const Handle tiff = open(path.c_str(), "r", message);
  if (!tiff) throw InputError("cannot read " + path.string(), message, "a TIFF file is expected");
  const char* text = nullptr;
  Notes notes;
  if (TIFFGetField(tiff.get(), TIFFTAG_IMAGEDESCRIPTION, &text) != 1 || text == nullptr) return notes;
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) {
    const auto colon = one.find(": ");
    if (colon == std::string::npos)
      notes.emplace_back("", one);
    else
      notes.emplace_back(one.substr(0, colon), one.substr(colon + 2));
  }
  return notes;
}

}  // namespace ptero::image
