#pragma once

#include <ptero/core/image.hpp>
#include <ptero/core/position.hpp>

namespace ptero::synth {

/// A thin hexagonal plate, anywhere in depth: its projection is what counts.
struct Plate {
  Position centre;
  double circumradius_m = 0;
  double thickness_m = 0;
  double cos_tilt = 1;     ///< between its normal and the beam, > 0
  double azimuth_rad = 0;  ///< direction in which it is tilted
  double turn_rad = 0;     ///< about its own normal
};

struct Ellipsoid {
  Position centre;
  double semi_u_m = 0;
  double semi_v_m = 0;
  double semi_depth_m = 0;
  double turn_rad = 0;  ///< of the axis u from x towards y
};

/// Adds up projected thickness along the beam, metres. Position (0, 0) is pixel (rows/2, cols/2).
class ThicknessCanvas {
 public:
  ThicknessCanvas(Shape shape, double pixel_m) : thickness_(shape), pixel_m_(pixel_m) {}

  void add(const Plate& plate);
  void add(const Ellipsoid& ellipsoid);
  Image<float> take() && { return std::move(thickness_); }

 private:
  /// Adds profile(x, y) metres, x and y from the centre, to the pixels within `reach_m` of it.
  template <class Profile>
  void add_within(const Position& centre, double reach_m, Profile profile);

  Image<float> thickness_;
  double pixel_m_;
};

}  // namespace ptero::synth
