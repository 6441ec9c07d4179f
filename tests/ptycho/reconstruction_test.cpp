#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <random>

#include "expectations.hpp"

namespace ptero::ptycho {
namespace {

// What the true object and probe leave: shot noise.
double floor_of(const simulated::Scan& scan) {
  ErrorSums sums;
  for (std::size_t i = 0; i < scan.patterns.size(); ++i) {
    const Image<Complex> field = simulated::detected(scan, scan.positions[i]);
    const Image<float> amplitude = amplitudes(scan.patterns[i], scan.n);
    for (std::size_t k = 0; k < field.size(); ++k)
      sums.residual += std::pow(double{std::abs(field.data()[k]) - amplitude.data()[k]}, 2);
    sums.intensity += scan.patterns[i].counts;
  }
  return sums.amplitude_error();
}

TEST(Reconstruction, ReachesTheShotNoiseInSixEpochs) {
  const simulated::Scan scan = simulated::scan({.photons = 1e5});
  Reconstruction reconstruction(options_for(scan));
  add(reconstruction, scan, 0, scan.patterns.size());
  double first = 0, last = 0;
  for (int epoch = 0; epoch < 6; ++epoch) {
    const RunReport report = reconstruction.run_epoch();
    ASSERT_EQ(report.status, RunStatus::ok);
    EXPECT_EQ(report.patterns, scan.patterns.size());
    (epoch == 0 ? first : last) = report.amplitude_error;
    if (std::getenv("PTERO_KEEP") != nullptr)
      std::printf("%d %.6f object %.4f floor %.6f\n", epoch, report.amplitude_error,
                  object_error(scan, reconstruction.snapshot()), floor_of(scan));
  }
  EXPECT_LT(last, 0.25 * first);
  EXPECT_LT(reconstruction.evaluate(), 1.25 * floor_of(scan));
  EXPECT_LT(object_error(scan, reconstruction.snapshot()), 0.04);
}

TEST(Reconstruction, SubPixelShiftsAreNeededWherePositionsAreNotWhole) {
  const simulated::Scan scan = simulated::scan({});
  ReconstructionOptions options = options_for(scan);
  Reconstruction with(options);
  options.subpixel = false;
  Reconstruction without(options);
  for (Reconstruction* r : {&with, &without}) {
    add(*r, scan, 0, scan.patterns.size());
    for (int epoch = 0; epoch < 15; ++epoch) r->run_epoch();
  }
  EXPECT_LT(with.evaluate(), 0.8 * without.evaluate());
}

TEST(Reconstruction, InThreeInstalmentsEndsWhereAllAtOnceDoes) {
  const simulated::Scan scan = simulated::scan({});
  const std::size_t count = scan.patterns.size();
  Reconstruction whole(options_for(scan)), growing(options_for(scan));
  add(whole, scan, 0, count);
  for (int epoch = 0; epoch < 15; ++epoch) whole.run_epoch();
  for (std::size_t part = 0; part < 3; ++part) {
    add(growing, scan, part * count / 3, (part + 1) * count / 3);
    const int epochs = part < 2 ? 4 : 10;
    for (int epoch = 0; epoch < epochs; ++epoch) ASSERT_EQ(growing.run_epoch().status, RunStatus::ok);
  }
  EXPECT_NEAR(growing.evaluate() / whole.evaluate(), 1, 0.05);
  EXPECT_EQ(growing.snapshot().object.shape(), whole.snapshot().object.shape());
}

TEST(Reconstruction, KeepsUpWithFramesThatComeBetweenBatches) {
  const simulated::Scan scan = simulated::scan({});
  Reconstruction reconstruction(options_for(scan));
  for (std::size_t i = 0; i < scan.patterns.size(); ++i) {
    add(reconstruction, scan, i, i + 1);
    ASSERT_EQ(reconstruction.run_batch().status, RunStatus::ok);
  }
  EXPECT_GT(reconstruction.epochs(), 10u);
  EXPECT_LT(reconstruction.evaluate(), 2 * floor_of(scan));
}

TEST(Reconstruction, GrowthLeavesTheConvergedPartAlone) {
  const simulated::Scan scan = simulated::scan({});
  Reconstruction reconstruction(options_for(scan));
  add(reconstruction, scan, 0, 72);
  for (int epoch = 0; epoch < 6; ++epoch) reconstruction.run_epoch();
  const Snapshot before = reconstruction.snapshot();
  ASSERT_TRUE(reconstruction.add_pattern(500, scan.patterns[80], {.x_m = 300, .y_m = -200}));
  const Snapshot after = reconstruction.snapshot();
  EXPECT_EQ(after.last_frame, 500u);
  EXPECT_EQ(after.frames, 73u);
  ASSERT_GT(after.object.cols(), before.object.cols());
  const auto down =
      static_cast<std::size_t>(std::llround((before.centre.y_m - double(before.object.rows()) / 2) -
                                            (after.centre.y_m - double(after.object.rows()) / 2)));
  EXPECT_EQ(after.object(down + 40, 40), before.object(40, 40));
  EXPECT_EQ(after.coverage(down + 40, 40), before.coverage(40, 40));
}

TEST(Reconstruction, ProbeFromTheDataAloneConverges) {
  const simulated::Scan scan = simulated::scan({});
  ReconstructionOptions options = options_for(scan);
  options.probe.reset();
  options.defocus_phase = defocus_phase(40e-6, 1e-10, 10e-9);
  Reconstruction reconstruction(options);
  add(reconstruction, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 15; ++epoch) reconstruction.run_epoch();
  EXPECT_LT(reconstruction.evaluate(), 2 * floor_of(scan));
}

TEST(Reconstruction, WorksFromAHandfulOfFrames) {
  const simulated::Scan scan = simulated::scan({});
  Reconstruction reconstruction(options_for(scan));
  EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::no_frames);
  EXPECT_TRUE(reconstruction.snapshot().object.empty());
  add(reconstruction, scan, 0, 1);
  EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
  add(reconstruction, scan, 1, 6);
  double error = 1;
  for (int epoch = 0; epoch < 10; ++epoch) error = reconstruction.run_epoch().amplitude_error;
  EXPECT_LT(error, 0.05);
  EXPECT_EQ(reconstruction.epochs(), 11u);
}

TEST(Reconstruction, FramesLeaveAndAllMayLeave) {
  const simulated::Scan scan = simulated::scan({});
  Reconstruction reconstruction(options_for(scan));
  add(reconstruction, scan, 0, 40);
  reconstruction.run_epoch();
  std::vector<FrameId> ids{3, 999};
  EXPECT_EQ(reconstruction.remove_frames(ids), 1u);
  EXPECT_FALSE(reconstruction.contains(3));
  EXPECT_EQ(reconstruction.run_epoch().patterns % 39, 0u);
  ids.clear();
  for (FrameId id = 0; id < 40; ++id) ids.push_back(id);
  EXPECT_EQ(reconstruction.remove_frames(ids), 39u);
  EXPECT_EQ(reconstruction.run_batch().status, RunStatus::no_frames);
  EXPECT_EQ(reconstruction.evaluate(), 0);
  EXPECT_TRUE(reconstruction.snapshot().object.empty());
  add(reconstruction, scan, 0, 40);
  EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
}

TEST(Reconstruction, RefusesFramesByReason) {
  const simulated::Scan scan = simulated::scan({.side = 2});
  Reconstruction reconstruction(options_for(scan));
  add(reconstruction, scan, 0, 1);
  const Pattern& good = scan.patterns[1];
  EXPECT_EQ(reconstruction.add_pattern(0, good, {}).reason(), IntakeFault::duplicate_id);
  EXPECT_EQ(reconstruction.add_pattern(1, good, {.x_m = NAN}).reason(), IntakeFault::bad_position);
  EXPECT_EQ(reconstruction.add_pattern(1, good, {.x_m = 1e8, .y_m = 1e8}).reason(),
            IntakeFault::bad_position);
  EXPECT_EQ(reconstruction.add_pattern(1, {}, {}).reason(), IntakeFault::wrong_shape);
  Pattern dark = good;
  dark.counts = 0;
  EXPECT_EQ(reconstruction.add_pattern(1, dark, {}).reason(), IntakeFault::no_counts);

  const std::vector<std::uint16_t> pixels(70 * 70, 3);
  const auto bytes = std::as_bytes(std::span(pixels));
  EXPECT_TRUE(reconstruction.add_frame(1, {bytes, {70, 70}, Dtype::u16}, {}));
  EXPECT_EQ(reconstruction.add_frame(2, {bytes, {35, 140}, Dtype::u16}, {}).reason(),
            IntakeFault::wrong_shape);
  EXPECT_EQ(reconstruction.frames(), 2u);
}

TEST(Reconstruction, GoesOnFromItsLastGoodStateWhereItDiverges) {
  const simulated::Scan scan = simulated::scan({.n = 32, .side = 8, .step = 3});
  Reconstruction reconstruction(options_for(scan));
  add(reconstruction, scan, 0, 60);
  for (int epoch = 0; epoch < 20; ++epoch) ASSERT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
  const double good = reconstruction.evaluate();
  // One absurd pattern ruins the step of every batch it is in.
  Image<float> amplitude(Shape{32, 32}, 1e15F);
  ASSERT_TRUE(reconstruction.add_pattern(99, *make_pattern(amplitude), scan.positions[30]));
  RunStatus status = RunStatus::ok;
  for (int epoch = 0; epoch < 40 && reconstruction.snapshot().recoveries == 0; ++epoch)
    status = reconstruction.run_epoch().status;
  ASSERT_EQ(status, RunStatus::ok);
  ASSERT_GE(reconstruction.snapshot().recoveries, 1u);
  reconstruction.remove_frames(std::vector<FrameId>{99});
  EXPECT_LT(reconstruction.evaluate(), 1.5 * good);
}

TEST(Reconstruction, GivesUpWhereItDivergesAgainAndAgain) {
  const simulated::Scan scan = simulated::scan({.n = 32, .side = 4, .step = 3});
  ReconstructionOptions options = options_for(scan);
  Reconstruction reconstruction(options);
  add(reconstruction, scan, 0, 10);
  Image<float> amplitude(Shape{32, 32}, 1e18F);
  for (FrameId id = 90; id < 96; ++id)
    ASSERT_TRUE(reconstruction.add_pattern(id, *make_pattern(amplitude), scan.positions[id - 80]));
  RunStatus status = RunStatus::ok;
  for (int epoch = 0; epoch < 300 && status == RunStatus::ok; ++epoch)
    status = reconstruction.run_epoch().status;
  EXPECT_EQ(reconstruction.run_batch().status, RunStatus::diverged);
}

// The map of the frames present, from the snapshot's own probe.
void expect_fresh_map(const simulated::Scan& scan, const std::vector<FrameId>& present,
                      const Snapshot& shot) {
  const auto top = std::llround(shot.centre.y_m - double(shot.object.rows()) / 2);
  const auto left = std::llround(shot.centre.x_m - double(shot.object.cols()) / 2);
  Image<float> expected(shot.coverage.shape());
  for (const FrameId id : present) {
    const Placement at = place(scan.positions[id], 1, scan.n);
    for (std::size_t r = 0; r < scan.n; ++r)
      for (std::size_t c = 0; c < scan.n; ++c)
        expected(std::size_t(at.row - top) + r, std::size_t(at.col - left) + c) +=
            std::norm(shot.probe(r, c));
  }
  const float most = *std::max_element(expected.pixels().begin(), expected.pixels().end());
  float worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    worst = std::max(worst, std::abs(expected.data()[i] - shot.coverage.data()[i]));
  EXPECT_LT(worst, 1e-4F * most);
}

TEST(Reconstruction, MapIsThatOfTheFramesPresentWhateverCameAndWent) {
  const simulated::Scan scan = simulated::scan({.n = 32, .side = 8, .step = 6});
  Reconstruction reconstruction(options_for(scan, 60e-6));
  std::mt19937 random(3);
  std::vector<FrameId> present, absent(scan.patterns.size());
  for (FrameId id = 0; id < absent.size(); ++id) absent[id] = id;
  for (int round = 0; round < 40; ++round) {
    std::shuffle(present.begin(), present.end(), random);
    std::shuffle(absent.begin(), absent.end(), random);
    const bool coming = present.size() < 3 || random() % 2 == 0;
    auto& from = coming ? absent : present;
    auto& to = coming ? present : absent;
    for (auto count = std::min<std::size_t>(random() % 12, from.size() - 1); count > 0; --count) {
      const FrameId id = from.back();
      from.pop_back();
      to.push_back(id);
      if (coming)
        add(reconstruction, scan, id, id + 1);
      else
        reconstruction.remove_frames(std::span(&id, 1));
    }
    if (round > 0) expect_fresh_map(scan, present, reconstruction.snapshot());
    reconstruction.run_epoch();
    expect_fresh_map(scan, present, reconstruction.snapshot());
  }
}

TEST(Reconstruction, SettlesWithLonelyFramesWhileOthersComeAndGo) {
  // A dense block, single frames around it, and background that is taken in first and retracted later.
  const simulated::Scan scan = simulated::scan({.n = 32, .side = 16, .step = 3.5});
  ReconstructionOptions options = options_for(scan);
  options.batch_fraction = 0.06;  // long common steps from few samples, as with many frames
  options.min_batch = 4;
  options.lsqml.step_samples = 2;
  Reconstruction reconstruction(options);
  std::vector<FrameId> background;
  double worst = 0, best = 1;
  for (FrameId id = 0; id < scan.patterns.size(); ++id) {
    const std::size_t row = id / 16, col = id % 16;
    const bool block = row > 4 && row < 11 && col > 4 && col < 11, lonely = row % 5 == 1 && col % 5 == 1;
    add(reconstruction, scan, id, id + 1);
    if (!block && !lonely) background.push_back(id);
    reconstruction.run_batch();
    if (id % 64 == 63) {
      reconstruction.remove_frames(background);
      background.clear();
    }
  }
  for (int epoch = 0; epoch < 200; ++epoch) {
    const RunReport report = reconstruction.run_epoch();
    ASSERT_EQ(report.status, RunStatus::ok);
    best = std::min(best, report.amplitude_error);
    if (epoch > 50) worst = std::max(worst, report.amplitude_error);
  }
  EXPECT_EQ(reconstruction.snapshot().recoveries, 0u);
  EXPECT_LT(worst, 1.2 * best);
}

TEST(Reconstruction, SameSeedSameImage) {
  const simulated::Scan scan = simulated::scan({.side = 5});
  const auto run = [&] {
    Reconstruction reconstruction(options_for(scan));
    add(reconstruction, scan, 0, scan.patterns.size());
    for (int epoch = 0; epoch < 3; ++epoch) reconstruction.run_epoch();
    return reconstruction.snapshot();
  };
  const Snapshot a = run(), b = run();
  EXPECT_TRUE(std::equal(a.object.pixels().begin(), a.object.pixels().end(), b.object.pixels().begin()));
}

TEST(Reconstruction, RefusesOptionsThatCannotWork) {
  ReconstructionOptions options{.pixel_m = 0};
  options.intake.n = 64;
  EXPECT_THROW(Reconstruction{options}, InputError);
  options.pixel_m = 1;
  options.probe = Image<Complex>(Shape{32, 32});
  EXPECT_THROW(Reconstruction{options}, InputError);
  options.probe.reset();
  options.backend = Backend::cuda;
  EXPECT_THROW(Reconstruction{options}, InputError);
}

}  // namespace
}  // namespace ptero::ptycho
