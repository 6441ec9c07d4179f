#include <gtest/gtest.h>

#include "frame_numbers.hpp"

namespace ptero::ingest {
namespace {

TEST(FrameNumbers, TakesWhatIsAnnouncedAndWhatFollowsClosely) {
  FrameNumbers numbers(100);
  EXPECT_TRUE(numbers.is_plausible(0));
  EXPECT_TRUE(numbers.is_plausible(99));
  EXPECT_FALSE(numbers.is_plausible(100)) << "where nothing came yet, the announced number says more";
  for (FrameId id = 0; id < 100; ++id) numbers.took(id);
  EXPECT_TRUE(numbers.is_plausible(100));
  EXPECT_TRUE(numbers.is_plausible(163));
  EXPECT_FALSE(numbers.is_plausible(164));
  EXPECT_TRUE(numbers.is_beyond_announced(100));
  EXPECT_FALSE(numbers.is_beyond_announced(99));
}

TEST(FrameNumbers, WithoutAnAnnouncedNumberWhatCameBoundsWhatMayCome) {
  FrameNumbers numbers({});
  EXPECT_TRUE(numbers.is_plausible(1));
  EXPECT_FALSE(numbers.is_plausible(99'999'999));
  numbers.took(5);
  EXPECT_TRUE(numbers.is_plausible(69));
  EXPECT_FALSE(numbers.is_plausible(70));
}

TEST(FrameNumbers, AnAnnouncedNumberOfMillionsOpensNoDoorForDamage) {
  FrameNumbers numbers(max_frame_id);
  numbers.took(0);
  EXPECT_TRUE(numbers.is_plausible(500'000));
  EXPECT_FALSE(numbers.is_plausible(99'999'999));
}

TEST(FrameNumbers, TwoBesideEachOtherConfirmAGap) {
  FrameNumbers numbers({});
  numbers.took(10);
  EXPECT_TRUE(FrameNumbers::are_beside(5000, 5001));
  EXPECT_FALSE(FrameNumbers::are_beside(5000, 5000)) << "the same twice confirms nothing";
  EXPECT_FALSE(FrameNumbers::are_beside(5000, 90'000));
  ASSERT_TRUE(numbers.believe(5000, 5001));
  EXPECT_EQ(numbers.id_of(5000), 5000u);
  EXPECT_TRUE(numbers.is_plausible(5001));
  EXPECT_FALSE(numbers.believe(50'000'000, 50'000'001)) << "in the middle of a series";
}

TEST(FrameNumbers, ADetectorMayCountFromElsewhereAndBeginAgainAtZero) {
  FrameNumbers numbers(36);
  const std::uint64_t first = 4'294'967'290;
  EXPECT_FALSE(numbers.is_plausible(first));
  ASSERT_TRUE(numbers.believe(first + 1, first));
  EXPECT_EQ(numbers.first(), first);
  EXPECT_EQ(numbers.id_of(first), 0u);
  EXPECT_EQ(numbers.id_of(first + 5), 5u);
  EXPECT_EQ(numbers.id_of(0), 6u) << "a counter of 32 bits";
  EXPECT_EQ(numbers.id_of(first + 6), 6u) << "one of 64 bits";
  EXPECT_TRUE(numbers.is_plausible(29));
  EXPECT_FALSE(numbers.is_plausible(500));
}

TEST(FrameNumbers, NamesTheBitThatTurned) {
  FrameNumbers numbers({});
  for (FrameId id = 0; id < 57; ++id) numbers.took(id);
  EXPECT_EQ(numbers.turned_bit(57 ^ (1u << 26)), 26u);
  EXPECT_FALSE(numbers.turned_bit(99'999'999));
}

}  // namespace
}  // namespace ptero::ingest
