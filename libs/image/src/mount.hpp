#pragma once

#include <functional>
#include <ptero/core/image.hpp>
#include <ptero/image/render.hpp>

#include "canvas.hpp"

namespace ptero::image {

inline constexpr Rgb ink{40, 40, 46};
inline constexpr Rgb paper{255, 255, 255};

/// Size of a map on the screen, and how much of the sample one screen pixel is.
struct ScreenSize {
  int height = 0;
  int width = 0;
  double pixel_m = 0;  ///< 0: not known
};
/// Cells keep their true proportions. Small maps grow by whole factors, large ones shrink to max_side.
ScreenSize screen_size(Shape cells, const MapOptions& options);

/// First and one past the last cell that screen pixel i of `screen` shows.
struct CellRange {
  std::size_t first, last;
};
CellRange cells_under(int i, int screen, std::size_t cells);

/// What stands to the right of a map: a colour bar or a legend.
struct Side {
  int width = 0;
  int height = 0;    ///< what it needs at least
  std::string foot;  ///< below it, such as the unit
  std::function<void(Canvas& canvas, int row, int col, int height)> draw;
};

/// Title, framed map, side, scale bar and caption on white.
Picture mount(Picture map, const MapOptions& options, double screen_pixel_m, const Side& side);

}  // namespace ptero::image
