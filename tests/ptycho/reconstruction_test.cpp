#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/quality/compare.hpp>

#include "simulated.hpp"

namespace ptero::ptycho {
namespace {

// The guess: the right optics, focused 10 % wrong.
ReconstructionOptions options_for(const simulated::Scan& scan, double defocus_m = 44e-6) {
  ReconstructionOptions options{.pixel_m = 1, .threads = 2};
  options.intake.n = scan.n;
  options.probe = simulated::beam(scan.n, defocus_m);
  return options;
}

void add(Reconstruction& reconstruction, const simulated::Scan& scan, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    ASSERT_TRUE(reconstruction.add_pattern(i, scan.patterns[i], scan.positions[i])) << i;
}

// What the true object and probe leave: shot noise.
double floor_of(const simulated::Scan& scan) {
  ErrorSums sums;
  for (std::size_t i = 0; i < scan.patterns.size(); ++i) {
    const Image<Complex> field = simulated::far_field(scan, scan.positions[i]);
    const Image<float> amplitude = amplitudes(scan.patterns[i], scan.n);
    for (std::size_t k = 0; k < field.size(); ++k)
      sums.residual += std::pow(double{std::abs(field.data()[k]) - amplitude.data()[k]}, 2);
    sums.intensity += scan.patterns[i].counts;
  }
  return sums.amplitude_error();
}

// The object's relative error where there is light, after alignment.
double object_error(const simulated::Scan& scan, const Snapshot& shot) {
  const auto half = static_cast<std::int64_t>(scan.n / 2);
  const auto top = std::llround(shot.centre.y_m - double(shot.object.rows()) / 2) + half;
  const auto left = std::llround(shot.centre.x_m - double(shot.object.cols()) / 2) + half;
  Image<Complex> truth(shot.object.shape());
  quality::Mask mask(truth.shape());
  const float light = *std::max_element(shot.coverage.pixels().begin(), shot.coverage.pixels().end());
  for (std::size_t r = 0; r < truth.rows(); ++r)
    for (std::size_t c = 0; c < truth.cols(); ++c) {
      truth(r, c) = scan.object(r + std::size_t(top), c + std::size_t(left));
      mask(r, c) = shot.coverage(r, c) > 0.3F * light;
    }
  return quality::compare(shot.object, truth, mask, 0).object_error;
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

TEST(Reconstruction, DivergenceIsAStatusAndARestartRecovers) {
  const simulated::Scan scan = simulated::scan({.side = 6});
  ReconstructionOptions options = options_for(scan);
  options.lsqml.beta = 60;  // absurd
  Reconstruction reconstruction(options);
  add(reconstruction, scan, 0, scan.patterns.size());
  RunStatus status = RunStatus::ok;
  for (int epoch = 0; epoch < 200 && status == RunStatus::ok; ++epoch)
    status = reconstruction.run_epoch().status;
  EXPECT_EQ(status, RunStatus::diverged);
  EXPECT_EQ(reconstruction.run_batch().status, RunStatus::diverged);
  reconstruction.restart(0.5);
  for (int epoch = 0; epoch < 10; ++epoch) ASSERT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
  EXPECT_LT(reconstruction.evaluate(), 0.05);
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
