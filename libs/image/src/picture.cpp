#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

#include <memory>
#include <ptero/core/contract.hpp>
#include <ptero/core/error.hpp>
#include <ptero/image/picture.hpp>
#include <ptero/image/png.hpp>
#include <string>

#include "canvas.hpp"
#include "write_then_rename.hpp"

namespace ptero::image {

namespace {
struct Destroy {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Destroy>;

/// What Cairo says went wrong; empty: nothing.
std::string draw_on(cairo_surface_t* surface, const Picture& picture) {
  const std::unique_ptr<cairo_t, Destroy> context(cairo_create(surface));
  Canvas canvas(context.get());
  canvas.fill(0, 0, picture.height(), picture.width(), {255, 255, 255});
  picture.draw(canvas);
  const cairo_status_t status = cairo_status(context.get());
  return status == CAIRO_STATUS_SUCCESS ? "" : cairo_status_to_string(status);
}

std::string text_of(const Notes& notes) {
  std::string text;
  for (const auto& [name, value] : notes) text += (text.empty() ? "" : "; ") + name + ": " + value;
  return text;
}

void write_page(const std::filesystem::path& path, const Picture& picture, const Notes& notes, bool pdf) {
  write_then_rename(path, [&](const char* name) {
    const double width = picture.width(), height = picture.height();
    const Surface surface(pdf ? cairo_pdf_surface_create(name, width, height)
                              : cairo_svg_surface_create(name, width, height));
    // Cairo loses what it has drawn on a surface without a file.
    if (const cairo_status_t made = cairo_surface_status(surface.get()); made != CAIRO_STATUS_SUCCESS)
      throw Error("cannot write " + path.string(), cairo_status_to_string(made));
    if (pdf && !notes.empty())
      cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_SUBJECT, text_of(notes).c_str());
    std::string why = draw_on(surface.get(), picture);
    cairo_surface_finish(surface.get());
    const cairo_status_t status = cairo_surface_status(surface.get());
    if (why.empty() && status != CAIRO_STATUS_SUCCESS) why = cairo_status_to_string(status);
    if (!why.empty()) throw Error("cannot write " + path.string(), why);
  });
}
}  // namespace

Picture::Picture(int height, int width, Draw draw) : height_(height), width_(width), draw_(std::move(draw)) {
  PTERO_EXPECT(height > 0 && width > 0);
}

Picture::Picture(const Image<Rgb>& pixels)
    : Picture(static_cast<int>(pixels.rows()), static_cast<int>(pixels.cols()),
              [pixels](Canvas& canvas) { canvas.paste(0, 0, pixels); }) {}

Image<Rgb> pixels_of(const Picture& picture) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width(), picture.height()));
  if (const std::string why = draw_on(surface.get(), picture); !why.empty())
    throw Error("cannot draw a picture of " + std::to_string(picture.width()) + " x " +
                    std::to_string(picture.height()) + " pixels",
                why);
  cairo_surface_flush(surface.get());
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  Image<Rgb> pixels({static_cast<std::size_t>(picture.height()), static_cast<std::size_t>(picture.width())});
  for (int r = 0; r < picture.height(); ++r) {
    const auto* row = reinterpret_cast<const std::uint32_t*>(data + std::ptrdiff_t{r} * stride);
    for (int c = 0; c < picture.width(); ++c)
      pixels(r, c) = {static_cast<std::uint8_t>(row[c] >> 16), static_cast<std::uint8_t>(row[c] >> 8),
                      static_cast<std::uint8_t>(row[c])};
  }
  return pixels;
}

void write_picture(const std::filesystem::path& path, const Picture& picture, const Notes& notes) {
  const std::string ending = path.extension().string();
  if (ending == ".png") return write_png(path, pixels_of(picture), notes);
  if (ending == ".pdf" || ending == ".svg") return write_page(path, picture, notes, ending == ".pdf");
  throw InputError("cannot write the picture " + path.string(),
                   ending.empty() ? "its name has no ending" : "the ending " + ending + " is no picture's",
                   "give it .png, .pdf or .svg");
}

}  // namespace ptero::image
