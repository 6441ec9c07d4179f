#include <gtest/gtest.h>

#include <ptero/core/contract.hpp>
#include <ptero/core/left_out.hpp>
#include <ptero/core/warning.hpp>
#include <set>

namespace ptero {
namespace {

TEST(LeftOut, EachReasonHasANameOfItsOwnAndKeepsItsNumber) {
  std::set<std::string_view> names, words;
  for (std::size_t i = 0; i < all_left_out.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(all_left_out[i]), i);
    names.insert(name_of(all_left_out[i]));
    words.insert(words_of(all_left_out[i]));
  }
  EXPECT_EQ(names.size(), all_left_out.size());
  EXPECT_EQ(words.size(), all_left_out.size());
  EXPECT_EQ(name_of(LeftOut::outlying_position), "outlying_position");
  EXPECT_THROW(name_of(static_cast<LeftOut>(all_left_out.size())), ContractViolation);
}

TEST(ImageFrames, SumsToWhatWasSelected) {
  ImageFrames frames{.in_image = 140, .waiting = 1};
  frames[LeftOut::saturated] = 1;
  frames[LeftOut::no_position] = 2;
  EXPECT_EQ(frames.all_left_out_frames(), 3u);
  EXPECT_EQ(frames.selected(), 144u);
  EXPECT_EQ(describe_left_out(frames), "2 no position, 1 saturated");
  EXPECT_EQ(describe_left_out(ImageFrames{.in_image = 3}), "");
}

TEST(ImageFrames, HalfOfTheSelectedFramesIsTheLeast) {
  ImageFrames frames{.in_image = 72};
  frames[LeftOut::unreadable] = 72;
  EXPECT_FALSE(frames.too_few());
  frames[LeftOut::zero] = 1;
  EXPECT_TRUE(frames.too_few());
}

TEST(Warning, MergingKeepsEachOnce) {
  Warnings all{{"a", "first"}};
  merge(all, {{"a", "first"}, {"a", "another"}, {"b", "second"}});
  EXPECT_EQ(all, (Warnings{{"a", "first"}, {"a", "another"}, {"b", "second"}}));
}

}  // namespace
}  // namespace ptero
