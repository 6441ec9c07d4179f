#include <gtest/gtest.h>

#include <numeric>
#include <ptero/wire/selection.hpp>

#include "golden.hpp"

namespace ptero::wire {
namespace {

using Ids = std::vector<FrameId>;
const std::string uid = "2026-07-14_0003";

TEST(Labels, IsTheGoldenMessage) {
  const auto labels = decode_labels(golden::header("labels"));
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->series_uid, uid);
  EXPECT_EQ(labels->revision, 4u);
  EXPECT_FALSE(labels->final);
  EXPECT_EQ(labels->selected, (Ids{3, 200}));
  EXPECT_EQ(labels->background, (Ids{0, 1, 2}));
  EXPECT_EQ(labels->excluded, Ids{9});
  EXPECT_EQ(labels->corrupt, Ids{11});
  EXPECT_EQ(encode(Labels{uid, 4, false, {3, 200}, {0, 1, 2}, {9}, {11}}), golden::header("labels"));
}

TEST(Labels, MayCarryAConfidence) {
  const auto labels = decode_labels(golden::header("labels_confident"));
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->selected_confidence, (std::vector<std::uint8_t>{0, 255}));
  EXPECT_EQ(labels->background_confidence, std::vector<std::uint8_t>{128});
  EXPECT_EQ(encode(*labels), golden::header("labels_confident"));
  EXPECT_TRUE(decode_labels(golden::header("labels"))->selected_confidence.empty());
}

TEST(RevisionNote, IsTheGoldenMessage) {
  const auto note = decode_revision(golden::header("revision"));
  ASSERT_TRUE(note);
  EXPECT_EQ(note->series_uid, uid);
  EXPECT_EQ(note->revision, 5u);
  EXPECT_TRUE(note->final);
  EXPECT_EQ(note->added, (Ids{3, 200}));
  EXPECT_EQ(note->removed, Ids{70000});
  EXPECT_EQ(note->set_hash, "9f86d081884c7d65");
  EXPECT_EQ(encode(RevisionNote{uid, 5, true, {3, 200}, {70000}, "9f86d081884c7d65"}),
            golden::header("revision"));
}

TEST(Labels, MayNameEveryFrameOfALongSeries) {
  Ids ids(5'000'000);
  std::iota(ids.begin(), ids.end(), FrameId{0});
  const auto labels = decode_labels(encode(Labels{.series_uid = uid, .final = true, .selected = ids}));
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->selected, ids);
}

TEST(Labels, AreNotARevision) {
  EXPECT_EQ(decode_revision(golden::header("labels")).reason(), FrameFault::malformed);
  EXPECT_EQ(decode_labels(golden::header("revision")).reason(), FrameFault::malformed);
}

TEST(Labels, NameWhatAPersonMarked) {
  const auto labels = decode_labels(golden::header("labels_marked"));
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->marked, (std::vector<FrameId>{4, 5}));
  EXPECT_EQ(labels->excluded, std::vector<FrameId>{9});
  EXPECT_EQ(encode(*labels), golden::header("labels_marked"));
}

}  // namespace
}  // namespace ptero::wire
