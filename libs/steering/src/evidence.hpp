#pragma once

#include <ptero/core/image.hpp>
#include <ptero/steering/planner.hpp>

#include "lattice.hpp"

namespace ptero::steering {

/// Whether the frames around a place speak for the sample: the mean of their confidences, negative those of
/// the background, weighted by a tent that falls to nothing at each frame's distance to its neighbours. On a
/// regular grid that is bilinear interpolation. A frame alone among confident background so draws nothing.
class Evidence {
 public:
  /// The lattice outlives it.
  explicit Evidence(const Lattice& lattice);

  void add(const Seen& frame, double reach_m);
  /// -1 background .. 1 sample; 0 where no frame reaches.
  double at(std::size_t row, std::size_t col) const;

 private:
  const Lattice& lattice_;
  Image<float> sum_, weight_;
};

}  // namespace ptero::steering
