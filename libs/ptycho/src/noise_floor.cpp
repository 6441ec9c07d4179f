#include "noise_floor.hpp"

#include <array>
#include <cmath>

namespace ptero::ptycho {

namespace {

// h(0) to h(4): least squares on 60 means from 1e-3 to 30; beyond, the first terms of the series in 1 / N.
constexpr std::array<double, 5> few{0, 1.749, -2.159, 3.268, -1.117};
constexpr double many = 0.25, next_term = 0.4;

// Larger values are whole within what the pattern's rounding leaves of them.
constexpr double looked_at = 50, tolerance = 0.15, most_odd = 0.05;

}  // namespace

CountingNoise counting_noise(const Pattern& pattern) {
  CountingNoise out;
  std::size_t small = 0, odd = 0;
  for (const std::uint16_t a : pattern.amplitude) {
    if (a == Pattern::masked || a == 0) continue;
    const double root = double{pattern.unit} * a, n = root * root;
    const double whole = std::round(n);
    if (n < looked_at) {
      ++small;
      odd += std::abs(n - whole) > tolerance ? 1 : 0;
    }
    out.residual += whole < static_cast<double>(few.size()) ? few[static_cast<std::size_t>(whole)]
                                                            : many * (1 + next_term / n);
  }
  out.counted = static_cast<double>(odd) <= most_odd * static_cast<double>(small);
  return out;
}

}  // namespace ptero::ptycho
