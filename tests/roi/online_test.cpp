#include <gtest/gtest.h>

#include <future>
#include <ptero/core/error.hpp>
#include <ptero/roi/online_classifier.hpp>
#include <set>

#include "random_scan.hpp"
#include "watermark.hpp"

namespace ptero::roi {
namespace {

std::vector<FrameId> selected_of(const Classification& c) {
  std::vector<FrameId> ids;
  for (std::size_t i = 0; i < c.ids.size(); ++i)
    if (c.labels[i] == Label::selected) ids.push_back(c.ids[i]);
  return ids;
}

/// The batch answer on the first `count` arrivals, ids below `watermark`, put in by id.
Classification batch_on(const RandomScan& scan, std::size_t count, FrameId watermark,
                        const RoiOptions& options) {
  std::map<FrameId, FrameRecord> first;
  for (std::size_t i = 0; i < count; ++i)
    if (scan.arrivals[i].id < watermark) first.try_emplace(scan.arrivals[i].id, scan.arrivals[i]);
  FeatureTable table;
  for (auto& [id, frame] : first) table.add(frame);
  return classify(table, scan.layout, options);
}

RoiOptions random_options(const RandomScan& scan, unsigned seed) {
  std::mt19937 rng(seed);
  return {.mode = rng() % 2 ? Mode::paper : Mode::robust,
          .segments = scan.segments,
          .clusters = 2 + static_cast<int>(rng() % 2),
          .border = static_cast<int>(rng() % 5) - 2,
          .fill_in = rng() % 2 ? FillIn::on : FillIn::off};
}

class OnlineScan : public testing::TestWithParam<std::tuple<Path, unsigned>> {};

TEST_P(OnlineScan, EqualsTheBatchAnswerAtEveryRevisionAndAtTheEnd) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  const RevisionOptions revisions{.first = 40, .least_growth = 20, .give_up_after = 16};
  OnlineClassifier online(scan.layout, options, revisions);

  std::set<FrameId> mine;
  std::set<FrameId> seen;
  std::size_t started = 0, revisions_seen = 0;
  const auto apply = [&](const Revision& revision) {
    for (FrameId id : revision.added) EXPECT_TRUE(mine.insert(id).second);
    for (FrameId id : revision.removed) EXPECT_EQ(mine.erase(id), 1u);
    EXPECT_EQ(revision.number, ++revisions_seen);
  };
  for (std::size_t i = 0; i < scan.arrivals.size(); ++i) {
    const Step step = online.add(scan.arrivals[i]);
    EXPECT_EQ(step.duplicate, !seen.insert(scan.arrivals[i].id).second);
    if (step.revision) {
      apply(*step.revision);
      const Classification batch = batch_on(scan, started, step.revision->watermark, options);
      ASSERT_EQ(step.revision->classification->ids, batch.ids);
      ASSERT_EQ(step.revision->classification->labels, batch.labels);
      ASSERT_EQ(step.revision->classification->set_hash, batch.set_hash);
      for (std::size_t k = 0; k < batch.ids.size(); ++k)
        EXPECT_EQ(online.label_of(batch.ids[k]), batch.labels[k]);
      started = i + 1;
    } else if (started == 0 && online.watermark() >= revisions.first) {
      started = i + 1;
    }
    if (!step.duplicate && step.label == Label::selected) mine.insert(scan.arrivals[i].id);
    ASSERT_EQ(online.set().size(), mine.size());
  }
  EXPECT_GT(revisions_seen, 2u);
  apply(online.finish());
  const Classification batch = batch_on(scan, scan.arrivals.size(), ~FrameId{0}, options);
  EXPECT_EQ(online.set().ids(), selected_of(batch));
  EXPECT_EQ(online.set().ids(), std::vector<FrameId>(mine.begin(), mine.end()));
  EXPECT_EQ(online.set().hash(), batch.set_hash);
}

TEST_P(OnlineScan, ThreadedExecutorChangesNothing) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  std::vector<std::future<void>> tasks;
  OnlineClassifier here(scan.layout, options);
  OnlineClassifier there(scan.layout, options, {}, [&](std::function<void()> task) {
    tasks.push_back(std::async(std::launch::async, std::move(task)));
  });
  const auto same = [](const Revision& a, const Revision& b) {
    EXPECT_EQ(a.number, b.number);
    EXPECT_EQ(a.watermark, b.watermark);
    EXPECT_EQ(a.added, b.added);
    EXPECT_EQ(a.removed, b.removed);
  };
  for (const FrameRecord& frame : scan.arrivals) {
    const Step a = here.add(frame), b = there.add(frame);
    ASSERT_EQ(a.label, b.label);
    ASSERT_EQ(a.confidence, b.confidence);
    ASSERT_EQ(a.revision.has_value(), b.revision.has_value());
    if (a.revision) same(*a.revision, *b.revision);
  }
  same(here.finish(), there.finish());
  EXPECT_EQ(here.set().hash(), there.set().hash());
}

INSTANTIATE_TEST_SUITE_P(Random, OnlineScan,
                         testing::Combine(testing::Values(Path::raster, Path::snake, Path::spiral),
                                          testing::Range(1u, 13u)));

TEST(Online, FirstFramesArePendingUntilARevisionTakesEffect) {
  const RandomScan scan = random_scan(Path::raster, 3);
  OnlineClassifier online(scan.layout, {.mode = Mode::paper, .segments = scan.segments});
  EXPECT_EQ(online.add(scan.arrivals[0]).label, Label::pending);
  EXPECT_EQ(online.set().size(), 0u);
  const Revision end = online.finish();
  EXPECT_EQ(end.number, 1u);
}

TEST(Online, RefusesFeaturesOfAnotherCut) {
  OnlineClassifier online(ScanLayout::scattered(), {.segments = 4});
  EXPECT_THROW(online.add({.id = 0}), InputError);
  EXPECT_THROW(OnlineClassifier(ScanLayout::scattered(), {.segments = 0}), InputError);
  EXPECT_THROW(OnlineClassifier(ScanLayout::scattered(), {.clusters = 1}), InputError);
}

TEST(Watermark, PassesIdsThatCameAndGivesUpAfterLaterOnes) {
  Watermark mark(3);
  mark.arrived(0);
  EXPECT_EQ(mark.value(), 1u);
  mark.arrived(2);
  mark.arrived(3);
  EXPECT_EQ(mark.value(), 1u);
  mark.arrived(9);
  EXPECT_EQ(mark.value(), 4u);
  mark.arrived(1);
  mark.arrived(4);
  EXPECT_EQ(mark.value(), 5u);
}

TEST(RoiSet, HashDependsOnTheIdsAlone) {
  RoiSet a, b;
  for (FrameId id : {5, 70000, 3}) a.insert(id);
  for (FrameId id : {3, 8, 5, 70000}) b.insert(id);
  EXPECT_NE(a.hash(), b.hash());
  EXPECT_TRUE(b.erase(8));
  EXPECT_FALSE(b.erase(8));
  b.set_revision(9);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_EQ(a.hash().size(), 16u);
  EXPECT_EQ(b.ids(), (std::vector<FrameId>{3, 5, 70000}));
}

TEST(FeatureTable, KeepsRowsInPlaceAndTheFirstOfTwo) {
  FeatureTable table;
  table.add({.id = 7, .monitor = 1});
  const FrameRecord* first = &table.row(0);
  for (FrameId id = 100; id < 6000; ++id) table.add({.id = id});
  EXPECT_EQ(first, &table.row(0));
  EXPECT_FALSE(table.add({.id = 7, .monitor = 2}));
  EXPECT_EQ(table.row(0).monitor, 1);
  EXPECT_EQ(table.row(*table.find(5999)).id, 5999u);
  EXPECT_FALSE(table.find(8));
}

}  // namespace
}  // namespace ptero::roi
