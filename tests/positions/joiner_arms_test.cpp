// Which arm of the stage belongs to which series, and what is kept of the others.
#include "named_samples.hpp"

namespace ptero::positions {
namespace {

TEST(Joiner, TheEarlierScansSamplesAreNotThisOnes) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 10), 0);
  expect_named(joiner.decide(0, 0, 0), 0);
  joiner.end();
  joiner.begin(10 * s);
  joiner.take(some(10, 10), 11 * s);  // A still runs
  EXPECT_FALSE(joiner.decide(10, 11 * s, 11 * s));
  joiner.take(start("B"), 12 * s);
  joiner.take(some(0, 5), 12 * s);
  expect_named(joiner.decide(0, 12 * s, 12 * s), 0);
  EXPECT_FALSE(joiner.decide(10, 12 * s, 12 * s));
  EXPECT_EQ(joiner.end().other_scan, 10u);
}

TEST(Joiner, ARunningStreamThatNobodyTookIsNotTheNewSeries) {
  Joiner joiner({});
  joiner.take(start("A"), 0);
  joiner.take(some(0, 100), 0);
  joiner.begin(30 * s);
  joiner.take(some(100, 10), 31 * s);
  EXPECT_FALSE(joiner.decide(100, 31 * s, 31 * s));
  joiner.take(start("B"), 32 * s);
  joiner.take(some(0, 9), 32 * s);
  expect_named(joiner.decide(0, 32 * s, 32 * s), 0);
  EXPECT_EQ(joiner.end().other_scan, 110u);
}

TEST(Joiner, AStartMayComeTwiceAgainOrBefore) {
  Joiner joiner({});
  joiner.take(start("A"), 0);  // long before the series: armed, nothing measured
  joiner.take(start("B"), 20 * s);
  joiner.begin(21 * s);
  joiner.take(some(0, 4), 21 * s);
  joiner.take(start("B"), 22 * s);  // said twice
  joiner.take(some(4, 4), 22 * s);
  for (FrameId id = 0; id < 8; ++id) expect_named(joiner.decide(id, 22 * s, 22 * s), id);
  EXPECT_EQ(joiner.end().arm_time, "B");
}

TEST(Joiner, AConnectionMadeAgainGoesOnWithTheSameArm) {
  for (const std::string arm_time : {"A", ""}) {
    Joiner joiner({});
    joiner.begin(0);
    joiner.take(start(arm_time), 0);
    joiner.take(some(0, 4), 0);
    expect_named(joiner.decide(0, 0, 0), 0);
    joiner.take(StreamStart{arm_time, 6}, 1);
    joiner.take(some(6, 2), 1);
    EXPECT_EQ(outcome(joiner, 5), JoinOutcome::lost);
    expect_named(joiner.decide(7, 0, 1), 7);
  }
}

TEST(Joiner, AnArmThatWasGivenUpBeforeItsFirstFrameMakesRoom) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 4), 0);
  joiner.take(start("B"), 1);
  EXPECT_FALSE(joiner.decide(0, 1, 1));
  joiner.take(some(0, 9), 1);
  expect_named(joiner.decide(0, 1, 1), 0);
  EXPECT_FALSE(joiner.decide(9, 1, 1));
}

TEST(Joiner, TheNextScansArmWaitsForItsSeries) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 4), 0);
  expect_named(joiner.decide(0, 0, 0), 0);
  joiner.take(start("B"), 5 * s);
  joiner.take(StreamSamples{{{0, 77, 0}}}, 5 * s);
  EXPECT_EQ(outcome(joiner, 4, 5 * s), JoinOutcome::ended) << "another start ends it";
  expect_named(joiner.decide(3, 5 * s, 5 * s), 3);
  joiner.end();
  joiner.begin(5 * s);
  EXPECT_EQ(joiner.decide_now(0, JoinOutcome::timed_out).position->x_m, 77);
}

TEST(Joiner, ALostStartIsKnownByTheIndexThatBeginsAgain) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(some(0, 4), 0);  // no start at all
  expect_named(joiner.decide(3, 0, 0), 3);
  joiner.end();
  joiner.take(some(0, 2), 9 * s);  // neither stop nor start
  joiner.begin(9 * s);
  joiner.take(some(2, 2), 9 * s);
  for (FrameId id = 0; id < 4; ++id) expect_named(joiner.decide(id, 9 * s, 9 * s), id);
}

TEST(Joiner, SamplesFromTheMiddleAreTakenWhenAskedOrResumed) {
  for (const int how : {0, 1, 2}) {
    Joiner joiner({.accept_unstarted = how == 1});
    joiner.begin(0, how == 2 ? Begin::resumed : Begin::fresh);
    joiner.take(some(40, 4), 0);
    if (how == 0) {
      EXPECT_FALSE(joiner.decide(41, 0, 0));
    } else {
      expect_named(joiner.decide(41, 0, 0), 41);
    }
  }
}

TEST(Joiner, ATableServesEverySeries) {
  Joiner joiner({});
  std::vector<Sample> table;
  for (std::uint64_t i = 0; i < 5; ++i) table.push_back(named(i));
  joiner.set_table(table);
  for (int series = 0; series < 2; ++series) {
    joiner.begin(0);
    for (FrameId id = 0; id < 5; ++id) expect_named(joiner.decide(id, 0, 0), id);
    EXPECT_EQ(outcome(joiner, 5), JoinOutcome::ended);
    const auto report = joiner.end();
    EXPECT_EQ(report.positions, 5u);
    ASSERT_EQ(report.suspicions.size(), 1u) << "one frame too many";
  }
}

TEST(Joiner, MemoryIsBoundedAndTheOldestGo) {
  Joiner joiner({.max_positions = 1000});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 10'000), 0);
  expect_named(joiner.decide(9'999, 0, 0), 9'999);
  EXPECT_EQ(outcome(joiner, 0), JoinOutcome::lost);
}

TEST(Joiner, ArmsNobodyWantsAreForgotten) {
  Joiner joiner({.arm_window_s = 1000, .max_positions = 1000});
  for (int i = 0; i < 1000; ++i) {
    joiner.take(start("arm " + std::to_string(i)), i);
    joiner.take(some(0, 500), i);
    joiner.take(StreamStop{}, i);
  }
  joiner.begin(1000);
  expect_named(joiner.decide(7, 1000, 1000), 7);
  EXPECT_EQ(joiner.end().other_scan, 999u * 500) << "each was told";
}

}  // namespace
}  // namespace ptero::positions
