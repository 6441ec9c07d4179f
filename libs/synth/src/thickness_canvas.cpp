#include "thickness_canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace ptero::synth {

template <class Profile>
void ThicknessCanvas::add_within(const Position& centre, double reach_m, Profile profile) {
  const auto range = [&](double middle_m, std::size_t size) {
    const auto limit = static_cast<double>(size);
    const double middle = middle_m / pixel_m_ + static_cast<double>(size / 2);
    const double reach = reach_m / pixel_m_ + 2;
    return std::pair{static_cast<std::size_t>(std::clamp(std::floor(middle - reach), 0.0, limit)),
                     static_cast<std::size_t>(std::clamp(std::ceil(middle + reach), 0.0, limit))};
  };
  const auto offset = [&](std::size_t i, std::size_t size) {
    return (static_cast<double>(i) - static_cast<double>(size / 2)) * pixel_m_;
  };
  const auto [first_row, last_row] = range(centre.y_m, thickness_.rows());
  const auto [first_col, last_col] = range(centre.x_m, thickness_.cols());
  for (std::size_t r = first_row; r < last_row; ++r)
    for (std::size_t c = first_col; c < last_col; ++c)
      thickness_(r, c) += static_cast<float>(
          profile(offset(c, thickness_.cols()) - centre.x_m, offset(r, thickness_.rows()) - centre.y_m));
}

void ThicknessCanvas::add(const Plate& plate) {
  struct Point {
    double x, y;
  };
  std::array<Point, 6> corners;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const double angle = plate.turn_rad + static_cast<double>(i) * std::numbers::pi / 3;
    const double along = plate.circumradius_m * std::cos(angle) * plate.cos_tilt;  // foreshortened
    const double across = plate.circumradius_m * std::sin(angle);
    corners[i] = {along * std::cos(plate.azimuth_rad) - across * std::sin(plate.azimuth_rad),
                  along * std::sin(plate.azimuth_rad) + across * std::cos(plate.azimuth_rad)};
  }
  const double depth = plate.thickness_m / plate.cos_tilt;
  const double edge_m = 2 * pixel_m_;
  add_within(plate.centre, plate.circumradius_m + edge_m, [&](double x, double y) {
    // Signed distance to a convex polygon, near its sides: the farthest of its six half planes, inside
    // negative.
    double outside = -1e9;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const Point& p = corners[i];
      const Point& q = corners[(i + 1) % corners.size()];
      const double length = std::hypot(q.x - p.x, q.y - p.y);
      outside = std::max(outside, ((x - p.x) * (q.y - p.y) - (y - p.y) * (q.x - p.x)) / length);
    }
    const double t = std::clamp(0.5 - outside / edge_m, 0.0, 1.0);
    return depth * t * t * (3 - 2 * t);
  });
}

void ThicknessCanvas::add(const Ellipsoid& ellipsoid) {
  const double cos = std::cos(ellipsoid.turn_rad);
  const double sin = std::sin(ellipsoid.turn_rad);
  const double reach = std::max(ellipsoid.semi_u_m, ellipsoid.semi_v_m);
  add_within(ellipsoid.centre, reach, [&](double x, double y) {
    const double u = (x * cos + y * sin) / ellipsoid.semi_u_m;
    const double v = (y * cos - x * sin) / ellipsoid.semi_v_m;
    return 2 * ellipsoid.semi_depth_m * std::sqrt(std::max(0.0, 1 - u * u - v * v));
  });
}

}  // namespace ptero::synth
