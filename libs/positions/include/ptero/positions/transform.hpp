#pragma once

#include <array>

#include <ptero/core/position.hpp>

namespace ptero::positions {

/// From the stage's axes and units to the probe's place on the object. Applied in the order sign (of the
/// stage's axes), swap, scale, offset, rotation (x', y') = R (x, y), R = [[cos, -sin], [sin, cos]].
struct Transform {
  std::array<double, 2> sign{1, 1};
  bool swap = false;                  ///< the stage's x runs along y
  double unit_m = 1;                  ///< metres in the stage's unit
  std::array<double, 2> scale{1, 1};  ///< x, y after the swap: encoder ratio, cosine of a stage's rotation
  std::array<double, 2> offset_m{0, 0};
  double rotation_deg = 0;

  Position operator()(double stage_x, double stage_y) const;
};

}  // namespace ptero::positions
