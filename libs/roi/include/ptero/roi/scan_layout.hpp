#pragma once

#include <cstddef>
#include <optional>
#include <ptero/core/series.hpp>

namespace ptero::roi {

/// How frames lie beside each other: on the grid of a plan, by frame id, or wherever their positions say.
///
/// On a grid the neighbours are the 3 x 3 cells around a frame, a border is a square of scan indices, and ids
/// outside the plan are unpositioned. Otherwise a step is the median over frames of the mean distance to the
/// four nearest others (so that a grid given by positions gets the same 3 x 3 neighbours), neighbours lie
/// within 1.5 steps, a border of n within n steps, the edge of the scan is where the directions to the
/// neighbours leave a gap of 150 degrees or more, and frames without a position are unpositioned.
class ScanLayout {
 public:
  static ScanLayout raster(const RasterPlan& plan);
  /// Neighbours from positions, for scans that are not rasters.
  static ScanLayout scattered() { return {}; }

  /// Absent for scattered layouts.
  const std::optional<RasterPlan>& plan() const { return plan_; }

 private:
  ScanLayout() = default;
  std::optional<RasterPlan> plan_;
};

}  // namespace ptero::roi
