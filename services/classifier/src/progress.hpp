#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

#include <ptero/runtime/service.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/telemetry/latency_recorder.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/telemetry/recent_latency.hpp>
#include <ptero/transport/event_publisher.hpp>

#include "map_view.hpp"
#include "preview.hpp"
#include "region_control.hpp"
#include "series_session.hpp"

namespace ptero::classifier {

/// What a series that is being classified says to people: its region, map and newest frame while it runs, its
/// files and its report at the end. A classifier that is behind says less. Used by one thread, but for
/// run_preview().
class Progress {
 public:
  /// All of it outlives this.
  struct Tools {
    transport::EventPublisher& events;
    telemetry::Metrics& metrics;
    host::SelfReport& self;
    telemetry::LatencyRecorder& latency;
    const RegionControl& wishes;
  };
  explicit Progress(Tools tools);

  void begin(const SeriesInfo& info);
  /// The newest frame.
  void show(const Frame& frame);
  /// Where things stand, a few times a second at most; `now`: at once.
  void publish(const SeriesSession& session, bool now);
  /// The region alone, at once.
  void publish_roi(const SeriesSession& session);
  /// After finish(): `roi.csv` and `roi.png` in `folder`, and the report. method: as the series began with.
  void conclude(const SeriesSession& session, scan::MethodOptions method,
                const std::filesystem::path& folder);

  /// The stage of the preview.
  void run_preview(std::stop_token stop, runtime::Heartbeat& beat);

 private:
  std::int64_t pause_ns() const;

  Tools tools_;
  telemetry::RecentLatency recent_;
  telemetry::Gauge selected_;
  telemetry::Gauge revision_;
  std::int64_t began_ns_ = 0;  // by the steady clock, as what follows
  std::int64_t published_ns_ = 0;
  std::int64_t shown_ns_ = 0;
  std::shared_ptr<const SeriesInfo> info_;
  MapView map_;
  Preview preview_;
};

}  // namespace ptero::classifier
