#include <gtest/gtest.h>

#include <limits>
#include <ptero/telemetry/latency_recorder.hpp>
#include <thread>
#include <vector>

namespace ptero::telemetry {
namespace {

TEST(LatencyRecorder, NothingRecordedIsZero) {
  const LatencyRecorder recorder;
  const LatencySummary summary = recorder.summary();
  EXPECT_EQ(summary.count, 0u);
  EXPECT_EQ(summary.p50_ms, 0);
  EXPECT_EQ(summary.max_ms, 0);
}

TEST(LatencyRecorder, QuantilesAreWithinABucket) {
  LatencyRecorder recorder;
  for (int i = 1; i <= 1000; ++i) recorder.record_ns(i * 1'000'000);  // 1 ms to 1 s
  const LatencySummary summary = recorder.summary();
  EXPECT_EQ(summary.count, 1000u);
  EXPECT_NEAR(summary.p50_ms, 500, 500 * 0.016);
  EXPECT_NEAR(summary.p99_ms, 990, 990 * 0.016);
  EXPECT_DOUBLE_EQ(summary.max_ms, 1000);
  EXPECT_NEAR(recorder.quantile_ms(0), 1, 0.016);
  EXPECT_NEAR(recorder.quantile_ms(1), 1000, 16);
}

TEST(LatencyRecorder, EveryMagnitudeIsWithinABucket) {
  for (std::int64_t ns = 1; ns > 0 && ns < std::numeric_limits<std::int64_t>::max() / 3; ns = ns * 3 + 1) {
    LatencyRecorder recorder;
    recorder.record_ns(ns);
    recorder.record_ns(std::numeric_limits<std::int64_t>::max());
    const double ms = static_cast<double>(ns) * 1e-6;
    EXPECT_NEAR(recorder.quantile_ms(0.5), ms, ms * 0.0157) << ns;
  }
}

TEST(LatencyRecorder, ExtremesAreTaken) {
  LatencyRecorder recorder;
  recorder.record_ns(-5);
  EXPECT_EQ(recorder.summary().max_ms, 0);
  recorder.record_ns(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(recorder.summary().count, 2u);
}

TEST(LatencyRecorder, NoRecordIsLostBetweenThreads) {
  LatencyRecorder recorder;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) recorder.record_ns(i);
      });
  }
  EXPECT_EQ(recorder.summary().count, 4000u);
  EXPECT_DOUBLE_EQ(recorder.summary().max_ms, 999e-6);
}

TEST(LatencyRecorder, FeedsAHistogramInSeconds) {
  Metrics metrics;
  LatencyRecorder recorder(metrics.histogram("ptero_frame_to_label_seconds", latency_buckets_s()));
  recorder.record_ns(1'500'000'000);
  EXPECT_NE(metrics.text().find("ptero_frame_to_label_seconds_sum 1.5"), std::string::npos) << metrics.text();
}

}  // namespace
}  // namespace ptero::telemetry
