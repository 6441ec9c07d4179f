#include "canvas.hpp"

#include <cairo.h>

#include <numbers>

namespace ptero::image {

namespace {
void choose(cairo_t* context, Rgb colour) {
  cairo_set_source_rgb(context, colour.r / 255.0, colour.g / 255.0, colour.b / 255.0);
}
}  // namespace

void Canvas::fill(double row, double col, double height, double width, Rgb colour) {
  choose(context_, colour);
  cairo_rectangle(context_, col, row, width, height);
  cairo_fill(context_);
}

void Canvas::frame(int row, int col, int height, int width, Rgb colour) {
  fill(row - 1, col - 1, 1, width + 2, colour);
  fill(row + height, col - 1, 1, width + 2, colour);
  fill(row - 1, col - 1, height + 2, 1, colour);
  fill(row - 1, col + width, height + 2, 1, colour);
}

void Canvas::line(std::span<const Point> points, double width, Rgb colour, double dash) {
  if (points.size() < 2) return;
  save();
  choose(context_, colour);
  cairo_set_line_width(context_, width);
  cairo_set_line_join(context_, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(context_, dash > 0 ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
  if (dash > 0) cairo_set_dash(context_, &dash, 1, 0);
  for (const Point& point : points) cairo_line_to(context_, point.col + 0.5, point.row + 0.5);
  cairo_stroke(context_);
  restore();
}

void Canvas::line(double row0, double col0, double row1, double col1, double width, Rgb colour) {
  const Point ends[] = {{row0, col0}, {row1, col1}};
  line(ends, width, colour);
}

void Canvas::disc(double row, double col, double radius, Rgb colour) {
  choose(context_, colour);
  cairo_new_path(context_);
  cairo_arc(context_, col + 0.5, row + 0.5, radius, 0, 2 * std::numbers::pi);
  cairo_fill(context_);
}

void Canvas::paste(int row, int col, const Image<Rgb>& pixels) {
  const auto height = static_cast<int>(pixels.rows()), width = static_cast<int>(pixels.cols());
  cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
  // Of a surface that could not be made there is no memory: the error stays in the context.
  if (unsigned char* data = cairo_image_surface_get_data(surface)) {
    const int stride = cairo_image_surface_get_stride(surface);
    for (int r = 0; r < height; ++r) {
      auto* out = reinterpret_cast<std::uint32_t*>(data + std::ptrdiff_t{r} * stride);
      for (int c = 0; c < width; ++c) {
        const Rgb& p = pixels(r, c);
        out[c] = std::uint32_t{p.r} << 16 | std::uint32_t{p.g} << 8 | p.b;
      }
    }
    cairo_surface_mark_dirty(surface);
  }
  save();
  cairo_set_source_surface(context_, surface, col, row);
  // A cell of a map has hard edges, on a page too.
  cairo_pattern_set_filter(cairo_get_source(context_), CAIRO_FILTER_NEAREST);
  cairo_rectangle(context_, col, row, width, height);
  cairo_fill(context_);
  restore();
  cairo_surface_destroy(surface);
}

void Canvas::save() {
  cairo_save(context_);
}
void Canvas::restore() {
  cairo_restore(context_);
}
void Canvas::move(int row, int col) {
  cairo_translate(context_, col, row);
}
void Canvas::clip(int row, int col, int height, int width) {
  cairo_rectangle(context_, col, row, width, height);
  cairo_clip(context_);
}

}  // namespace ptero::image
