#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ptero/core/error.hpp>
#include <ptero/roi/batch.hpp>
#include <random>

#include "decision.hpp"

namespace ptero::roi {
namespace {

struct Scan {
  std::size_t side = 40;
  double photons = 1e6;
  int segments = 8;
  std::function<double(std::size_t row, std::size_t col)> thickness = [](auto, auto) { return 0.0; };
  std::function<double(std::size_t id)> beam = [](auto) { return 1.0; };
  bool with_monitor = false;
};

/// Shot-noise features of a spot 30 pixels wide: thickness absorbs a tenth and moves the segments' centres.
FeatureTable simulate(const Scan& scan) {
  std::mt19937 rng(11);
  std::normal_distribution<double> normal;
  FeatureTable table;
  for (std::size_t id = 0; id < scan.side * scan.side; ++id) {
    const double t = scan.thickness(id / scan.side, id % scan.side);
    FrameRecord frame{.id = id};
    if (scan.with_monitor) frame.monitor = 7 * scan.beam(id);
    for (int s = 0; s < scan.segments; ++s) {
      const double mean = scan.photons / scan.segments * scan.beam(id) * (1 - 0.1 * t);
      const double total = mean + std::sqrt(mean) * normal(rng), sigma = 30 / std::sqrt(mean);
      frame.features.segments.push_back(
          {total, 128 + t * std::cos(s) + sigma * normal(rng), 128 + t * std::sin(s) + sigma * normal(rng)});
      frame.features.whole.total += total;
    }
    table.add(frame);
  }
  return table;
}

Classification decide(const Scan& scan, Mode mode = Mode::robust) {
  return classify(simulate(scan), ScanLayout::raster({.rows = scan.side, .cols = scan.side}),
                  {.mode = mode, .segments = scan.segments});
}

double disc(std::size_t row, std::size_t col, double radius) {
  return std::hypot(static_cast<double>(row) - 20, static_cast<double>(col) - 15) < radius ? 1.0 : 0.0;
}

TEST(Robust, EmptyFieldHasNoContrast) {
  for (int segments : {1, 8, 40}) {
    const Classification result = decide({.segments = segments});
    EXPECT_TRUE(result.no_contrast) << segments;
    EXPECT_EQ(result.fraction, 1);
    EXPECT_EQ(result.flags(), std::vector<std::string>{"no_contrast"});
  }
}

TEST(Robust, FindsTheObjectAndLittleElse) {
  for (int segments : {1, 8, 40}) {
    const Scan scan{.segments = segments, .thickness = [](auto r, auto c) { return disc(r, c, 8); }};
    const Classification result = decide(scan);
    double inside = 0, found = 0, outside = 0, noise = 0;
    for (std::size_t id = 0; id < result.ids.size(); ++id) {
      const bool selected = result.labels[id] == Label::selected;
      if (disc(id / 40, id % 40, 8) > 0) {
        ++inside;
        found += selected;
      } else if (disc(id / 40, id % 40, 10) == 0) {
        ++outside;
        noise += selected;
      }
    }
    EXPECT_EQ(found, inside) << segments;
    EXPECT_LT(noise / outside, 0.02) << segments;
  }
}

TEST(Robust, PhaseAloneIsEnough) {
  // Scattering moves the centres by a pixel in opposite directions, T and the whole centre say nothing.
  Scan scan{.thickness = [](auto r, auto c) { return disc(r, c, 6); }};
  FeatureTable with = simulate(scan), table;
  for (std::size_t i = 0; i < with.size(); ++i) {
    FrameRecord frame = with.row(i);
    frame.features.whole.total = 1e6;
    table.add(frame);
  }
  const Classification result =
      classify(table, ScanLayout::raster({.rows = 40, .cols = 40}), {.segments = 8});
  EXPECT_FALSE(result.no_contrast);
  EXPECT_EQ(result.labels[20 * 40 + 15], Label::selected);
  EXPECT_EQ(result.labels[5 * 40 + 35], Label::background);
}

/// The scan with a disc whose frames push one segment each by four of its sigmas, every frame another one.
FeatureTable with_moving_shadow(const FeatureTable& plain) {
  FeatureTable table;
  for (std::size_t id = 0; id < plain.size(); ++id) {
    FrameRecord frame = plain.row(id);
    if (disc(id / 40, id % 40, 5) > 0)
      frame.features.segments[(id * 5 + id / 40 * 3) % 8].com_x += 4 * 30 / std::sqrt(1e6 / 8);
    table.add(frame);
  }
  return table;
}

double share_of_disc(const Classification& result, double radius) {
  double inside = 0, found = 0;
  for (std::size_t id = 0; id < result.ids.size(); ++id) {
    if (disc(id / 40, id % 40, radius) == 0) continue;
    ++inside;
    found += result.labels[id] == Label::selected;
  }
  return found / inside;
}

TEST(Robust, AShadowThatMovesFromFrameToFrameIsFound) {
  const Classification result = classify(with_moving_shadow(simulate({})),
                                         ScanLayout::raster({.rows = 40, .cols = 40}), {.segments = 8});
  EXPECT_FALSE(result.no_contrast);
  EXPECT_GT(share_of_disc(result, 5), 0.85);
  EXPECT_LT(result.fraction, 0.1);
  EXPECT_GT(result.cuts[2].votes, 2 * result.cuts[1].votes) << "the shadow averages out of 3 x 3 means";
}

TEST(Robust, SingleFramesDoNotVoteOnABackgroundWithAStructureOfItsOwn) {
  std::mt19937 rng(5);
  std::normal_distribution<double> normal;
  FeatureTable plain = simulate({}), rough;
  for (std::size_t id = 0; id < plain.size(); ++id) {
    FrameRecord frame = plain.row(id);
    // Four times the shot noise of a segment, so that its variance is the larger part.
    for (auto& segment : frame.features.segments) segment.total += 4 * std::sqrt(1e6 / 8) * normal(rng);
    rough.add(frame);
  }
  const auto layout = ScanLayout::raster({.rows = 40, .cols = 40});
  EXPECT_TRUE(std::isfinite(classify(plain, layout, {.segments = 8}).cuts[2].threshold));
  EXPECT_TRUE(std::isnan(classify(rough, layout, {.segments = 8}).cuts[2].threshold));
}

TEST(Robust, ASegmentsShareOfTheCountsCounts) {
  // Counts move from one half of the pattern to the other; the whole and every centre of mass stay.
  FeatureTable plain = simulate({}), table;
  for (std::size_t id = 0; id < plain.size(); ++id) {
    FrameRecord frame = plain.row(id);
    const double moved = 3 * std::sqrt(1e6 / 8) * disc(id / 40, id % 40, 6);
    for (std::size_t s = 0; s < 8; ++s) frame.features.segments[s].total += s < 4 ? moved : -moved;
    table.add(frame);
  }
  const Classification result =
      classify(table, ScanLayout::raster({.rows = 40, .cols = 40}), {.segments = 8});
  EXPECT_GT(share_of_disc(result, 6), 0.95);
  EXPECT_LT(result.fraction, 0.15);
}

TEST(Robust, OneSegmentIsCutWhereNoiseEnds) {
  // Six sigmas of a 3 x 3 mean: out of noise's reach, and of a cut on the logarithm too.
  FeatureTable plain = simulate({.segments = 1}), table;
  for (std::size_t id = 0; id < plain.size(); ++id) {
    FrameRecord frame = plain.row(id);
    frame.features.segments[0].com_x += 6 * 30 / std::sqrt(9e6) * disc(id / 40, id % 40, 6);
    table.add(frame);
  }
  const Classification result =
      classify(table, ScanLayout::raster({.rows = 40, .cols = 40}), {.segments = 1});
  EXPECT_GT(share_of_disc(result, 5), 0.95);
  EXPECT_LT(result.fraction, 0.12);
}

TEST(Robust, MonitorTakesAnIntensityDriftAway) {
  const auto beam = [](std::size_t id) { return 1 + 0.2 * std::sin(static_cast<double>(id) / 300); };
  EXPECT_TRUE(decide({.beam = beam, .with_monitor = true}).no_contrast);
}

TEST(Robust, ADriftWithoutAMonitorIsNotAnObject) {
  for (double size : {0.004, 0.05}) {
    const auto beam = [size](std::size_t id) { return 1 + size * std::sin(static_cast<double>(id) / 300); };
    EXPECT_TRUE(decide({.photons = 3e6, .beam = beam}).no_contrast) << size;
  }
}

TEST(Robust, DarkFramesAreExcludedAndChangeNothing) {
  Scan scan{.thickness = [](auto r, auto c) { return disc(r, c, 8); }};
  const Classification without = decide(scan);
  scan.beam = [](std::size_t id) { return id == 3 || id == 700 || id == 1500 ? 1e-4 : 1.0; };
  for (Mode mode : {Mode::paper, Mode::robust}) {
    const Classification with = decide(scan, mode);
    EXPECT_EQ(with.count(Label::dark), 3u);
    EXPECT_EQ(with.labels[700], Label::dark);
    EXPECT_EQ(with.labels[20 * 40 + 15], Label::selected);
    if (mode == Mode::robust) {
      EXPECT_NEAR(with.fraction, without.fraction, 0.01);
    }
  }
}

Label label_in(const Classification& result, FrameId id) {
  return result.labels[static_cast<std::size_t>(id)];
}

/// Frames whose labels differ, but for `apart`.
std::size_t differing(const Classification& a, const Classification& b, FrameId apart) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.ids.size(); ++i) count += a.ids[i] != apart && a.labels[i] != b.labels[i];
  return count;
}

/// One frame of the scan with a disc, changed.
FeatureTable with_one_changed(const Scan& scan, FrameId id, const std::function<void(FrameRecord&)>& change) {
  FeatureTable plain = simulate(scan), table;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    FrameRecord frame = plain.row(i);
    if (frame.id == id) change(frame);
    table.add(frame);
  }
  return table;
}

void brighten(FrameRecord& frame, double factor) {
  frame.features.whole.total *= factor;
  for (auto& segment : frame.features.segments) segment.total *= factor;
}

class OneBadFrame : public testing::TestWithParam<std::tuple<Mode, FrameId, bool>> {
 protected:
  const Mode mode = std::get<0>(GetParam());
  const FrameId id = std::get<1>(GetParam());
  const Scan scan{.thickness = [](auto r, auto c) { return disc(r, c, 8); },
                  .with_monitor = std::get<2>(GetParam())};
  const ScanLayout layout = ScanLayout::raster({.rows = 40, .cols = 40});
  const Classification sound = decide(scan, mode);

  Classification with(const std::function<void(FrameRecord&)>& change) const {
    return classify(with_one_changed(scan, id, change), layout, {.mode = mode, .segments = 8});
  }
};

TEST_P(OneBadFrame, FiftyTimesTooBrightIsExcludedAndNothingTurnsOver) {
  for (const double factor : {4.0, 50.0, 1e30}) {
    const Classification result = with([factor](FrameRecord& frame) { brighten(frame, factor); });
    EXPECT_EQ(label_in(result, id), Label::outlying);
    // Its neighbours average over eight frames instead of nine, and thresholds move by what one frame weighs.
    EXPECT_LE(differing(result, sound, id), 12u) << factor;
    EXPECT_EQ(result.flags(), std::vector<std::string>{"outlying_frames"});
  }
}

TEST_P(OneBadFrame, AMonitorReadingThatContradictsTheCountsIsNotUsed) {
  if (!scan.with_monitor) GTEST_SKIP() << "no monitor";
  for (const double factor : {0.01, 0.2, 100.0}) {
    const Classification result = with([factor](FrameRecord& frame) { *frame.monitor *= factor; });
    EXPECT_EQ(result.monitors_ignored, 1u) << factor;
    EXPECT_LE(differing(result, sound, 0), 12u) << factor;
    EXPECT_EQ(result.flags(), std::vector<std::string>{"monitor_readings_ignored"});
  }
}

TEST_P(OneBadFrame, ABeamThatWasBrighterIsNoneWhereTheMonitorSaysSo) {
  if (!scan.with_monitor) GTEST_SKIP() << "no monitor";
  const Classification result = with([](FrameRecord& frame) {
    brighten(frame, 10);
    *frame.monitor *= 10;
  });
  EXPECT_EQ(result.flags(), std::vector<std::string>());
  EXPECT_LE(differing(result, sound, id), 12u);
}

INSTANTIATE_TEST_SUITE_P(Modes, OneBadFrame,
                         testing::Combine(testing::Values(Mode::paper, Mode::robust),
                                          testing::Values(FrameId{20 * 40 + 15}, FrameId{5 * 40 + 35}),
                                          testing::Bool()));

TEST(Threshold, APersonCutsTheCountsOfTheWholePattern) {
  // The disc absorbs a tenth.
  const FeatureTable table = simulate({.thickness = [](auto r, auto c) { return disc(r, c, 6); }});
  const auto layout = ScanLayout::raster({.rows = 40, .cols = 40});
  const auto at = [&](double share) {
    return classify(table, layout, {.mode = Mode::threshold, .threshold = share});
  };
  // A neighbourhood has lost a twentieth where half of it lies in the disc.
  EXPECT_EQ(at(0.85).count(Label::selected), 0u);
  EXPECT_FALSE(at(0.85).no_contrast) << "what a person asks for is not overruled";
  const Classification half = at(0.95);
  EXPECT_EQ(half.labels[20 * 40 + 15], Label::selected);
  EXPECT_EQ(half.labels[20 * 40 + 30], Label::background);
  EXPECT_GT(share_of_disc(half, 5), 0.99);
  EXPECT_LT(half.count(Label::selected), at(0.98).count(Label::selected));
}

TEST(Threshold, MustBeAShare) {
  for (const double share : {0.0, 1.0, -3.0})
    EXPECT_THROW(check(RoiOptions{.mode = Mode::threshold, .threshold = share}), InputError) << share;
}

}  // namespace
}  // namespace ptero::roi
