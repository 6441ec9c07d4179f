#include <cmath>
#include <numbers>
#include <utility>

#include <ptero/positions/transform.hpp>

namespace ptero::positions {

Position Transform::operator()(double stage_x, double stage_y) const {
  double x = stage_x * sign[0];
  double y = stage_y * sign[1];
  if (swap) std::swap(x, y);
  x = x * (unit_m * scale[0]) + offset_m[0];
  y = y * (unit_m * scale[1]) + offset_m[1];
  if (rotation_deg == 0) return {x, y};
  const double angle = rotation_deg * std::numbers::pi / 180;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  return {c * x - s * y, s * x + c * y};
}

}  // namespace ptero::positions
