// Which samples belong to a frame, and what becomes of frames whose samples do not come.
#include <cmath>

#include "named_samples.hpp"

namespace ptero::positions {
namespace {

TEST(Joiner, PairsByIndexWhoeverComesFirst) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  EXPECT_FALSE(joiner.decide(0, 0, 0)) << "its position has not come";
  joiner.take(some(0, 10), 1);
  for (FrameId id : {3u, 0u, 9u}) expect_named(joiner.decide(id, 0, 0), id);
  EXPECT_FALSE(joiner.decide(10, 0, 0));
  const auto report = joiner.end();
  EXPECT_EQ(report[JoinOutcome::joined], 3u);
  EXPECT_EQ(report.positions, 10u);
  EXPECT_EQ(report.unused_positions, 7u);
  EXPECT_EQ(report.arm_time, "A");
}

TEST(Joiner, AnIndexOffsetCountsTriggersFromOne) {
  Joiner joiner({.index_offset = -1});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(1, 5), 0);
  for (FrameId id = 0; id < 5; ++id) expect_named(joiner.decide(id, 0, 0), id + 1);
  EXPECT_EQ(joiner.end().lost_samples, 0u);
}

TEST(Joiner, WhatLaterSamplesProveLostIsNotWaitedFor) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 4), 0);
  EXPECT_FALSE(joiner.decide(4, 0, 0));
  joiner.take(some(6, 1), 0);
  EXPECT_EQ(outcome(joiner, 4), JoinOutcome::lost);
  EXPECT_EQ(outcome(joiner, 5), JoinOutcome::lost);
  expect_named(joiner.decide(6, 0, 0), 6);
  joiner.take(some(4, 1), 0);
  EXPECT_EQ(outcome(joiner, 4), JoinOutcome::lost) << "what was said stays said";
  const auto report = joiner.end();
  EXPECT_EQ(report.lost_samples, 2u);
  EXPECT_EQ(report.late, 1u);
  EXPECT_EQ(report.unpositioned(), 2u);
}

TEST(Joiner, AReorderWindowWaitsForWhatMayStillCome) {
  Joiner joiner({.reorder_samples = 2});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 1), 0);
  joiner.take(some(2, 1), 0);
  EXPECT_FALSE(joiner.decide(1, 0, 0));
  joiner.take(some(1, 1), 0);
  expect_named(joiner.decide(1, 0, 0), 1);
  joiner.take(some(6, 1), 0);
  EXPECT_EQ(outcome(joiner, 3), JoinOutcome::lost);
  EXPECT_EQ(outcome(joiner, 4), JoinOutcome::lost);
  EXPECT_FALSE(joiner.decide(5, 0, 0));
}

TEST(Joiner, SeveralSamplesAFrame) {
  // Positions 1000 + index, so that frame k has samples 10 k + 0..9.
  const std::pair<Use, double> uses[] = {{Use::mean, 4.5}, {Use::first, 0}, {Use::last, 9}, {Use::mid, 4.5}};
  for (const auto& [use, within] : uses) {
    Joiner joiner({.samples_per_frame = 10, .use = use});
    joiner.begin(0);
    joiner.take(start("A"), 0);
    joiner.take(some(0, 25), 0);
    for (FrameId id = 0; id < 2; ++id)
      EXPECT_NEAR(joiner.decide_now(id, JoinOutcome::timed_out).position->x_m,
                  1000 + 10.0 * double(id) + within, 1e-9);
    if (use != Use::first) {
      EXPECT_FALSE(joiner.decide(2, 0, 0)) << "half of its samples";
    }
    joiner.take(some(26, 14), 0);  // 25 is lost
    if (use == Use::mean) {
      EXPECT_EQ(outcome(joiner, 2), JoinOutcome::lost) << "a mean of nine is another position";
    } else {
      EXPECT_TRUE(joiner.decide(2, 0, 0)->position);
    }
  }
}

TEST(Joiner, AsManySamplesAsCarryTheSameTrigger) {
  Joiner joiner({.index_offset = -1, .samples_per_frame = 0});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(StreamSamples{{{1, 10, 0}, {1, 14, 2}}}, 0);
  EXPECT_FALSE(joiner.decide(0, 0, 0)) << "another sample of trigger 1 may follow";
  joiner.take(StreamSamples{{{2, 20, 0}}}, 0);
  EXPECT_EQ(joiner.decide_now(0, JoinOutcome::timed_out).position, (Position{12, 1}));
  joiner.take(StreamStop{}, 0);
  EXPECT_EQ(joiner.decide(1, 0, 0)->position, (Position{20, 0}));
}

TEST(Joiner, ThePolicyForWhatIsMissing) {
  for (const auto missing : {Missing::drop, Missing::hold, Missing::interpolate}) {
    Joiner joiner({.missing = missing});
    joiner.begin(0);
    joiner.take(start("A"), 0);
    joiner.take(some(1, 2), 0);
    joiner.take(StreamSamples{{{3, nan, 0}}}, 0);
    const auto at_nan = joiner.decide(3, 0, 0);
    EXPECT_EQ(at_nan.has_value(), missing != Missing::interpolate) << "interpolation needs the next one";
    joiner.take(some(6, 1), 0);
    joiner.take(StreamStop{true, "Ok"}, 0);
    EXPECT_EQ(outcome(joiner, 0), JoinOutcome::lost) << "nothing before it, and nothing is extrapolated";
    EXPECT_EQ(outcome(joiner, 7), JoinOutcome::ended);
    const auto four = *joiner.decide(4, 0, 0);
    const auto three = *joiner.decide(3, 0, 0);
    if (missing == Missing::drop) {
      EXPECT_EQ(three.outcome, JoinOutcome::not_finite);
      EXPECT_EQ(four.outcome, JoinOutcome::lost);
    } else if (missing == Missing::hold) {
      EXPECT_EQ(four.outcome, JoinOutcome::held);
      EXPECT_EQ(four.position->x_m, 1002);
    } else {
      EXPECT_EQ(three.outcome, JoinOutcome::interpolated);
      EXPECT_EQ(three.position->x_m, 1003);
      EXPECT_EQ(four.position->y_m, -12);
    }
  }
}

TEST(Joiner, TimeAndCrowdsGiveUpAndLateSamplesAreCounted) {
  Joiner joiner({.max_wait_s = 2});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  EXPECT_FALSE(joiner.decide(0, 1 * s, 3 * s - 1));
  EXPECT_EQ(joiner.decide(0, 1 * s, 3 * s)->outcome, JoinOutcome::timed_out);
  EXPECT_EQ(joiner.decide_now(1, JoinOutcome::crowded_out).outcome, JoinOutcome::crowded_out);
  joiner.take(some(0, 3), 4 * s);
  expect_named(joiner.decide_now(2, JoinOutcome::crowded_out), 2);
  const auto report = joiner.end();
  EXPECT_EQ(report.late, 2u);
  EXPECT_EQ(report[JoinOutcome::timed_out], 1u);
}

TEST(Joiner, RunUpRangeSettlingAndMonitor) {
  JoinOptions options{.skip_samples = 3, .skip_frames = 2};
  options.range_x_m = {0, 1005};
  Joiner joiner(options);
  joiner.begin(0);
  joiner.take(start("A"), 0);
  auto event = some(0, 10);
  std::get<StreamSamples>(event).samples[5].monitor = 7;
  joiner.take(event, 0);
  EXPECT_EQ(outcome(joiner, 0), JoinOutcome::skipped);
  expect_named(joiner.decide(2, 0, 0), 5);
  EXPECT_EQ(joiner.decide(2, 0, 0)->monitor, 7);
  EXPECT_EQ(outcome(joiner, 3), JoinOutcome::out_of_range);
}

// Believed at once, it would make all later ones late.
TEST(Joiner, OneIndexFarAboveAllOthersIsLeftOut) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 60), 0);
  joiner.take(some(1060, 1), 0);
  joiner.take(some(61, 139), 0);
  for (FrameId id = 0; id < 60; ++id) expect_named(joiner.decide(id, 0, 0), id);
  EXPECT_EQ(outcome(joiner, 60), JoinOutcome::lost);
  for (FrameId id = 61; id < 200; ++id) expect_named(joiner.decide(id, 0, 0), id);
  const auto report = joiner.end();
  EXPECT_EQ(report.misnumbered, 1u);
  EXPECT_EQ(report.late, 0u);
  ASSERT_FALSE(report.suspicions.empty());
  EXPECT_NE(report.suspicions.front().find("far above"), std::string::npos);
}

TEST(Joiner, ALongHoleIsOneOnceTwoSamplesSaySo) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 10), 0);
  joiner.take(some(500, 20), 0);
  EXPECT_EQ(outcome(joiner, 10), JoinOutcome::lost);
  expect_named(joiner.decide(500, 0, 0), 500);
  EXPECT_EQ(joiner.end().misnumbered, 0u);
}

TEST(Joiner, AFirstSampleLeftOverOfAnEarlierScanIsNoPosition) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  StreamSamples samples;
  samples.samples.push_back({0, 3.8, -12.0, {}});
  for (std::uint64_t i = 1; i < 20; ++i) samples.samples.push_back({i, double(i) * 1e-6, 0, {}});
  joiner.take(samples, 0);
  EXPECT_EQ(outcome(joiner, 0), JoinOutcome::out_of_range);
  EXPECT_EQ(outcome(joiner, 1), JoinOutcome::joined);
  const auto report = joiner.end();
  ASSERT_EQ(report.suspicions.size(), 1u);
  EXPECT_NE(report.suspicions.front().find("left over"), std::string::npos);
}

TEST(Joiner, AScanThatBeginsAtTheEndOfALongLineIsSound) {
  Joiner joiner({});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  StreamSamples samples;
  for (std::uint64_t i = 0; i < 40; ++i)  // four to a line, the way back is three steps
    samples.samples.push_back({i, double(i % 4) * 1e-6, double(i / 4) * 1e-6, {}});
  joiner.take(samples, 0);
  for (FrameId id = 0; id < 40; ++id) EXPECT_EQ(outcome(joiner, id), JoinOutcome::joined) << id;
  EXPECT_TRUE(joiner.end().suspicions.empty());
}

TEST(Joiner, FramesThatHoldTheLastPositionAreSaid) {
  Joiner joiner({.missing = Missing::hold});
  joiner.begin(0);
  joiner.take(start("A"), 0);
  joiner.take(some(0, 10), 0);
  joiner.take(some(15, 5), 0);
  for (FrameId id = 0; id < 20; ++id) joiner.decide(id, 0, 0);
  const auto report = joiner.end();
  EXPECT_EQ(report[JoinOutcome::held], 5u);
  ASSERT_FALSE(report.suspicions.empty());
  EXPECT_NE(report.suspicions.front().find("wrong place"), std::string::npos);
}

}  // namespace
}  // namespace ptero::positions
