#pragma once

#include <cstdint>
#include <ptero/core/frame.hpp>
#include <ptero/core/position.hpp>
#include <string_view>
#include <vector>

namespace ptero::steering {

/// A rectangle of the sample, edges included.
struct Bounds {
  double left_m = 0;  ///< least x
  double top_m = 0;   ///< least y
  double right_m = 0;
  double bottom_m = 0;

  bool contains(const Position& p) const {
    return p.x_m >= left_m && p.x_m <= right_m && p.y_m >= top_m && p.y_m <= bottom_m;
  }
  double width_m() const { return right_m - left_m; }
  double height_m() const { return bottom_m - top_m; }
};

/// What advice is good for.
enum class Mode : std::uint8_t {
  off,        ///< none is given
  propose,    ///< a person or a scan controller accepts or rejects it
  automatic,  ///< it counts as accepted at once
};
std::string_view name_of(Mode mode);

enum class Action : std::uint8_t {
  measure,  ///< go to `points`, in their order
  stop,     ///< nothing is left to measure
};
std::string_view name_of(Action action);

enum class Standing : std::uint8_t { proposed, accepted, rejected };
std::string_view name_of(Standing standing);

/// A closed line around a part of the region; the first vertex is not repeated.
using Ring = std::vector<Position>;

/// Frames of the scan plan, both ends included.
struct FrameRun {
  FrameId first = 0;
  FrameId last = 0;
  friend bool operator==(const FrameRun&, const FrameRun&) = default;
};

/// Where the scan should go next. Positions are metres in sample coordinates, times are those of the clock
/// that the caller gave.
struct Advice {
  std::uint64_t id = 0;
  std::uint64_t revision = 0;  ///< of the RoI set it was made from
  Action action = Action::measure;
  Standing standing = Standing::proposed;
  double confidence = 0;  ///< 0..1: the mean over the frames that the region rests on
  std::int64_t issued_ns = 0;
  std::int64_t expires_ns = 0;  ///< from then on it must not be followed
  Bounds bounds;                ///< everything below lies within
  double dose = 0;              ///< that `points` cost; at most what is left of the budget
  double dose_left = 0;         ///< of the budget, before them
  double step_m = 0;            ///< of the pass
  std::vector<Ring> region;     ///< a place is inside when it lies within an odd number of rings
  std::vector<FrameRun> skip;   ///< frames of the scan plan that would show nothing
  std::vector<Position> points;
};

/// Whether a place lies in the region.
bool inside(const std::vector<Ring>& region, const Position& place);

}  // namespace ptero::steering
