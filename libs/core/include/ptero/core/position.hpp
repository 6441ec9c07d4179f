#pragma once

#include <cmath>

namespace ptero {

/// Where the centre of the probe sits on the object, in metres: x along columns (right), y along rows (down),
/// the ptychodus convention.
struct Position {
  double x_m = 0;
  double y_m = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

inline bool is_finite(const Position& p) {
  return std::isfinite(p.x_m) && std::isfinite(p.y_m);
}

}  // namespace ptero
