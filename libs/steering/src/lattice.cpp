#include "lattice.hpp"

#include <algorithm>
#include <cmath>

namespace ptero::steering {

namespace {

std::size_t places_along(double length_m, double step_m) {
  // The last place may lie on the edge: rounding must not lose it.
  return static_cast<std::size_t>(std::floor(length_m / step_m + 1e-6)) + 1;
}

}  // namespace

Lattice::Lattice(const Bounds& bounds, double step_m)
    : bounds_(bounds),
      step_m_(step_m),
      rows_(places_along(bounds.height_m(), step_m)),
      cols_(places_along(bounds.width_m(), step_m)) {
  const auto rest = [step_m](double length, std::size_t n) {
    return (length - static_cast<double>(n - 1) * step_m) / 2;
  };
  first_ = {bounds.left_m + rest(bounds.width_m(), cols_), bounds.top_m + rest(bounds.height_m(), rows_)};
}

Position Lattice::place(std::size_t row, std::size_t col) const {
  return {std::clamp(first_.x_m + static_cast<double>(col) * step_m_, bounds_.left_m, bounds_.right_m),
          std::clamp(first_.y_m + static_cast<double>(row) * step_m_, bounds_.top_m, bounds_.bottom_m)};
}

void Lattice::mark(Image<std::uint8_t>& places, const Position& centre, double reach_m) const {
  const auto range = [&](double offset_m, std::size_t n) {
    const double low = std::ceil((offset_m - reach_m) / step_m_ - 1e-6);
    const double high = std::floor((offset_m + reach_m) / step_m_ + 1e-6);
    const auto end = static_cast<double>(n);
    return std::pair(static_cast<std::size_t>(std::clamp(low, 0.0, end)),
                     static_cast<std::size_t>(std::clamp(high + 1, 0.0, end)));
  };
  const auto [row0, row1] = range(centre.y_m - first_.y_m, rows_);
  const auto [col0, col1] = range(centre.x_m - first_.x_m, cols_);
  for (std::size_t r = row0; r < row1; ++r)
    for (std::size_t c = col0; c < col1; ++c) places(r, c) = 1;
}

bool Lattice::nearest(const Position& position, std::size_t& index) const {
  const double row = std::round((position.y_m - first_.y_m) / step_m_);
  const double col = std::round((position.x_m - first_.x_m) / step_m_);
  if (!(row >= 0 && col >= 0 && row < static_cast<double>(rows_) && col < static_cast<double>(cols_)))
    return false;
  index = static_cast<std::size_t>(row) * cols_ + static_cast<std::size_t>(col);
  return true;
}

}  // namespace ptero::steering
