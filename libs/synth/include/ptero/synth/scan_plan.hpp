#pragma once

#include <cstdint>
#include <ptero/core/position.hpp>
#include <ptero/core/series.hpp>
#include <vector>

namespace ptero::synth {

/// Where the stage goes: a grid centred on (0, 0), plus the stage's own unsteadiness.
struct ScanPlan {
  RasterPlan grid;
  double jitter_m = 0;  ///< standard deviation of each coordinate about the grid
  std::uint64_t seed = 1;

  /// Middle of the exposure of every frame, in frame order.
  std::vector<Position> positions() const;
};

}  // namespace ptero::synth
