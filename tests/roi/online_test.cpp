#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <ptero/core/error.hpp>
#include <ptero/roi/online_classifier.hpp>
#include <set>
#include <thread>

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
                        const RoiOptions& options, const BadFrames& bad = {}) {
  std::map<FrameId, FrameRecord> first;
  for (std::size_t i = 0; i < count; ++i)
    if (scan.arrivals[i].id < watermark) first.try_emplace(scan.arrivals[i].id, scan.arrivals[i]);
  FeatureTable table;
  for (auto& [id, frame] : first) table.add(frame);
  return classify(table, scan.layout, options, bad);
}

RoiOptions random_options(const RandomScan& scan, unsigned seed) {
  std::mt19937 rng(seed);
  // Odd seeds one mode, even the other: every path is walked in both.
  return {.mode = seed % 2 ? Mode::paper : Mode::robust,
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

void expect_same(const Revision& a, const Revision& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.watermark, b.watermark);
  EXPECT_EQ(a.added, b.added);
  EXPECT_EQ(a.removed, b.removed);
  EXPECT_EQ(a.classification->labels, b.classification->labels);
  EXPECT_EQ(a.classification->confidence, b.classification->confidence);
  EXPECT_EQ(a.shape, b.shape);
}

RegionShape random_shape(std::mt19937& rng) {
  return {static_cast<int>(rng() % 5) - 2, rng() % 2 ? FillIn::on : FillIn::off};
}

RoiOptions with(RoiOptions options, RegionShape shape) {
  options.border = shape.border;
  options.fill_in = shape.fill_in;
  return options;
}

/// A few frames before and after this one; now and then taken back.
Mark random_mark(std::mt19937& rng, FrameId near) {
  const FrameId first = near - std::min<FrameId>(near, rng() % 60);
  return {first, first + rng() % 30, rng() % 3 != 0};
}

void expect_same(const Step& a, const Step& b) {
  ASSERT_EQ(a.label, b.label);
  ASSERT_EQ(a.confidence, b.confidence);
  ASSERT_EQ(a.duplicate, b.duplicate);
  ASSERT_EQ(a.waited.size(), b.waited.size());
  for (std::size_t i = 0; i < a.waited.size(); ++i) {
    ASSERT_EQ(a.waited[i].id, b.waited[i].id);
    ASSERT_EQ(a.waited[i].label, b.waited[i].label);
    ASSERT_EQ(a.waited[i].confidence, b.waited[i].confidence);
  }
  ASSERT_EQ(a.revision.has_value(), b.revision.has_value());
  if (a.revision) expect_same(*a.revision, *b.revision);
}

WaitOptions random_wait(unsigned seed) {
  return {.frames = std::vector<std::size_t>{0, 1, 30}[seed % 3], .confidence = seed % 4 < 2 ? 1 : 0.3};
}

TEST_P(OnlineScan, AChangedShapeIsInForceSoonAndEqualsTheBatchAnswerWithIt) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  RoiOptions options = random_options(scan, seed);
  const RevisionOptions revisions{.first = 40, .growth = 0.5, .least_growth = 20, .give_up_after = 16};
  OnlineClassifier online(scan.layout, options, revisions);
  std::mt19937 rng(seed);
  std::set<FrameId> mine;
  std::size_t changes_in_force = 0, started = 0;
  FrameId due = ~FrameId{0};  // watermark at which the newest change is in force at the latest
  for (std::size_t i = 0; i < scan.arrivals.size(); ++i) {
    if (rng() % 70 == 0) {
      const RegionShape shape = random_shape(rng);
      const bool news = !(shape == online.shape());
      online.reshape(shape);
      // The watermark jumps over what was late or is given up.
      if (news && online.watermark() >= revisions.first)
        due = online.watermark() + 1 + revisions.least_growth + 100;
    }
    const Step step = online.add(scan.arrivals[i]);
    if (step.revision) {
      for (FrameId id : step.revision->added) EXPECT_TRUE(mine.insert(id).second);
      for (FrameId id : step.revision->removed) EXPECT_EQ(mine.erase(id), 1u);
      const Classification batch =
          batch_on(scan, started, step.revision->watermark, with(options, step.revision->shape));
      ASSERT_EQ(step.revision->classification->labels, batch.labels);
      EXPECT_EQ(online.shape_in_force(), step.revision->shape);
      started = i + 1;
      if (due != ~FrameId{0} && step.revision->shape == online.shape()) {
        due = ~FrameId{0};
        ++changes_in_force;
      }
    } else if (started == 0 && online.watermark() >= revisions.first) {
      started = i + 1;
    }
    if (!step.duplicate && step.label == Label::selected) mine.insert(scan.arrivals[i].id);
    ASSERT_LE(online.watermark(), due);
  }
  EXPECT_GT(changes_in_force, 0u);
  const RegionShape last = online.shape();
  online.finish();
  const Classification batch = batch_on(scan, scan.arrivals.size(), ~FrameId{0}, with(options, last));
  EXPECT_EQ(online.set().ids(), selected_of(batch));
}

// Frames that a person marked are out at once and for good, come what may, and the rest is the batch answer
// without them; frames taken back come into it again.
TEST_P(OnlineScan, BadFramesLeaveAtOnceAndTheEndEqualsTheBatchAnswerWithoutThem) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  OnlineClassifier online(scan.layout, options, {.first = 40, .least_growth = 20, .give_up_after = 16},
                          inline_executor(), random_wait(seed));
  std::mt19937 rng(seed);
  std::set<FrameId> mine;
  BadFrames bad;
  for (const FrameRecord& frame : scan.arrivals) {
    if (rng() % 40 == 0) {
      const Mark mark = random_mark(rng, frame.id);
      bad.apply(mark);
      for (const Labelled& changed : online.mark(mark)) {
        EXPECT_EQ(changed.label, mark.bad ? Label::bad : Label::pending);
        EXPECT_EQ(online.label_of(changed.id), changed.label);
        mine.erase(changed.id);
      }
    }
    const Step step = online.add(frame);
    if (step.revision) {
      for (FrameId id : step.revision->added) EXPECT_TRUE(mine.insert(id).second);
      for (FrameId id : step.revision->removed) EXPECT_EQ(mine.erase(id), 1u);
    }
    if (!step.duplicate && step.label == Label::selected) mine.insert(frame.id);
    for (const Labelled& over : step.waited)
      if (over.label == Label::selected) mine.insert(over.id);
    ASSERT_EQ(online.set().ids(), std::vector<FrameId>(mine.begin(), mine.end()));
    for (FrameId id : mine) ASSERT_FALSE(bad.contains(id));
  }
  EXPECT_EQ(online.bad().ranges(), bad.ranges());
  online.finish();
  const Classification batch = batch_on(scan, scan.arrivals.size(), ~FrameId{0}, options, bad);
  EXPECT_EQ(online.set().ids(), selected_of(batch));
  EXPECT_EQ(online.set().hash(), batch.set_hash);
  EXPECT_GT(batch.count(Label::bad), 0u);
  for (std::size_t k = 0; k < batch.ids.size(); ++k)
    ASSERT_EQ(online.label_of(batch.ids[k]), batch.labels[k]);
}

// As many threads as there are computations at a time, that start and end when they like.
TEST_P(OnlineScan, IsTheSameAtAnySpeedAndNumberOfThreads) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  const WaitOptions wait = random_wait(seed);
  OnlineClassifier here(scan.layout, options, {}, inline_executor(), wait);
  std::vector<std::future<void>> tasks;
  OnlineClassifier there(
      scan.layout, options, {},
      [&](std::function<void()> task) {
        tasks.push_back(std::async(std::launch::async, [task = std::move(task), delay = tasks.size() % 3] {
          std::this_thread::sleep_for(std::chrono::microseconds(500 * delay));
          task();
        }));
      },
      wait);
  std::mt19937 rng(seed);
  for (const FrameRecord& frame : scan.arrivals) {
    if (rng() % 100 == 0) std::this_thread::sleep_for(std::chrono::microseconds(rng() % 1000));
    expect_same(here.add(frame), there.add(frame));
  }
  expect_same(here.finish(), there.finish());
  EXPECT_EQ(here.set().hash(), there.set().hash());
}

TEST_P(OnlineScan, GoesOnAfterARestoreAsIfNothingHadHappened) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  const WaitOptions wait = random_wait(seed);
  std::mt19937 rng(seed);
  OnlineClassifier whole(scan.layout, options, {}, inline_executor(), wait);
  auto broken =
      std::make_unique<OnlineClassifier>(scan.layout, options, RevisionOptions{}, inline_executor(), wait);
  std::vector<PastStep> log;
  std::vector<RegionShape> reshaped;  // since the last frame of the log
  std::vector<Mark> marked;
  for (const FrameRecord& frame : scan.arrivals) {
    if (rng() % 20 == 0) {
      broken = std::make_unique<OnlineClassifier>(scan.layout, options, RevisionOptions{}, inline_executor(),
                                                  wait);
      auto next = log.begin();
      broken->restore([&] { return next == log.end() ? std::nullopt : std::optional(*next++); });
      for (const RegionShape& shape : reshaped) broken->reshape(shape);
      for (const Mark& mark : marked) broken->mark(mark);
      EXPECT_EQ(broken->shape(), whole.shape());
      EXPECT_EQ(broken->set().ids(), whole.set().ids());
      EXPECT_EQ(broken->set().revision(), whole.set().revision());
      EXPECT_EQ(broken->watermark(), whole.watermark());
      for (const PastStep& past : log) {
        ASSERT_EQ(broken->label_of(past.record.id), whole.label_of(past.record.id));
        ASSERT_EQ(broken->confidence_of(past.record.id), whole.confidence_of(past.record.id));
      }
    }
    if (rng() % 100 == 0) {
      reshaped.push_back(random_shape(rng));
      whole.reshape(reshaped.back());
      broken->reshape(reshaped.back());
    }
    if (rng() % 40 == 0) {
      marked.push_back(random_mark(rng, frame.id));
      whole.mark(marked.back());
      broken->mark(marked.back());
    }
    const Step step = broken->add(frame);
    expect_same(whole.add(frame), step);
    if (!step.duplicate)
      log.push_back({frame, step.label, step.confidence, step.waited, std::exchange(reshaped, {}),
                     std::exchange(marked, {})});
  }
  expect_same(whole.finish(), broken->finish());
}

// Waiting changes first labels, and neither the revisions nor the end.
TEST_P(OnlineScan, WaitingChangesFirstLabelsAlone) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  constexpr std::size_t frames = 35;
  OnlineClassifier at_once(scan.layout, options);
  OnlineClassifier patient(scan.layout, options, {}, inline_executor(),
                           {.frames = frames, .confidence = 0.5});
  std::map<FrameId, std::size_t> waiting;  // since which arrival
  std::size_t arrived = 0, waits = 0;
  for (const FrameRecord& frame : scan.arrivals) {
    const Step a = at_once.add(frame), b = patient.add(frame);
    if (b.duplicate) continue;
    ++arrived;
    ASSERT_EQ(a.revision.has_value(), b.revision.has_value());
    if (b.revision) {
      EXPECT_EQ(a.revision->classification->labels, b.revision->classification->labels);
      for (FrameId id : b.revision->classification->ids) waiting.erase(id);
    }
    for (const Labelled& over : b.waited) {
      ASSERT_TRUE(waiting.contains(over.id));
      EXPECT_EQ(arrived - waiting[over.id], frames);
      EXPECT_NE(over.label, Label::pending);
      waiting.erase(over.id);
    }
    if (b.label == Label::pending && a.label != Label::pending) {
      EXPECT_LT(a.confidence, 0.5);
      waiting[frame.id] = arrived;
      ++waits;
    } else {
      EXPECT_EQ(a.label, b.label);
      EXPECT_EQ(a.confidence, b.confidence);
    }
    for (const auto& [id, since] : waiting) ASSERT_LT(arrived - since, frames);
  }
  if (!at_once.finish().classification->no_contrast) {
    EXPECT_GT(waits, 0u);
  }
  EXPECT_EQ(patient.finish().classification->labels.size(), arrived);
  EXPECT_EQ(at_once.set().hash(), patient.set().hash());
}

INSTANTIATE_TEST_SUITE_P(Random, OnlineScan,
                         testing::Combine(testing::Values(Path::raster, Path::snake, Path::spiral,
                                                          Path::phyllotaxis),
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

// A frame on the edge of an object, in the first row: its neighbours below come a row later and decide.
TEST(Online, AFrameThatWaitsIsJudgedWithTheNeighboursThatCameMeanwhile) {
  const RasterPlan plan{.rows = 20, .cols = 20};
  std::mt19937 rng(4);
  std::vector<FrameRecord> frames;
  for (FrameId id = 0; id < plan.count(); ++id)
    frames.push_back(random_frame(id, {}, id / 20 > 10 && id % 20 > 5 && id % 20 < 14 ? 1 : 0, 1, rng));
  const RoiOptions options{.mode = Mode::threshold, .threshold = 0.97, .segments = 1};
  const auto wrong_at_first = [&](WaitOptions wait) {
    OnlineClassifier online(ScanLayout::raster(plan), options, {}, inline_executor(), wait);
    std::map<FrameId, Label> first;
    for (const auto& frame : frames) {
      const Step step = online.add(frame);
      if (step.revision)
        for (FrameId id : step.revision->classification->ids) first.try_emplace(id, *online.label_of(id));
      for (const Labelled& over : step.waited) first.try_emplace(over.id, over.label);
      if (step.label != Label::pending) first.try_emplace(frame.id, step.label);
    }
    const auto end = online.finish();
    std::size_t wrong = 0;
    for (const auto& [id, label] : first) wrong += label != *online.label_of(id);
    return wrong;
  };
  EXPECT_GT(wrong_at_first({}), 0u);
  EXPECT_LT(wrong_at_first({.frames = 22}), wrong_at_first({}));
  EXPECT_THROW(
      OnlineClassifier(ScanLayout::raster(plan), options, {}, inline_executor(), {.confidence = 1.5}),
      InputError);
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
