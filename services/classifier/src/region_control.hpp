#pragma once

#include <functional>

#include <ptero/roi/bad_frames.hpp>
#include <ptero/roi/options.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/control.hpp>

namespace ptero::classifier {

/// What people want of the region of interest, and of frames: reads their wishes and remembers the last of
/// them, which outlive a series. Used by one thread.
class RegionControl {
 public:
  RegionControl(roi::RegionShape shape, int segments) : wanted_(shape), segments_(segments) {}

  /// Whom a wish concerns; each says what happens now.
  struct Region {
    std::function<wire::ControlAnswer(roi::RegionShape)> reshape;
    std::function<wire::ControlAnswer(int)> segments_from_the_next_series;
    std::function<wire::ControlAnswer(const roi::Mark&)> mark;
  };
  /// `region` and `bad_frames`; refuses every other action.
  wire::ControlAnswer obey(const wire::Control& asked, const Region& region);

  roi::RegionShape wanted() const { return wanted_; }
  void set_wanted(roi::RegionShape shape) { wanted_ = shape; }
  /// Of the features, from the next series on.
  int segments() const { return segments_; }
  void set_segments(int segments) { segments_ = segments; }

 private:
  wire::ControlAnswer change(const wire::Control& asked, const Region& region);
  wire::ControlAnswer mark(const wire::Control& asked, const Region& region) const;

  roi::RegionShape wanted_;
  int segments_;
  telemetry::Logger log_{"classifier"};
};

}  // namespace ptero::classifier
