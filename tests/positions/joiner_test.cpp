#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <map>
#include <random>

#include <ptero/positions/joiner.hpp>

namespace ptero::positions {
namespace {

constexpr std::int64_t s = 1'000'000'000;
const double nan = std::numeric_limits<double>::quiet_NaN();

/// A position that names its trigger in both coordinates.
Sample named(std::uint64_t index) {
  return {index, 1000.0 + static_cast<double>(index), -3.0 * static_cast<double>(index)};
}

StreamEvent some(std::uint64_t from, std::uint64_t count) {
  StreamSamples out;
  for (std::uint64_t i = 0; i < count; ++i) out.samples.push_back(named(from + i));
  return out;
}

StreamEvent start(const std::string& arm_time) {
  return StreamStart{arm_time, 0};
}

void expect_named(const std::optional<Joined>& joined, std::uint64_t index) {
  ASSERT_TRUE(joined);
  ASSERT_EQ(joined->outcome, JoinOutcome::joined);
  EXPECT_EQ(joined->position, (Position{named(index).x, named(index).y}));
}

JoinOutcome outcome(Joiner& joiner, FrameId id, std::int64_t now = 0) {
  return joiner.decide(id, now, now).value().outcome;
}

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
      EXPECT_NEAR(joiner.decide(id, 0, 0)->position->x_m, 1000 + 10.0 * double(id) + within, 1e-9);
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
  EXPECT_EQ(joiner.decide(0, 0, 0)->position, (Position{12, 1}));
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
  joiner.take(some(0, 1), 32 * s);
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
  joiner.take(some(0, 1), 1);
  expect_named(joiner.decide(0, 1, 1), 0);
  EXPECT_FALSE(joiner.decide(1, 1, 1));
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
  EXPECT_EQ(joiner.decide(0, 5 * s, 5 * s)->position->x_m, 77);
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

/// A stage and a detector whose messages reach the joiner in any interleaving; frames wait in order, as
/// ingest keeps them.
class Interleaved {
 public:
  Interleaved(JoinOptions options, std::uint64_t seed) : joiner_(options), random_(seed) {}

  std::map<FrameId, Joined> run(std::deque<StreamEvent> events, std::deque<FrameId> frames,
                                double frame_share) {
    joiner_.begin(0);
    std::deque<FrameId> waiting;
    std::map<FrameId, Joined> joined;
    std::bernoulli_distribution next_is_frame(frame_share);
    while (!events.empty() || !frames.empty()) {
      if (!frames.empty() && (events.empty() || next_is_frame(random_))) {
        waiting.push_back(frames.front());
        frames.pop_front();
      } else {
        joiner_.take(events.front(), 0);
        events.pop_front();
      }
      while (!waiting.empty()) {
        const auto answer = joiner_.decide(waiting.front(), 0, 0);
        if (!answer) break;
        joined[waiting.front()] = *answer;
        waiting.pop_front();
      }
    }
    EXPECT_TRUE(waiting.empty());
    return joined;
  }

 private:
  Joiner joiner_;
  std::mt19937_64 random_;
};

/// Messages of 1 to 20 samples, of which some never come.
std::deque<StreamEvent> stream(std::uint64_t samples, double loss, std::uint64_t seed,
                               std::vector<bool>& lost) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::uint64_t> length(1, 20);
  std::bernoulli_distribution is_lost(loss);
  std::deque<StreamEvent> events{start("A")};
  lost.assign(samples, false);
  for (std::uint64_t at = 0; at < samples;) {
    const auto n = std::min(length(random), samples - at);
    if (is_lost(random)) {
      for (std::uint64_t i = 0; i < n; ++i) lost[at + i] = true;
    } else {
      events.push_back(some(at, n));
    }
    at += n;
  }
  events.push_back(StreamStop{true, "Ok"});
  return events;
}

TEST(Joiner, EveryFrameHasItsOwnPositionWhateverTheInterleaving) {
  constexpr std::uint64_t frames = 20'000;
  for (const std::uint64_t per_frame : {1u, 10u})
    for (const double frame_share : {0.02, 0.5, 0.98})
      for (const auto missing : {Missing::drop, Missing::interpolate}) {
        std::vector<bool> lost;
        const auto events = stream(frames * per_frame, 0.01, per_frame, lost);
        std::deque<FrameId> ids;
        std::mt19937 random(4);
        for (FrameId id = 0; id < frames; ++id)
          if (random() % 1000 != 0) ids.push_back(id);  // the detector loses frames too
        for (std::size_t i = 0; i + 1 < ids.size(); i += 50) std::swap(ids[i], ids[i + 1]);
        const auto joined = Interleaved({.samples_per_frame = per_frame, .missing = missing}, 7)
                                .run(events, ids, frame_share);
        ASSERT_EQ(joined.size(), ids.size());
        for (const auto& [id, got] : joined) {
          bool whole = true;
          for (std::uint64_t i = 0; i < per_frame; ++i) whole = whole && !lost[id * per_frame + i];
          const double mean = static_cast<double>(id * per_frame) + static_cast<double>(per_frame - 1) / 2;
          if (whole) {
            ASSERT_EQ(got.outcome, JoinOutcome::joined);
          } else {
            ASSERT_NE(got.outcome, JoinOutcome::joined);
          }
          if (!got.position) continue;
          // Positions are linear in the index: an interpolated one is exact too, a shifted one is not.
          ASSERT_NEAR(got.position->x_m, 1000 + mean, 1e-6) << id;
          ASSERT_NEAR(got.position->y_m, -3 * mean, 1e-6) << id;
        }
      }
}

TEST(Joiner, TheAnswerDoesNotDependOnTheInterleaving) {
  std::vector<bool> lost;
  const auto events = stream(30'000, 0.05, 3, lost);
  std::deque<FrameId> ids;
  for (FrameId id = 0; id < 3'000; ++id) ids.push_back(id);
  for (const auto missing : {Missing::drop, Missing::hold, Missing::interpolate}) {
    std::map<FrameId, Joined> first;
    for (const double frame_share : {0.01, 0.3, 0.9}) {
      const auto joined =
          Interleaved({.samples_per_frame = 10, .missing = missing}, 11).run(events, ids, frame_share);
      if (first.empty()) first = joined;
      for (const auto& [id, got] : joined) {
        ASSERT_EQ(got.outcome, first.at(id).outcome);
        ASSERT_EQ(got.position, first.at(id).position);
      }
    }
  }
}

}  // namespace
}  // namespace ptero::positions
