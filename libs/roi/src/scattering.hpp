#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "cohort.hpp"
#include "model.hpp"
#include "neighbours.hpp"

namespace ptero::roi {

/// One segment of one frame.
struct SegmentValues {
  double com_x = 0, com_y = 0;
  double share = std::numeric_limits<double>::quiet_NaN();  ///< of the frame's counts; NaN: it has none

  bool known() const { return !std::isnan(share); }
};

/// All segments of a cohort, one segment of every frame after the other: the records lie scattered in memory,
/// so that one walk over them a revision costs less than one a segment and test. Temporary memory of a
/// revision: 24 bytes a frame and segment, 192 MB for 10^6 frames of 8 segments.
class SegmentTable {
 public:
  explicit SegmentTable(const Cohort& cohort);
  std::size_t segments() const { return segments_; }
  /// By index into the cohort; nothing known of frames that take no part.
  std::span<const SegmentValues> of(std::size_t segment) const {
    return {values_.get() + segment * frames_, frames_};
  }

 private:
  std::size_t frames_;
  std::size_t segments_;
  std::unique_ptr<SegmentValues[]> values_;
};

/// Log of the mean over the segments of the squared z-scores of 3 x 3 means, by frame: scattering that a
/// neighbourhood has in common. `region`: frames that do not belong to the background. Fills model.scatter.
std::vector<double> log_common_scattering(const Cohort& cohort, const SegmentTable& table,
                                          const Neighbours& neighbours, std::span<const std::uint8_t> region,
                                          Model& model);

/// Log of the 3 x 3 mean of that of single frames. A particle smaller than the beam moves its shadow across
/// the pattern from frame to frame, which averages out of the means but not out of their squares.
///
/// It asks more of the background: that single frames scatter by shot noise, the same everywhere. Where it
/// has a structure of its own, more scattering may be more of the same. So it votes only where the
/// background's variance beyond shot noise is below the shot noise itself, measured on the segments' shares
/// of the counts, whose shot noise is known; else, and for one segment, model.single stays empty and every
/// value is NaN.
std::vector<double> log_single_scattering(const Cohort& cohort, const SegmentTable& table,
                                          const Neighbours& neighbours, std::span<const std::uint8_t> region,
                                          Model& model);

/// Sigma of a normal distribution from the median distance to its centre.
double robust_sigma(std::vector<double> distances);

}  // namespace ptero::roi
