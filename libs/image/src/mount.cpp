#include "mount.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <ptero/image/scale_bar.hpp>

namespace ptero::image {

namespace {
constexpr int margin = 14;
constexpr int gap = 12;
constexpr int line = line_step;
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

Picture mount(Picture map, const MapOptions& options, double screen_pixel_m, const Side& side) {
  const int height = map.height();
  const int width = map.width();
  const int top = margin + (options.title.empty() ? 0 : line);
  const int side_width = std::max(side.width, text_width(side.foot));
  const bool has_foot = screen_pixel_m > 0 || !side.foot.empty();
  const int foot = top + std::max(height, side.height) + gap;
  const int caption = foot + (has_foot ? line : 0);
  std::optional<ScaleBar> bar;
  if (screen_pixel_m > 0) bar = choose_scale_bar(screen_pixel_m, 0.3 * width);
  const int length = bar ? static_cast<int>(std::lround(bar->length_px)) : 0;
  // The label of the bar of a narrow map reaches beyond it: what stands at its right makes room.
  const int left = bar ? std::max(width, length + 10 + text_width(bar->label)) : width;
  const int inner = std::max({(side.foot.empty() ? width : left) + gap + side_width, left,
                              text_width(options.title), text_width(options.caption)});
  const int bottom = caption + (options.caption.empty() ? 0 : line) + margin - gap / 2;
  const auto draw = [=, map = std::move(map)](Canvas& canvas) {
    canvas.text(margin, margin, options.title, ink);
    canvas.frame(top, margin, height, width, ink);
    canvas.moved(top, margin, [&](Canvas& there) { map.draw(there); });
    if (side.draw) side.draw(canvas, top, margin + width + gap, height);
    canvas.text(foot, margin + left + gap, side.foot, ink);
    if (bar) {
      canvas.fill(foot + 4, margin, 5, length, ink);
      canvas.text(foot, margin + length + 10, bar->label, ink);
    }
    canvas.text(caption, margin, options.caption, ink);
  };
  return {bottom, inner + 2 * margin, draw};
}

}  // namespace ptero::image
