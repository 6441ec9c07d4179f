#include "mount.hpp"

#include <algorithm>
#include <cmath>
#include <ptero/image/scale_bar.hpp>

namespace ptero::image {

namespace {
constexpr int margin = 14;
constexpr int gap = 12;
constexpr int line = 26;  // a line of text with its leading
}  // namespace

ScreenSize screen_size(Shape cells, const MapOptions& options) {
  const double cell_x = options.pixel_x_m > 0 ? options.pixel_x_m : 1;
  const double cell_y = options.pixel_y_m > 0 ? options.pixel_y_m : cell_x;
  const double unit = std::min(cell_x, cell_y);
  const double width = static_cast<double>(cells.cols) * cell_x / unit;
  const double height = static_cast<double>(cells.rows) * cell_y / unit;
  const double longer = std::max(width, height);
  double zoom = 1;
  if (longer < static_cast<double>(options.min_side))
    zoom = std::ceil(static_cast<double>(options.min_side) / longer);
  if (longer * zoom > static_cast<double>(options.max_side))
    zoom = static_cast<double>(options.max_side) / longer;
  const auto pixels = [zoom](double length) {
    return std::max(1, static_cast<int>(std::lround(length * zoom)));
  };
  return {pixels(height), pixels(width), options.pixel_x_m > 0 ? unit / zoom : 0};
}

CellRange cells_under(int i, int screen, std::size_t cells) {
  const auto at = [&](int k) {
    return static_cast<std::size_t>(k) * cells / static_cast<std::size_t>(screen);
  };
  return {at(i), std::max(at(i) + 1, at(i + 1))};
}

Image<Rgb> mount(const Image<Rgb>& map, const MapOptions& options, double screen_pixel_m, const Side& side) {
  const int height = static_cast<int>(map.rows());
  const int width = static_cast<int>(map.cols());
  const int top = margin + (options.title.empty() ? 0 : line);
  const int side_width = std::max(side.width, text_width(side.foot));
  const bool has_foot = screen_pixel_m > 0 || !side.foot.empty();
  const int foot = top + height + gap;
  const int caption = foot + (has_foot ? line : 0);
  const int inner =
      std::max({width + gap + side_width, text_width(options.title), text_width(options.caption)});
  const int bottom = caption + (options.caption.empty() ? 0 : line) + margin - gap / 2;

  Canvas canvas(Shape{static_cast<std::size_t>(bottom), static_cast<std::size_t>(inner + 2 * margin)}, paper);
  canvas.text(margin, margin, options.title, ink);
  canvas.frame(top, margin, height, width, ink);
  canvas.paste(top, margin, map);
  if (side.draw) side.draw(canvas, top, margin + width + gap, height);
  canvas.text(foot, margin + width + gap, side.foot, ink);
  if (screen_pixel_m > 0) {
    const ScaleBar bar = choose_scale_bar(screen_pixel_m, 0.3 * width);
    const int length = static_cast<int>(std::lround(bar.length_px));
    canvas.fill(foot + 4, margin, 5, length, ink);
    canvas.text(foot, margin + length + 10, bar.label, ink);
  }
  canvas.text(caption, margin, options.caption, ink);
  return std::move(canvas).take();
}

}  // namespace ptero::image
