#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <ptero/telemetry/latency_recorder.hpp>

namespace ptero::telemetry {

/// Quantiles of what a recorder took lately: how it goes now, where its own say how it went since the process
/// began. Used by one thread.
class RecentLatency {
 public:
  /// The recorder outlives this.
  RecentLatency(const LatencyRecorder& recorder, std::int64_t window_ns)
      : recorder_(recorder), window_ns_(window_ns) {}

  /// Of the last `window_ns`, reaching back a sixth of it further where calls come at least that often, else
  /// to the last call before it. Nothing: nothing was recorded in that time. now_ns: never less than in the
  /// call before.
  std::optional<double> quantile_ms(double q, std::int64_t now_ns);

 private:
  struct Look {
    std::int64_t at_ns = 0;
    LatencyRecorder::Counts counts;
  };
  const LatencyRecorder& recorder_;
  std::int64_t window_ns_;
  std::deque<Look> looks_;  // the oldest first
};

}  // namespace ptero::telemetry
