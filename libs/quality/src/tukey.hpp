#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace ptero::quality {

/// A Tukey window whose flanks together take up `taper` of it.
inline std::vector<float> tukey(std::size_t count, double taper) {
  std::vector<float> window(count, 1);
  const double flank = taper * static_cast<double>(count) / 2;
  for (std::size_t i = 0; i < count; ++i) {
    const double from_edge = std::min(static_cast<double>(i), static_cast<double>(count - 1 - i)) + 0.5;
    if (from_edge < flank)
      window[i] = static_cast<float>(0.5 * (1 - std::cos(std::numbers::pi * from_edge / flank)));
  }
  return window;
}

}  // namespace ptero::quality
