#pragma once
// Scans that an online classifier is led through, what it is told on the way, and what it has to equal.

#include <gtest/gtest.h>

#include <map>
#include <ptero/roi/online_classifier.hpp>

#include "random_scan.hpp"

namespace ptero::roi {

inline std::vector<FrameId> selected_of(const Classification& c) {
  std::vector<FrameId> ids;
  for (std::size_t i = 0; i < c.ids.size(); ++i)
    if (c.labels[i] == Label::selected) ids.push_back(c.ids[i]);
  return ids;
}

/// The batch answer on the first `count` arrivals, ids below `watermark`, put in by id.
inline Classification batch_on(const RandomScan& scan, std::size_t count, FrameId watermark,
                               const RoiOptions& options, const BadFrames& bad = {}) {
  std::map<FrameId, FrameRecord> first;
  for (std::size_t i = 0; i < count; ++i)
    if (scan.arrivals[i].id < watermark) first.try_emplace(scan.arrivals[i].id, scan.arrivals[i]);
  FeatureTable table;
  for (auto& [id, frame] : first) table.add(frame);
  return classify(table, scan.layout, options, bad);
}

inline RoiOptions random_options(const RandomScan& scan, unsigned seed) {
  std::mt19937 rng(seed);
  // Odd seeds one mode, even the other: every path is walked in both.
  return {.mode = seed % 2 ? Mode::paper : Mode::robust,
          .segments = scan.segments,
          .clusters = 2 + static_cast<int>(rng() % 2),
          .border = static_cast<int>(rng() % 5) - 2,
          .fill_in = rng() % 2 ? FillIn::on : FillIn::off};
}

inline void expect_same(const Revision& a, const Revision& b) {
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.watermark, b.watermark);
  EXPECT_EQ(a.added, b.added);
  EXPECT_EQ(a.removed, b.removed);
  EXPECT_EQ(a.settled, b.settled);
  EXPECT_EQ(a.classification->labels, b.classification->labels);
  EXPECT_EQ(a.classification->confidence, b.classification->confidence);
  EXPECT_EQ(a.shape, b.shape);
}

inline void expect_same(const Step& a, const Step& b) {
  ASSERT_EQ(a.label, b.label);
  ASSERT_EQ(a.confidence, b.confidence);
  ASSERT_EQ(a.duplicate, b.duplicate);
  ASSERT_EQ(a.waits, b.waits);
  ASSERT_EQ(a.waited.size(), b.waited.size());
  for (std::size_t i = 0; i < a.waited.size(); ++i) {
    ASSERT_EQ(a.waited[i].id, b.waited[i].id);
    ASSERT_EQ(a.waited[i].label, b.waited[i].label);
    ASSERT_EQ(a.waited[i].confidence, b.waited[i].confidence);
  }
  ASSERT_EQ(a.revision.has_value(), b.revision.has_value());
  if (a.revision) expect_same(*a.revision, *b.revision);
}

/// A label in force, and whether the last revision contests it.
struct InForce {
  Label label = Label::pending;
  bool contested = false;
};

/// The rule by which labels in force follow a revision that is not the last, in other words.
inline InForce followed(const InForce& before, Label decided, float confidence) {
  const bool comes = decided == Label::selected && before.label != Label::selected;
  const bool goes = decided == Label::background && before.label == Label::selected;
  if (comes && !before.contested && confidence < 1) return {Label::pending, true};
  if (goes && confidence < 1.0F / 3) return {Label::selected, true};
  return {decided, false};
}

inline RegionShape random_shape(std::mt19937& rng) {
  return {static_cast<int>(rng() % 5) - 2, rng() % 2 ? FillIn::on : FillIn::off};
}

/// A few frames before and after this one; now and then taken back.
inline Mark random_mark(std::mt19937& rng, FrameId near) {
  const FrameId first = near - std::min<FrameId>(near, rng() % 60);
  return {first, first + rng() % 30, rng() % 3 != 0};
}

inline WaitOptions random_wait(unsigned seed) {
  return {.frames = std::vector<std::size_t>{0, 1, 30}[seed % 3], .confidence = seed % 4 < 2 ? 1 : 0.3};
}

/// One kind of path, one seed.
using PathAndSeed = testing::TestWithParam<std::tuple<Path, unsigned>>;
inline auto all_paths() {
  return testing::Combine(testing::Values(Path::raster, Path::snake, Path::spiral, Path::phyllotaxis),
                          testing::Range(1u, 13u));
}

}  // namespace ptero::roi
