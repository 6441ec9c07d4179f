#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <ptero/telemetry/metrics.hpp>

namespace ptero::telemetry {

struct LatencySummary {
  std::uint64_t count = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;  ///< exact
};

/// Collects latencies for a report: 32 buckets an octave, so a quantile is off by at most 1.6 %.
/// Lock-free; any thread may record while another reads.
class LatencyRecorder {
  static constexpr int sub_bits = 5;
  static constexpr std::size_t bucket_count = (64 - sub_bits) << sub_bits;

 public:
  /// How often each bucket was hit.
  using Counts = std::array<std::uint64_t, bucket_count>;

  LatencyRecorder() = default;
  /// Also observes this histogram, in seconds.
  explicit LatencyRecorder(Histogram histogram) : histogram_(histogram) {}

  /// A negative time counts as 0.
  void record_ns(std::int64_t latency_ns);
  LatencySummary summary() const;
  /// q in [0, 1]; 0 when nothing was recorded.
  double quantile_ms(double q) const;
  /// As they are now: the difference of two looks is what came between them.
  Counts counts() const;
  /// Nothing where all are 0.
  static std::optional<double> quantile_ms(const Counts& counts, double q);

 private:
  static std::size_t bucket_of(std::uint64_t ns);
  static double middle_of(std::size_t bucket);

  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
  std::atomic<std::uint64_t> max_ns_{0};
  std::optional<Histogram> histogram_;
};

}  // namespace ptero::telemetry
