// What people say while a scan runs, and a classifier that stops in the middle of it.

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "online_scan.hpp"

namespace ptero::roi {
namespace {

class ChangedScan : public PathAndSeed {};

RoiOptions with(RoiOptions options, RegionShape shape) {
  options.border = shape.border;
  options.fill_in = shape.fill_in;
  return options;
}

TEST_P(ChangedScan, AChangedShapeIsInForceSoonAndEqualsTheBatchAnswerWithIt) {
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
TEST_P(ChangedScan, BadFramesLeaveAtOnceAndTheEndEqualsTheBatchAnswerWithoutThem) {
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

TEST_P(ChangedScan, GoesOnAfterARestoreAsIfNothingHadHappened) {
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
      log.push_back({frame, step.label, step.confidence, step.waited,
                     step.revision ? step.revision->settled : std::vector<Settled>{},
                     std::exchange(reshaped, {}), std::exchange(marked, {})});
  }
  expect_same(whole.finish(), broken->finish());
}

INSTANTIATE_TEST_SUITE_P(Random, ChangedScan, all_paths());

}  // namespace
}  // namespace ptero::roi
