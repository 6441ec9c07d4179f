#include "selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include <ptero/wire/stream.hpp>

namespace ptero::classifier {
namespace {

Parts text(const std::string& value) {
  return {Bytes::take(std::string(value))};
}

/// Follows a feed as the reconstructor does.
struct Consumer {
  std::set<FrameId> told;    ///< the set as the revisions say
  std::set<FrameId> frames;  ///< the frames at hand
  std::string last_hash;
  bool started = false;
  bool final = false;

  void take(const transport::LinkEntry& entry) {
    ASSERT_FALSE(final) << "an entry after the last word";
    if (!started) {
      started = true;
      EXPECT_EQ(entry.parts.at(0).text(), "start");
      return;
    }
    if (const auto note = wire::decode_revision(entry.parts.at(0))) {
      for (FrameId id : note->added) EXPECT_TRUE(told.insert(id).second) << "told twice";
      for (FrameId id : note->removed) {
        EXPECT_EQ(told.erase(id), 1u) << "removed what it was not told";
        frames.erase(id);
      }
      final = note->final;
      last_hash = note->set_hash;
      return;
    }
    const FrameId id = std::stoull(std::string(entry.parts.at(0).text()));
    EXPECT_TRUE(told.contains(id)) << "a frame that is not selected";
    EXPECT_TRUE(frames.insert(id).second) << "sent twice";
  }
  void drain(SelectionFeed& feed) {
    while (auto entry = feed.next()) take(*entry);
  }
};

class SelectionTest : public testing::Test {
 protected:
  SelectionTest() { store_.add(selection_); }
  void select(std::vector<FrameId> ids) {
    for (FrameId id : ids) selection_->offer(id, text(std::to_string(id)));
    selection_->change({.series_uid = "s", .added = std::move(ids)});
  }
  /// What the classify stage does: fetches from ingest.
  void fetch() {
    for (FrameId id : selection_->take_wanted(1000)) selection_->offer(id, text(std::to_string(id)));
  }

  std::shared_ptr<Selection> selection_ = std::make_shared<Selection>("s", text("start"), 1 << 20);
  SelectionStore store_;
};

TEST_F(SelectionTest, ANewConsumerGetsTheWholeSetAndTheLastWordLast) {
  select({1, 2});
  selection_->change({.series_uid = "s", .revision = 1, .final = true, .removed = {2}, .set_hash = "abc"});
  SelectionFeed feed(store_, {});
  Consumer consumer;
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, std::set<FrameId>{1});
  EXPECT_TRUE(consumer.final);
  EXPECT_EQ(consumer.last_hash, "abc");
}

TEST_F(SelectionTest, AConsumerThatComesBackGetsTheDifferenceOnly) {
  select({1, 2, 3});
  SelectionFeed feed(store_, {.series_uid = "s", .holds = {2, 9}});
  Consumer consumer;
  consumer.told = consumer.frames = {2, 9};
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, (std::set<FrameId>{1, 2, 3}));
}

TEST_F(SelectionTest, ARestartedClassifierTakesBackNothingBeforeItHasCaughtUp) {
  // The consumer is at revision 5; this classifier starts again from nothing.
  SelectionFeed feed(store_, {.series_uid = "s", .revision = 5, .holds = {1, 2, 9}});
  Consumer consumer;
  consumer.told = consumer.frames = {1, 2, 9};
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames.size(), 3u);
  select({1, 3});
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, (std::set<FrameId>{1, 2, 3, 9}));
  selection_->change({.series_uid = "s", .revision = 6, .final = true, .added = {2}});
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, (std::set<FrameId>{1, 2, 3}));
  EXPECT_TRUE(consumer.final);
}

TEST_F(SelectionTest, WhatIsHeldOfAnotherSeriesMeansNothing) {
  select({1, 2});
  SelectionFeed feed(store_, {.series_uid = "an older one", .holds = {1}});
  Consumer consumer;
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, (std::set<FrameId>{1, 2}));
}

TEST_F(SelectionTest, WhatIsHeldOfAnEarlierSeriesOfTheSameNameMeansNothing) {
  const Parts start{wire::encode(wire::Received{.t_arrival_ns = 7})};
  selection_ = std::make_shared<Selection>("s", start, 1 << 20);
  SelectionStore store;
  store.add(selection_);
  select({1, 2});
  SelectionFeed other(store, {.series_uid = "s", .holds = {1}, .started_ns = 6});
  SelectionFeed same(store, {.series_uid = "s", .holds = {1}, .started_ns = 7});
  const auto added = [](SelectionFeed& feed) {
    feed.next();
    return wire::decode_revision(feed.next()->parts.at(0))->added;
  };
  EXPECT_EQ(added(other), (std::vector<FrameId>{1, 2}));
  EXPECT_EQ(added(same), std::vector<FrameId>{2});
}

TEST_F(SelectionTest, FramesThatLeftTheCacheAreFetchedAgain) {
  auto small = std::make_shared<Selection>("s", text("start"), 0);
  selection_ = small;
  SelectionStore store;
  store.add(small);
  std::vector<FrameId> ids(500);
  std::iota(ids.begin(), ids.end(), 0);
  select(ids);
  small->change({.series_uid = "s", .final = true});
  SelectionFeed feed(store, {});
  Consumer consumer;
  for (int round = 0; round < 1000 && !consumer.final; ++round) {
    consumer.drain(feed);
    fetch();
  }
  EXPECT_EQ(consumer.frames.size(), 500u);
  EXPECT_TRUE(consumer.final);
}

TEST_F(SelectionTest, AskedFramesAreAskedAgainAfterAnInterruption) {
  selection_->change({.series_uid = "s", .added = {7}});
  SelectionFeed feed(store_, {});
  Consumer consumer;
  consumer.drain(feed);
  EXPECT_EQ(selection_->take_wanted(10), std::vector<FrameId>{7});
  EXPECT_TRUE(selection_->take_wanted(10).empty());
  selection_->ask_again();
  fetch();
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, std::set<FrameId>{7});
}

TEST_F(SelectionTest, AFrameThatIngestHasNoMoreHoldsUpNothing) {
  selection_->change({.series_uid = "s", .added = {7, 8}});
  selection_->change({.series_uid = "s", .final = true});
  SelectionFeed feed(store_, {});
  Consumer consumer;
  consumer.drain(feed);
  EXPECT_FALSE(consumer.final);
  selection_->give_up(7);
  selection_->offer(8, text("8"));
  consumer.drain(feed);
  EXPECT_TRUE(consumer.final);
  EXPECT_EQ(consumer.frames, std::set<FrameId>{8});
}

TEST_F(SelectionTest, AConsumerGoesOnWithTheSeriesItWasAt) {
  select({1});
  auto next = std::make_shared<Selection>("t", text("start"), 1 << 20);
  store_.add(next);
  SelectionFeed feed(store_, {.series_uid = "s"});
  Consumer consumer;
  consumer.drain(feed);
  EXPECT_EQ(consumer.frames, std::set<FrameId>{1});
}

TEST(SelectionStore, KeepsTheTwoNewestAndWhatIsStillTold) {
  SelectionStore store;
  for (const char* uid : {"a", "b", "c"}) store.add(std::make_shared<Selection>(uid, text("start"), 0));
  EXPECT_EQ(store.alive().size(), 2u);
  std::size_t number = 0;
  EXPECT_EQ(store.at(number)->series_uid(), "b");
  EXPECT_EQ(number, 1u);
  EXPECT_EQ(store.find("a", number), nullptr);
  const auto held = store.find("b", number);
  store.add(std::make_shared<Selection>("d", text("start"), 0));
  store.add(std::make_shared<Selection>("e", text("start"), 0));
  EXPECT_EQ(store.alive().size(), 3u) << "one is still being told";
}

TEST_F(SelectionTest, AfterTheLastWordComesTheNextSeries) {
  select({1});
  selection_->change({.series_uid = "s", .final = true});
  SelectionFeed feed(store_, {});
  Consumer first, second;
  first.drain(feed);
  ASSERT_TRUE(first.final);
  selection_ = std::make_shared<Selection>("s", text("start"), 1 << 20);
  store_.add(selection_);
  select({5});
  second.drain(feed);
  EXPECT_EQ(second.frames, std::set<FrameId>{5});
}

TEST(SelectionProperty, WhateverHappensTheConsumerEndsWithTheSet) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    auto selection = std::make_shared<Selection>("s", text("start"), random() % 3 * 40);
    SelectionStore store;
    store.add(selection);
    std::set<FrameId> truth;
    auto feed = std::make_unique<SelectionFeed>(store, wire::Hello{});
    Consumer consumer;
    for (int step = 0; step < 200; ++step) {
      wire::RevisionNote note{.series_uid = "s"};
      for (FrameId id = 0; id < 60; ++id) {
        if (random() % 10 != 0) continue;
        if (truth.contains(id)) {
          truth.erase(id);
          note.removed.push_back(id);
        } else {
          truth.insert(id);
          note.added.push_back(id);
          if (random() % 2 == 0) selection->offer(id, text(std::to_string(id)));
        }
      }
      note.final = step == 199;
      selection->change(note);
      for (auto n = random() % 8; n > 0; --n)
        if (auto entry = feed->next()) consumer.take(*entry);
      if (random() % 3 == 0)
        for (FrameId id : selection->take_wanted(8)) selection->offer(id, text(std::to_string(id)));
      if (random() % 20 == 0) {
        // The connection breaks: what was told and not sent is forgotten, what is held is said.
        consumer.told = consumer.frames;
        consumer.started = false;
        feed = std::make_unique<SelectionFeed>(
            store, wire::Hello{.series_uid = "s",
                               .revision = random() % 2 * 7,
                               .holds = {consumer.frames.begin(), consumer.frames.end()}});
        selection->ask_again();
      }
    }
    for (int round = 0; round < 1000 && !consumer.final; ++round) {
      consumer.drain(*feed);
      for (FrameId id : selection->take_wanted(1000)) selection->offer(id, text(std::to_string(id)));
    }
    EXPECT_TRUE(consumer.final) << "seed " << seed;
    EXPECT_EQ(consumer.frames, truth) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ptero::classifier
