#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <ptero/telemetry/latency_recorder.hpp>

namespace ptero::telemetry {

// A bucket is the position of the leading bit and the sub_bits bits after it; small values have a bucket
// each.
std::size_t LatencyRecorder::bucket_of(std::uint64_t ns) {
  if (ns < (1u << sub_bits)) return ns;
  const int shift = static_cast<int>(std::bit_width(ns)) - 1 - sub_bits;
  return (static_cast<std::size_t>(shift) << sub_bits) + (ns >> shift);
}

double LatencyRecorder::middle_of(std::size_t bucket) {
  if (bucket < (1u << sub_bits)) return static_cast<double>(bucket);
  const std::size_t shift = (bucket >> sub_bits) - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(bucket - (shift << sub_bits)) << shift;
  return static_cast<double>(low) + 0.5 * std::ldexp(1.0, static_cast<int>(shift));
}

void LatencyRecorder::record_ns(std::int64_t latency_ns) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(latency_ns, 0));
  buckets_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed);
  std::uint64_t max = max_ns_.load(std::memory_order_relaxed);
  while (ns > max && !max_ns_.compare_exchange_weak(max, ns, std::memory_order_relaxed)) {
  }
  if (histogram_) histogram_->observe(static_cast<double>(ns) * 1e-9);
}

LatencyRecorder::Counts LatencyRecorder::counts() const {
  Counts counts{};
  for (std::size_t i = 0; i < bucket_count; ++i) counts[i] = buckets_[i].load(std::memory_order_relaxed);
  return counts;
}

std::optional<double> LatencyRecorder::quantile_ms(const Counts& counts, double q) {
  const std::uint64_t count = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (count == 0) return std::nullopt;
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count)));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += counts[bucket]) < std::max<std::uint64_t>(rank, 1)) ++bucket;
  return middle_of(bucket) * 1e-6;
}

double LatencyRecorder::quantile_ms(double q) const {
  // A copy, so that the count and the walk agree while others record.
  const auto middle_ms = quantile_ms(counts(), q);
  const auto max = static_cast<double>(max_ns_.load(std::memory_order_relaxed));
  return std::min(middle_ms.value_or(0), max * 1e-6);
}

LatencySummary LatencyRecorder::summary() const {
  LatencySummary summary;
  for (const auto& bucket : buckets_) summary.count += bucket.load(std::memory_order_relaxed);
  summary.p50_ms = quantile_ms(0.5);
  summary.p99_ms = quantile_ms(0.99);
  summary.max_ms = static_cast<double>(max_ns_.load(std::memory_order_relaxed)) * 1e-6;
  return summary;
}

}  // namespace ptero::telemetry
