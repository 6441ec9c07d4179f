#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/image/render.hpp>
#include <vector>

#include "canvas.hpp"
#include "mount.hpp"

namespace ptero::image {

Image<Rgb> panel(std::span<const Image<Rgb>> pictures, const std::string& headline, std::size_t per_row) {
  if (pictures.empty()) throw InputError("cannot draw a panel", "it has no pictures");
  constexpr int between = 10;
  constexpr int headline_size = 3;
  const std::size_t columns = per_row > 0 ? std::min(per_row, pictures.size()) : pictures.size();
  std::vector<int> widths(columns, 0), heights((pictures.size() + columns - 1) / columns, 0);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    int& width = widths[i % columns];
    int& height = heights[i / columns];
    width = std::max(width, static_cast<int>(pictures[i].cols()));
    height = std::max(height, static_cast<int>(pictures[i].rows()));
  }
  int width = -between;
  for (const int w : widths) width += w + between;
  int height = 0;
  for (const int h : heights) height += h;
  const int top = headline.empty() ? 0 : 16 + text_height(headline_size);
  width = std::max(width, text_width(headline, headline_size) + 28);
  Canvas canvas(Shape{static_cast<std::size_t>(top + height), static_cast<std::size_t>(width)}, paper);
  canvas.text(14, 14, headline, ink, headline_size);
  int row = top;
  for (std::size_t i = 0, col = 0; i < pictures.size(); ++i) {
    canvas.paste(row, static_cast<int>(col), pictures[i]);
    col += static_cast<std::size_t>(widths[i % columns] + between);
    if (i % columns + 1 < columns) continue;
    row += heights[i / columns];
    col = 0;
  }
  return std::move(canvas).take();
}

}  // namespace ptero::image
