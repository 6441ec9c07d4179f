#include <gtest/gtest.h>

#include <cmath>
#include <ptero/runtime/degradation.hpp>
#include <vector>

namespace ptero::runtime {
namespace {

/// One ladder and its clock, which begins anywhere.
class Ladder : public testing::Test {
 protected:
  /// The levels seen while the load stays for so long, sampled ten times a second.
  std::vector<int> hold(double load, double seconds) {
    std::vector<int> seen;
    for (int i = 0; i < std::lround(seconds * 10); ++i) {
      now_ns_ += 100'000'000;
      const int level = static_cast<int>(ladder_.update(load, now_ns_));
      if (seen.empty() || seen.back() != level) seen.push_back(level);
    }
    return seen;
  }
  using Levels = std::vector<int>;

  DegradationLadder ladder_{{.up_at = 0.5, .up_after_s = 1, .down_at = 0.1, .down_after_s = 2}};
  std::int64_t now_ns_ = 5'000'000'000'000;
};

TEST_F(Ladder, OverloadWalksItUpStepByStepAndDownAgain) {
  EXPECT_EQ(hold(0, 10), (Levels{0}));
  EXPECT_EQ(hold(0.9, 10), (Levels{0, 1, 2, 3}));
  EXPECT_EQ(hold(0, 10), (Levels{3, 2, 1, 0}));
}

TEST_F(Ladder, AStepUpTakesItsTime) {
  hold(0, 1);
  EXPECT_EQ(hold(0.5, 1.0), (Levels{0})) << "held for 0.9 s";
  EXPECT_EQ(hold(0.5, 0.1), (Levels{1}));
  EXPECT_EQ(hold(0.5, 0.9), (Levels{1}));
  EXPECT_EQ(hold(0.5, 0.1), (Levels{2}));
}

TEST_F(Ladder, ShortPeaksChangeNothing) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(hold(0.9, 0.9), (Levels{0}));
    EXPECT_EQ(hold(0, 0.1), (Levels{0}));
  }
}

TEST_F(Ladder, BetweenTheBoundsNothingMoves) {
  hold(0.9, 2.2);
  const int level = static_cast<int>(ladder_.level());
  EXPECT_EQ(level, 2);
  EXPECT_EQ(hold(0.3, 100), (Levels{level}));
  // Short pauses on the way down do not count together.
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(hold(0, 1.9), (Levels{level}));
    EXPECT_EQ(hold(0.3, 0.2), (Levels{level}));
  }
}

TEST_F(Ladder, AStandstillOfTheClockIsOneStepAtMost) {
  hold(0.9, 0.5);
  now_ns_ += 3'600'000'000'000;
  EXPECT_EQ(hold(0.9, 0.1), (Levels{1}));
}

TEST_F(Ladder, AtItsLimitItDoesNotWait) {
  hold(0, 1);
  EXPECT_EQ(hold(1, 0.1), (Levels{1}));
  EXPECT_EQ(hold(12, 0.2), (Levels{2, 3}));
  EXPECT_EQ(hold(0, 1.9), (Levels{3})) << "down it goes slowly all the same";
}

TEST_F(Ladder, NeverLeavesItsRange) {
  EXPECT_EQ(hold(1e9, 100).back(), 3);
  EXPECT_EQ(hold(0, 100).back(), 0);
}

}  // namespace
}  // namespace ptero::runtime
