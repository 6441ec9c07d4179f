#include "map_view.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ptero/runtime/clock.hpp>

namespace ptero::classifier {

namespace {
constexpr float nowhere = std::numeric_limits<float>::quiet_NaN();

/// What is excluded for its counts has one colour.
std::uint8_t code_of(roi::Label label) {
  return static_cast<std::uint8_t>(label == roi::Label::outlying ? roi::Label::dark : label);
}
}  // namespace

void MapView::grow(const roi::FeatureTable& table) {
  for (; rows_ < table.size(); ++rows_) {
    const auto& record = table.row(rows_);
    const auto& features = record.features;
    ids_.push_back(static_cast<std::uint32_t>(record.id));
    x_m_.push_back(record.position ? static_cast<float>(record.position->x_m) : nowhere);
    y_m_.push_back(record.position ? static_cast<float>(record.position->y_m) : nowhere);
    total_.push_back(static_cast<float>(features.whole.total));
    com_x_.push_back(static_cast<float>(features.whole.com_x));
    com_y_.push_back(static_cast<float>(features.whole.com_y));
    for (const auto& segment : features.segments) {
      segment_total_.push_back(static_cast<float>(segment.total));
      segment_com_x_.push_back(static_cast<float>(segment.com_x));
      segment_com_y_.push_back(static_cast<float>(segment.com_y));
    }
    if (rows_ == 0 || features.flagged_pixels < least_flagged_) {
      least_flagged_ = features.flagged_pixels;
      rows_at_least_ = 0;
    }
    rows_at_least_ += features.flagged_pixels == least_flagged_;
  }
}

void MapView::publish(const SeriesSession& session, transport::EventPublisher& events, bool now) {
  const auto said = [&](Turn& turn, std::int64_t pause_ns, auto&& publish_one) {
    const auto t = runtime::steady_now_ns();
    if (!now && t < turn.next_ns) return;
    publish_one();
    const auto after = runtime::steady_now_ns();
    // They grow with the scan, and labels wait while they are copied: at most a fiftieth of the time.
    turn.next_ns = after + std::max(pause_ns, 50 * (after - t));
  };
  said(map_turn_, 500'000'000, [&] { events.publish(wire::topic_map, wire::encode(map(session))); });
  said(segments_turn_, 2'000'000'000,
       [&] { events.publish(wire::topic_segments, wire::encode(segments(session))); });
}

wire::MapEvent MapView::map(const SeriesSession& session) {
  grow(session.table());
  wire::MapEvent event{.series_uid = session.info().uid,
                       .revision = session.set().revision(),
                       .frames = rows_,
                       .segments = session.segments(),
                       .mode = session.mode(),
                       .raster = session.info().raster};
  const auto shape = session.shape_in_force();
  event.border = shape.border;
  event.fill_in = shape.fill_in == roi::FillIn::on;
  event.no_contrast = session.no_contrast();
  std::vector<std::uint8_t> label(rows_), confidence(rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto now = session.label_at(row);
    label[row] = code_of(now.label);
    confidence[row] = static_cast<std::uint8_t>(std::lround(now.confidence * 255));
  }
  event.columns = {.ids = Bytes::take(std::vector(ids_)),
                   .x_m = Bytes::take(std::vector(x_m_)),
                   .y_m = Bytes::take(std::vector(y_m_)),
                   .total = Bytes::take(std::vector(total_)),
                   .com_x = Bytes::take(std::vector(com_x_)),
                   .com_y = Bytes::take(std::vector(com_y_)),
                   .label = Bytes::take(std::move(label)),
                   .confidence = Bytes::take(std::move(confidence))};
  return event;
}

wire::SegmentsEvent MapView::segments(const SeriesSession& session) {
  grow(session.table());
  return {.series_uid = session.info().uid,
          .frames = rows_,
          .segments = session.segments(),
          .total = Bytes::take(std::vector(segment_total_)),
          .com_x = Bytes::take(std::vector(segment_com_x_)),
          .com_y = Bytes::take(std::vector(segment_com_y_))};
}

}  // namespace ptero::classifier
