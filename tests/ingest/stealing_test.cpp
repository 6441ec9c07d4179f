#include <gtest/gtest.h>

#include <random>

#include "stealing.hpp"

namespace ptero::ingest {
namespace {

TEST(Stealing, EverySecondIdIsSomebodyElses) {
  StealingWatch watch;
  FrameId id = 0;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(watch.saw(id++), 1u);
  int needed = 0;
  while (watch.saw(id += 2) != 2) ASSERT_LT(++needed, 32);
  EXPECT_GE(needed, 20) << "a few holes in a row are chance";
  for (int i = 0; i < 50; ++i) EXPECT_EQ(watch.saw(id += 2), 2u);
  for (int i = 0; i < 32; ++i) watch.saw(++id);
  EXPECT_EQ(watch.saw(++id), 1u) << "the other one has gone";
}

TEST(Stealing, TwoThievesLeaveEveryThird) {
  StealingWatch watch;
  std::uint64_t found = 1;
  for (FrameId id = 1; id < 200; id += 3) found = watch.saw(id);
  EXPECT_EQ(found, 3u);
}

TEST(Stealing, AThiefThatIsBusyNowAndThenIsSeenAllTheSame) {
  StealingWatch watch;
  std::mt19937 random(1);
  std::uint64_t found = 1;
  FrameId id = 0;
  for (int i = 0; i < 500; ++i) {
    id += random() % 40 == 0 ? 1 : 2;
    found = std::max(found, watch.saw(id));
  }
  EXPECT_EQ(found, 2u);
}

TEST(Stealing, FramesLostByChanceAreNotStolen) {
  for (const double loss : {0.01, 0.1, 0.3, 0.5, 0.7}) {
    StealingWatch watch;
    std::mt19937 random(7);
    std::bernoulli_distribution lost(loss);
    for (FrameId id = 0; id < 100'000; ++id)
      ASSERT_TRUE(lost(random) || watch.saw(id) == 1) << loss << " at " << id;
  }
}

TEST(Stealing, OneLongHoleAndOrderTurnedRoundAreNotStolen) {
  StealingWatch watch;
  for (FrameId id = 0; id < 100; ++id) EXPECT_EQ(watch.saw(id), 1u);
  for (FrameId id = 5000; id < 5100; id += 2) {
    EXPECT_EQ(watch.saw(id + 1), 1u);
    EXPECT_EQ(watch.saw(id), 1u);
  }
}

TEST(Stealing, ASeriesThatBeginsAnewIsNoHole) {
  StealingWatch watch;
  for (int series = 0; series < 100; ++series) {
    watch.restart();
    for (FrameId id = 0; id < 6; id += 2) watch.saw(id);
  }
  EXPECT_EQ(watch.saw(6), 2u) << "short series of a thief add up";
}

}  // namespace
}  // namespace ptero::ingest
