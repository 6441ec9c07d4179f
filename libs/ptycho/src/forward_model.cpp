#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/ptycho/forward_model.hpp>

namespace ptero::ptycho {

Placement place(const Position& position, double pixel_m, std::size_t n) {
  const double row = position.y_m / pixel_m, col = position.x_m / pixel_m;
  PTERO_EXPECT(std::abs(row) < 1e9 && std::abs(col) < 1e9);
  const auto half = static_cast<std::int64_t>(n / 2);
  const double near_row = std::round(row), near_col = std::round(col);
  return {.row = static_cast<std::int64_t>(near_row) - half,
          .col = static_cast<std::int64_t>(near_col) - half,
          .sub_row = static_cast<float>(row - near_row),
          .sub_col = static_cast<float>(col - near_col)};
}

namespace {
std::int64_t bottom(const Extent& e) {
  return e.row + static_cast<std::int64_t>(e.shape.rows);
}
std::int64_t right(const Extent& e) {
  return e.col + static_cast<std::int64_t>(e.shape.cols);
}
}  // namespace

bool Extent::contains(const Extent& other) const {
  return row <= other.row && col <= other.col && bottom(*this) >= bottom(other) &&
         right(*this) >= right(other);
}

Extent Extent::join(const Extent& a, const Extent& b) {
  if (a.shape.count() == 0) return b;
  if (b.shape.count() == 0) return a;
  const std::int64_t row = std::min(a.row, b.row), col = std::min(a.col, b.col);
  return {.row = row,
          .col = col,
          .shape = {static_cast<std::size_t>(std::max(bottom(a), bottom(b)) - row),
                    static_cast<std::size_t>(std::max(right(a), right(b)) - col)}};
}

ErrorSums& ErrorSums::operator+=(const ErrorSums& other) {
  residual += other.residual;
  intensity += other.intensity;
  model += other.model;
  distance += other.distance;
  amplitude += other.amplitude;
  likelihood += other.likelihood;
  frames += other.frames;
  return *this;
}

Image<Complex> propagator(std::size_t n, double distance_m, double wavelength_m, double pixel_m) {
  Image<Complex> out(Shape{n, n});
  const double k = 1 / wavelength_m;
  const auto frequency = [&](std::size_t i) {
    const auto size = static_cast<double>(n);
    return (static_cast<double>(i) - (i < (n + 1) / 2 ? 0.0 : size)) / (size * pixel_m);
  };
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const double f2 = frequency(r) * frequency(r) + frequency(c) * frequency(c);
      if (f2 >= k * k) continue;
      // sqrt(k^2 - f^2) - k without the difference of two large numbers.
      const double less = -f2 / (std::sqrt(k * k - f2) + k);
      out(r, c) = Complex(std::polar(1.0, 2 * std::numbers::pi * distance_m * less));
    }
  return out;
}

NearField near_field_of(double distance_m, double detector_pixel_m, double focus_m) {
  const double magnification = focus_m == 0 ? 1 : 1 + distance_m / focus_m;
  return {.distance_m = distance_m / magnification, .pixel_m = detector_pixel_m / magnification};
}

double defocus_phase(double defocus_m, double wavelength_m, double pixel_m) {
  return std::numbers::pi * wavelength_m * defocus_m / (pixel_m * pixel_m);
}

}  // namespace ptero::ptycho
