#pragma once

#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/roi/options.hpp>

namespace ptero::roi {

/// Throws InputError where the points would not advance.
void check(const RevisionOptions& options);

/// The frame counts at which revisions are computed: they grow with the scan, and a wish of a person's draws
/// the next ones near.
class RevisionPoints {
 public:
  explicit RevisionPoints(RevisionOptions options) : options_(options), point_(options.first) {}

  /// The point that the watermark has reached just now. A gap that is given up may jump over several: the
  /// last of them counts.
  std::optional<FrameId> reached(FrameId watermark);
  /// Such a watermark reaches a point.
  bool due(FrameId watermark) const { return watermark >= point_; }
  /// What a person asked for shall be in force soon: the next frame is a point, and so is the watermark
  /// `least_growth` ids later.
  void hasten(FrameId watermark);

 private:
  RevisionOptions options_;
  FrameId point_;      // the watermark that the next revision waits for
  bool soon_ = false;  // the point after the next lies near, for the sake of a change
};

}  // namespace ptero::roi
