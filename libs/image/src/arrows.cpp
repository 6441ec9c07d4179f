#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/image/plot.hpp>

#include "canvas.hpp"
#include "mount.hpp"

namespace ptero::image {

namespace {
struct Arrow {
  double row = 0, col = 0;  ///< of its tail, in cells
  double x = 0, y = 0;
};

std::vector<Arrow> arrows_of(const Image<float>& x, const Image<float>& y, std::size_t every) {
  std::vector<Arrow> arrows;
  for (std::size_t r = 0; r < x.rows(); r += every)
    for (std::size_t c = 0; c < x.cols(); c += every) {
      const std::size_t r_end = std::min(r + every, x.rows()), c_end = std::min(c + every, x.cols());
      Arrow arrow{static_cast<double>(r + r_end) / 2, static_cast<double>(c + c_end) / 2};
      int count = 0;
      for (std::size_t i = r; i < r_end; ++i)
        for (std::size_t j = c; j < c_end; ++j)
          if (std::isfinite(x(i, j)) && std::isfinite(y(i, j))) {
            arrow.x += x(i, j);
            arrow.y += y(i, j);
            ++count;
          }
      if (count == 0) continue;
      arrow.x /= count;
      arrow.y /= count;
      arrows.push_back(arrow);
    }
  return arrows;
}

double percentile_99(const std::vector<Arrow>& arrows) {
  std::vector<double> lengths;
  for (const Arrow& arrow : arrows) lengths.push_back(std::hypot(arrow.x, arrow.y));
  if (lengths.empty()) return 1;
  const auto at = lengths.begin() + static_cast<long>(0.99 * static_cast<double>(lengths.size() - 1));
  std::nth_element(lengths.begin(), at, lengths.end());
  return *at > 0 ? *at : 1;
}

void draw_arrow(Canvas& canvas, double row, double col, double dx, double dy) {
  const double length = std::hypot(dx, dy);
  if (length < 0.5) return;
  canvas.line(row, col, row + dy, col + dx, 1, blue);
  // The head: two strokes back from the tip, a third of the length, 25 degrees open.
  const double head = std::min(length / 3, 6.0), angle = std::atan2(dy, dx);
  for (const double side : {-1.0, 1.0}) {
    const double back = angle + side * 0.44;
    canvas.line(row + dy, col + dx, row + dy - head * std::sin(back), col + dx - head * std::cos(back), 1,
                blue);
  }
}
}  // namespace

Picture render_arrows(const Image<float>& x, const Image<float>& y, std::size_t every,
                      const MapOptions& options) {
  if (x.size() == 0 || x.shape() != y.shape() || every == 0)
    throw InputError("cannot draw the arrows '" + options.title + "'",
                     "the field is empty or its components differ in shape");
  const ScreenSize screen = screen_size(x.shape(), options);
  const double cell_row = static_cast<double>(screen.height) / static_cast<double>(x.rows());
  const double cell_col = static_cast<double>(screen.width) / static_cast<double>(x.cols());
  const std::vector<Arrow> arrows = arrows_of(x, y, every);
  const double scale =
      1.6 * static_cast<double>(every) * std::min(cell_row, cell_col) / percentile_99(arrows);
  const auto draw = [=](Canvas& canvas) {
    for (const Arrow& arrow : arrows)
      draw_arrow(canvas, std::floor(arrow.row * cell_row), std::floor(arrow.col * cell_col), arrow.x * scale,
                 arrow.y * scale);
  };
  return mount({screen.height, screen.width, draw}, options, screen.pixel_m, {});
}

}  // namespace ptero::image
