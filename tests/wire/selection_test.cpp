#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <ptero/wire/selection.hpp>
#include <random>

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

TEST(Labels, NameWhatIsPendingAgain) {
  const auto labels = decode_labels(golden::header("labels_pending"));
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->marked, Ids{4});
  EXPECT_EQ(labels->pending, (Ids{5, 200}));
  EXPECT_EQ(encode(*labels), golden::header("labels_pending"));
}

TEST(Labels, NameWhatIsFarTooBright) {
  const auto labels = decode_labels(golden::header("labels_outlying"));
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->outlying, Ids{7});
  EXPECT_EQ(labels->excluded, Ids{9});
  EXPECT_EQ(encode(*labels), golden::header("labels_outlying"));
}

/// What a reader remembers of one id: its list, and its confidence where one was said.
using Word = std::pair<char, int>;
void read_into(std::map<FrameId, Word>& words, const Labels& labels) {
  const auto take = [&](char list, const Ids& ids, const std::vector<std::uint8_t>& confidence = {}) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      words[ids[i]] = {list, confidence.empty() ? -1 : int(confidence.at(i))};
  };
  take('s', labels.selected, labels.selected_confidence);
  take('b', labels.background, labels.background_confidence);
  take('x', labels.excluded);
  take('c', labels.corrupt);
  take('m', labels.marked);
  take('p', labels.pending);
}

// Whatever the limit: the messages say what the one would have said, and only the last is the last word.
TEST(Labels, SayInSeveralMessagesWhatOneCannotHold) {
  std::mt19937 random(7);
  std::size_t several = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Labels labels{.series_uid = uid, .revision = 4, .final = random() % 2 == 0};
    const bool confident = random() % 2 == 0;
    const FrameId count = random() % 40;
    for (FrameId id = 0; id < count; ++id) {
      const auto list = random() % 8;
      auto& ids = list < 2   ? labels.selected
                  : list < 4 ? labels.background
                  : list < 5 ? labels.excluded
                  : list < 6 ? labels.corrupt
                  : list < 7 ? labels.marked
                             : labels.pending;
      ids.push_back(id);
      if (confident && list < 4)
        (list < 2 ? labels.selected_confidence : labels.background_confidence)
            .push_back(std::uint8_t(random()));
    }
    std::map<FrameId, Word> whole, in_parts;
    read_into(whole, labels);
    const std::size_t most = 1 + random() % 9;
    const auto messages = in_messages(labels, most);
    EXPECT_EQ(messages.empty(), count == 0 && !labels.final);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const auto message = decode_labels(encode(messages[i]));
      ASSERT_TRUE(message);
      EXPECT_EQ(message->series_uid, uid);
      EXPECT_EQ(message->revision, 4u);
      EXPECT_EQ(message->final, labels.final && i + 1 == messages.size());
      const auto before = in_parts.size();
      read_into(in_parts, *message);
      EXPECT_LE(in_parts.size() - before, most);
    }
    EXPECT_EQ(in_parts, whole);
    EXPECT_EQ(messages.size(), count == 0 ? messages.size() : (count + most - 1) / most);
    several += messages.size() > 1;
  }
  EXPECT_GT(several, 100u);
}

TEST(Labels, OfAnyScanFitTheLink) {
  // The longest a message can become: every id takes five bytes, and one says how confident.
  Labels labels{.series_uid = uid, .selected = Ids(most_ids_in_a_message, max_frame_id - 1)};
  labels.selected_confidence.assign(most_ids_in_a_message, 255);
  EXPECT_LT(encode(labels).size(), std::size_t{8} << 20);
}

}  // namespace
}  // namespace ptero::wire
