#pragma once

#include <ptero/quality/compare.hpp>

namespace ptero::quality {

enum class Direction : std::uint8_t { forward, inverse };

/// In place, unscaled, zero frequency at [0, 0]. Any shape.
void transform(Image<Complex>& image, Direction direction);

/// Signed frequency of an FFT index, cycles per pixel.
double frequency(std::size_t k, std::size_t count);

/// A point (rows, cols) of a plane.
struct Point {
  double rows = 0;
  double cols = 0;
};

/// The point near `start` where |sum_rc field(r, c) exp(-2 pi i (r p.rows + c p.cols))| is largest, found on
/// ever finer grids, the first reaching `reach` to every side. Both axes in cycles per pixel.
Point refine_peak(const Image<Complex>& field, Point start, Point reach);

}  // namespace ptero::quality
