#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <ptero/core/error.hpp>
#include <ptero/roi/online_classifier.hpp>
#include <set>
#include <thread>

#include "online_scan.hpp"

namespace ptero::roi {
namespace {

class OnlineScan : public PathAndSeed {};

// Every revision computes the batch answer of its prefix; the labels in force follow it by a rule of their
// own, and at the end they are it.
TEST_P(OnlineScan, FollowsTheBatchAnswerOfEveryPrefixAndEqualsItAtTheEnd) {
  const auto [path, seed] = GetParam();
  const RandomScan scan = random_scan(path, seed);
  const RoiOptions options = random_options(scan, seed);
  const RevisionOptions revisions{.first = 40, .least_growth = 20, .give_up_after = 16};
  OnlineClassifier online(scan.layout, options, revisions);

  std::set<FrameId> mine;
  std::set<FrameId> seen;
  std::size_t started = 0, revisions_seen = 0;
  std::map<FrameId, InForce> in_force;
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
      std::vector<Settled> settled;
      for (std::size_t k = 0; k < batch.ids.size(); ++k) {
        const FrameId id = batch.ids[k];
        const InForce before = in_force[id];
        const bool unknown = batch.no_contrast && batch.labels[k] == Label::selected;
        InForce& now = in_force[id] = followed(before, batch.labels[k], batch.confidence[k]);
        // Nothing found: nothing changes, or everything is selected.
        if (unknown) now = {*online.label_of(id) == Label::selected ? Label::selected : before.label, false};
        ASSERT_EQ(online.label_of(id), now.label);
        if (now.label != before.label || now.contested != before.contested)
          settled.push_back({id, now.label, now.contested});
      }
      ASSERT_EQ(step.revision->settled, settled);
      started = i + 1;
    } else if (started == 0 && online.watermark() >= revisions.first) {
      started = i + 1;
    }
    if (!step.duplicate) in_force[scan.arrivals[i].id] = {step.label, false};
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
      waiting.erase(over.id);
    }
    if (b.waits) {
      EXPECT_EQ(b.label, Label::pending);
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

INSTANTIATE_TEST_SUITE_P(Random, OnlineScan, all_paths());

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

}  // namespace
}  // namespace ptero::roi
