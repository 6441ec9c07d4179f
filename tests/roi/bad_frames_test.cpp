#include <gtest/gtest.h>

#include <ptero/roi/bad_frames.hpp>
#include <random>
#include <set>

namespace ptero::roi {
namespace {

TEST(BadFrames, AreWhatWasSaidLast) {
  std::mt19937 rng(3);
  for (int run = 0; run < 50; ++run) {
    BadFrames bad;
    std::set<FrameId> plain;
    for (int word = 0; word < 30; ++word) {
      const FrameId first = rng() % 60;
      const Mark mark{first, first + rng() % 12, rng() % 2 == 0};
      bad.apply(mark);
      for (FrameId id = mark.first; id <= mark.last; ++id)
        if (mark.bad)
          plain.insert(id);
        else
          plain.erase(id);
      for (FrameId id = 0; id < 80; ++id) ASSERT_EQ(bad.contains(id), plain.contains(id)) << id;
      // Ranges neither touch nor overlap.
      FrameId least = 0;
      for (const auto& [begin, end] : bad.ranges()) {
        ASSERT_GE(begin, least);
        ASSERT_LE(begin, end);
        least = end + 2;
      }
    }
  }
}

TEST(BadFrames, ReachToTheLastIdThereCanBe) {
  BadFrames bad;
  bad.apply({5, ~FrameId{0}});
  bad.apply({0, 4});
  EXPECT_TRUE(bad.contains(~FrameId{0}));
  EXPECT_EQ(bad.ranges().size(), 1u);
  bad.apply({7, ~FrameId{0}, false});
  EXPECT_EQ(bad.ranges(), (std::map<FrameId, FrameId>{{0, 6}}));
}

}  // namespace
}  // namespace ptero::roi
