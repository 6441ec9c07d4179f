#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/image/render.hpp>
#include <vector>

#include "canvas.hpp"
#include "mount.hpp"

namespace ptero::image {

Picture panel(std::span<const Picture> pictures, const std::string& headline, std::size_t per_row) {
  if (pictures.empty()) throw InputError("cannot draw a panel", "it has no pictures");
  constexpr int between = 10, margin = 14;
  const std::size_t columns = per_row > 0 ? std::min(per_row, pictures.size()) : pictures.size();
  std::vector<int> widths(columns, 0), heights((pictures.size() + columns - 1) / columns, 0);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    int& width = widths[i % columns];
    int& height = heights[i / columns];
    width = std::max(width, pictures[i].width());
    height = std::max(height, pictures[i].height());
  }
  int width = -between;
  for (const int w : widths) width += w + between;
  int height = 0;
  for (const int h : heights) height += h;
  const int top = headline.empty() ? 0 : 2 * margin + cap_height(headline_text);
  width = std::max(width, text_width(headline, headline_text) + 2 * margin);
  const auto draw = [=, all = std::vector(pictures.begin(), pictures.end())](Canvas& canvas) {
    canvas.text(margin, margin, headline, ink, headline_text);
    int row = top;
    for (std::size_t i = 0, col = 0; i < all.size(); ++i) {
      canvas.moved(row, static_cast<int>(col), [&](Canvas& there) { all[i].draw(there); });
      col += static_cast<std::size_t>(widths[i % columns] + between);
      if (i % columns + 1 < columns) continue;
      row += heights[i / columns];
      col = 0;
    }
  };
  return {top + height, width, draw};
}

}  // namespace ptero::image
