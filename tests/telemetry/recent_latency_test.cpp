#include <gtest/gtest.h>

#include <ptero/telemetry/recent_latency.hpp>

namespace ptero::telemetry {
namespace {

constexpr std::int64_t second = 1'000'000'000, ms = 1'000'000;

TEST(RecentLatency, BeforeAnythingWasRecordedThereIsNone) {
  LatencyRecorder recorder;
  EXPECT_FALSE(RecentLatency(recorder, 60 * second).quantile_ms(0.99, 0));
}

TEST(RecentLatency, ForgetsWhatIsLongAgo) {
  LatencyRecorder recorder;
  RecentLatency recent(recorder, 60 * second);
  for (int t = 0; t <= 300; ++t) {
    recorder.record_ns(t < 100 ? 50 * ms : 2 * ms);
    const double now_ms = recent.quantile_ms(1, t * second).value();
    if (t < 159) {
      EXPECT_NEAR(now_ms, 50, 1) << t;
    }
    // A sixth of the minute later at the latest.
    if (t > 100 + 60 + 10) {
      EXPECT_NEAR(now_ms, 2, 0.1) << t;
    }
  }
  EXPECT_NEAR(recorder.quantile_ms(1), 50, 1);
}

TEST(RecentLatency, WhereNothingCameItSaysNothing) {
  LatencyRecorder recorder;
  RecentLatency recent(recorder, 60 * second);
  recent.quantile_ms(0.5, 0);
  recorder.record_ns(5 * ms);
  EXPECT_TRUE(recent.quantile_ms(0.5, 1 * second));
  for (int t = 2; t < 72; ++t) recent.quantile_ms(0.5, t * second);
  EXPECT_FALSE(recent.quantile_ms(0.5, 72 * second));
}

TEST(RecentLatency, AfterAPauseItReachesBackToTheLastLook) {
  LatencyRecorder recorder;
  RecentLatency recent(recorder, 60 * second);
  recorder.record_ns(50 * ms);
  recent.quantile_ms(1, 20 * second);
  recorder.record_ns(2 * ms);
  EXPECT_NEAR(recent.quantile_ms(1, 1000 * second).value(), 50, 1);
  EXPECT_FALSE(recent.quantile_ms(1, 1061 * second));
}

}  // namespace
}  // namespace ptero::telemetry
