#include "evidence.hpp"

#include <algorithm>
#include <cmath>

namespace ptero::steering {

Evidence::Evidence(const Lattice& lattice)
    : lattice_(lattice),
      sum_(Shape{lattice.rows(), lattice.cols()}, 0.0F),
      weight_(Shape{lattice.rows(), lattice.cols()}, 0.0F) {}

void Evidence::add(const Seen& frame, double reach_m) {
  const float says = frame.selected ? frame.confidence : -frame.confidence;
  const Position first = lattice_.place(0, 0);
  const double step = lattice_.step_m();
  const auto tent = [reach_m](double from, double to) { return 1 - std::abs(from - to) / reach_m; };
  const auto range = [&](double at_m, std::size_t n) {
    const auto end = static_cast<double>(n);
    return std::pair(static_cast<std::size_t>(std::clamp(std::ceil((at_m - reach_m) / step), 0.0, end)),
                     static_cast<std::size_t>(std::clamp(std::floor((at_m + reach_m) / step) + 1, 0.0, end)));
  };
  const auto [row0, row1] = range(frame.position.y_m - first.y_m, lattice_.rows());
  const auto [col0, col1] = range(frame.position.x_m - first.x_m, lattice_.cols());
  for (std::size_t r = row0; r < row1; ++r)
    for (std::size_t c = col0; c < col1; ++c) {
      const Position place = lattice_.place(r, c);
      const double weight = std::max(tent(place.x_m, frame.position.x_m), 0.0) *
                            std::max(tent(place.y_m, frame.position.y_m), 0.0);
      weight_(r, c) += static_cast<float>(weight);
      sum_(r, c) += static_cast<float>(weight) * says;
    }
}

double Evidence::at(std::size_t row, std::size_t col) const {
  return weight_(row, col) > 0 ? static_cast<double>(sum_(row, col) / weight_(row, col)) : 0;
}

}  // namespace ptero::steering
