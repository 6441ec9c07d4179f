#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/position.hpp>

namespace ptero::scan {

/// Tells positions that lie far from everything, such as the sample that an encoder has left over of an
/// earlier run. The bulk is what lies around the middle half of the positions on each axis, widened as long
/// as gaps are at most three times its width, or four patches: a scan from coarse to fine, a line and two
/// regions of interest belong to it as a whole. Beyond such a gap a few positions are outliers, however often
/// the same one comes; many are another region, and stay. Used by one thread.
class PositionBulk {
 public:
  /// As few positions have no bulk.
  static constexpr std::size_t least = 8;
  /// So many are waited for before a frame is placed.
  static constexpr std::size_t enough = 16;

  /// patch_m: the side of what one frame sees of the object; above 0.
  explicit PositionBulk(double patch_m);

  /// place is finite; a frame that is known keeps its place. O(1) for places in the bulk.
  void add(FrameId id, const Position& place);
  void remove(FrameId id);
  /// Looks at all of them; O(n log n).
  void judge();

  std::size_t size() const { return places_.size(); }
  bool is_outlying(FrameId id) const { return outlying_.contains(id); }
  const std::set<FrameId>& outlying() const { return outlying_; }
  const Position& place_of(FrameId id) const { return places_.at(id); }

  /// Of the positions that are no outliers; all zero without any.
  struct Box {
    double left_m = 0, top_m = 0, right_m = 0, bottom_m = 0;
    double width_m() const { return right_m - left_m; }
    double height_m() const { return bottom_m - top_m; }
    /// To the nearest point of it.
    double distance_m(const Position& place) const;
  };
  const Box& box() const { return box_; }

 private:
  using Coordinate = double Position::*;
  struct Entry {
    double value;
    FrameId id;
  };
  void find_tail(const std::vector<Entry>& outwards, double width, std::size_t few);
  void look_along(Coordinate axis);
  bool within_reach(const Position& place) const;
  std::size_t distinct_places(const Entry* first, const Entry* last, std::size_t up_to) const;

  double patch_m_;
  std::map<FrameId, Position> places_;
  std::set<FrameId> outlying_;
  Box box_;
  std::size_t judged_at_ = 0;  // how many there were
};

}  // namespace ptero::scan
