#include <ptero/telemetry/recent_latency.hpp>

namespace ptero::telemetry {

std::optional<double> RecentLatency::quantile_ms(double q, std::int64_t now_ns) {
  Look now{now_ns, recorder_.counts()};
  if (looks_.empty()) looks_.push_back({now_ns, {}});
  // What the second oldest look covers is enough: the oldest is not needed any more.
  while (looks_.size() > 1 && looks_[1].at_ns <= now_ns - window_ns_) looks_.pop_front();
  if (now_ns - looks_.back().at_ns >= window_ns_ / 6) looks_.push_back(now);
  for (std::size_t i = 0; i < now.counts.size(); ++i) now.counts[i] -= looks_.front().counts[i];
  return LatencyRecorder::quantile_ms(now.counts, q);
}

}  // namespace ptero::telemetry
