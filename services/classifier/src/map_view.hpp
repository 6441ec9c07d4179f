#pragma once

#include <vector>

#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/views.hpp>

#include "series_session.hpp"

namespace ptero::classifier {

/// The scan as people see it: columns of a session's frames for the events `map` and `segments`. Grows with
/// the session it was made for. Used by one thread.
class MapView {
 public:
  /// Publishes both, rarely, for they cost more the longer the scan; `now`: at once.
  void publish(const SeriesSession& session, transport::EventPublisher& events, bool now);
  /// Everything as it is now. Costs a copy of 26 bytes a frame.
  wire::MapEvent map(const SeriesSession& session);
  wire::SegmentsEvent segments(const SeriesSession& session);

  /// Frames with more flagged pixels than the least there were: what is flagged in every frame is a gap.
  std::uint64_t saturated_frames() const { return rows_ - rows_at_least_; }
  std::uint64_t least_flagged() const { return rows_ > 0 ? least_flagged_ : 0; }

 private:
  struct Turn {
    std::int64_t next_ns = 0;
  };

  void grow(const roi::FeatureTable& table);

  Turn map_turn_, segments_turn_;
  std::size_t rows_ = 0;
  std::uint64_t least_flagged_ = 0;
  std::uint64_t rows_at_least_ = 0;
  std::vector<std::uint32_t> ids_;
  std::vector<float> x_m_, y_m_, total_, com_x_, com_y_;
  std::vector<float> segment_total_, segment_com_x_, segment_com_y_;
};

}  // namespace ptero::classifier
