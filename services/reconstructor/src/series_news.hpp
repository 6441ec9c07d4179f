#pragma once

#include <cstdint>
#include <optional>

#include <ptero/telemetry/latency_recorder.hpp>
#include <ptero/transport/event_publisher.hpp>

#include "earlier_series.hpp"
#include "series_job.hpp"

namespace ptero::reconstructor {

/// How much a snapshot brings along.
enum class Extras { probe, none };

/// What others hear of a series while it is reconstructed: pictures of it, how old they are, whether it runs,
/// its report. Used by one thread; of what it is given, `events` outlives it.
class SeriesNews {
 public:
  /// ages: of the snapshots, in seconds.
  SeriesNews(transport::EventPublisher& events, telemetry::Histogram ages, const scan::SolverOptions& options)
      : events_(events), histogram_(ages), options_(options) {}

  /// Another series.
  void begin();
  /// The last snapshot is older than that.
  bool snapshot_due(double every_s) const;
  /// Nothing before the object has a pixel. The probe comes less often, and always when the job is done.
  void tell_snapshot(const SeriesJob& job, bool running, Extras extras);
  void tell_running(const SeriesJob& job, bool running);
  /// Where they are others than those told last; none are told when a series begins.
  void tell_warnings(const SeriesJob& job);
  void tell_report(const std::string& uid, const std::string& report);
  /// Once more, for who came since. Throws Error where the product cannot be read any more.
  void tell_finished(const EarlierSeries& series);
  /// Of the snapshots with frames that were new.
  telemetry::LatencySummary ages() const { return ages_->summary(); }

 private:
  transport::EventPublisher& events_;
  const telemetry::Histogram histogram_;
  const scan::SolverOptions& options_;
  std::optional<telemetry::LatencyRecorder> ages_;
  std::optional<Warnings> told_warnings_;
  std::int64_t newest_shown_ns_ = 0;
  std::int64_t last_snapshot_ns_ = 0;
  std::int64_t last_probe_ns_ = 0;
};

}  // namespace ptero::reconstructor
