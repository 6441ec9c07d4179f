#include <gtest/gtest.h>

#include <ptero/core/error.hpp>

#include "expectations.hpp"

namespace ptero::ptycho {
namespace {

TEST(Checkpoint, ResumedReconstructionGoesOnWhereItWas) {
  const simulated::Scan scan = simulated::scan({.side = 8});
  ReconstructionOptions options = options_for(scan);
  options.modes.count = 2;
  options.variations = {.count = 1, .intensity = true};
  options.positions.refine = true;
  Reconstruction first(options);
  add(first, scan, 0, 50);
  for (int epoch = 0; epoch < 12; ++epoch) first.run_epoch();
  const Checkpoint saved = first.checkpoint();
  EXPECT_EQ(saved.frames.size(), 50u);
  EXPECT_EQ(saved.probes.size(), 3u);

  ReconstructionOptions other = options;
  other.probe.reset();  // not needed any more
  Reconstruction second(other);
  second.resume(saved);
  add(second, scan, 0, 50);
  EXPECT_EQ(second.epochs(), 12u);
  EXPECT_NEAR(second.evaluate(), first.evaluate(), 1e-3 * first.evaluate());
  const Snapshot a = first.snapshot(), b = second.snapshot();
  EXPECT_EQ(b.errors, a.errors);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_NEAR(b.patterns[i].position.x_m, a.patterns[i].position.x_m, 1e-9);
    EXPECT_EQ(b.patterns[i].weights, a.patterns[i].weights);
  }
  // And it goes on, with frames the first never saw.
  add(second, scan, 50, 64);
  for (int epoch = 0; epoch < 6; ++epoch) ASSERT_EQ(second.run_epoch().status, RunStatus::ok);
  EXPECT_LT(second.evaluate(), 1.2 * first.evaluate());
}

// As if it had never run: with everything that is learned on the way, and after frames came and went.
TEST(Restart, BeginsAnewWithTheFramesThatAreIn) {
  const simulated::Scan scan = simulated::scan({.side = 8});
  ReconstructionOptions options = options_for(scan);
  options.modes.count = 2;
  options.variations = {.count = 1, .intensity = true};
  options.positions.refine = true;
  for (const bool given : {true, false}) {
    if (!given) options.probe.reset();
    Reconstruction again(options), fresh(options);
    add(again, scan, 0, 50);
    add(fresh, scan, 0, 50);
    for (int epoch = 0; epoch < 12; ++epoch) again.run_epoch();
    again.run_batch();  // in the middle of an epoch
    again.restart();
    EXPECT_EQ(again.epochs(), 0u);
    EXPECT_EQ(again.frames(), 50u);
    EXPECT_TRUE(again.snapshot().errors.empty());
    for (int epoch = 0; epoch < 8; ++epoch) {
      ASSERT_EQ(again.run_epoch().status, RunStatus::ok);
      ASSERT_EQ(fresh.run_epoch().status, RunStatus::ok);
    }
    const Snapshot a = again.snapshot(), b = fresh.snapshot();
    ASSERT_EQ(a.errors.size(), b.errors.size());
    for (std::size_t i = 0; i < a.errors.size(); ++i)
      EXPECT_NEAR(a.errors[i], b.errors[i], 1e-4 * b.errors[i]);
    for (std::size_t i = 0; i < 50; ++i)
      EXPECT_NEAR(a.patterns[i].position.x_m, b.patterns[i].position.x_m, 1e-11);
  }
}

class RestartAfterResume : public testing::TestWithParam<Algorithm> {};

// A person who asks for it wants nothing of what a worker before took over: no probe, place, weight or wave.
TEST_P(RestartAfterResume, BeginsAsAReconstructionThatNeverRan) {
  const simulated::Scan scan = simulated::scan({.side = 6});
  ReconstructionOptions options = options_for(scan);
  options.threads = 1;
  options.algorithm = GetParam();
  options.probe.reset();  // made from the patterns
  if (options.algorithm == Algorithm::lsqml) {
    options.modes.count = 2;
    options.positions.refine = true;
    options.positions.known.emplace(7, Position{scan.positions[7].x_m + 1, scan.positions[7].y_m});
  }
  Reconstruction first(options), again(options), fresh(options);
  add(first, scan, 0, 24);
  for (int epoch = 0; epoch < 3; ++epoch) first.run_epoch();
  again.resume(first.checkpoint());
  add(again, scan, 0, 30);
  again.run_epoch();
  again.run_batch();  // in the middle of an epoch
  again.remove_frames(std::vector<FrameId>{28, 29});
  again.restart();
  add(fresh, scan, 0, 28);
  EXPECT_EQ(again.frames(), 28u);
  for (int epoch = 0; epoch < 3; ++epoch) {
    ASSERT_EQ(again.run_epoch().status, RunStatus::ok);
    ASSERT_EQ(fresh.run_epoch().status, RunStatus::ok);
  }
  const Snapshot a = again.snapshot(), b = fresh.snapshot();
  ASSERT_EQ(a.errors.size(), b.errors.size());
  for (std::size_t i = 0; i < a.errors.size(); ++i) EXPECT_NEAR(a.errors[i], b.errors[i], 1e-4 * b.errors[i]);
  EXPECT_GT(overlap(a.probe, b.probe), 0.99999);
  for (std::size_t i = 0; i < b.patterns.size(); ++i)
    EXPECT_NEAR(a.patterns[i].position.x_m, b.patterns[i].position.x_m, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, RestartAfterResume,
                         testing::Values(Algorithm::lsqml, Algorithm::lsqml_compact, Algorithm::rpie,
                                         Algorithm::difference_map));

TEST(Checkpoint, OfNothingIsNothing) {
  const simulated::Scan scan = simulated::scan({.side = 4});
  Reconstruction idle(options_for(scan));
  Reconstruction second(options_for(scan));
  second.resume(idle.checkpoint());
  add(second, scan, 0, 16);
  EXPECT_EQ(second.run_epoch().status, RunStatus::ok);
}

TEST(Checkpoint, OfAnotherKindIsRefused) {
  const simulated::Scan scan = simulated::scan({.side = 4});
  ReconstructionOptions options = options_for(scan);
  Reconstruction first(options);
  add(first, scan, 0, 16);
  first.run_epoch();
  options.modes.count = 2;
  Reconstruction second(options);
  EXPECT_THROW(second.resume(first.checkpoint()), InputError);
  Checkpoint damaged = first.checkpoint();
  damaged.extent.shape.rows += 1;
  options.modes.count = 1;
  Reconstruction third(options);
  EXPECT_THROW(third.resume(damaged), InputError);
}

TEST(Converged, WhereMoreEpochsChangeNothing) {
  const simulated::Scan scan = simulated::scan({.side = 8});
  Reconstruction reconstruction(options_for(scan));
  add(reconstruction, scan, 0, 60);
  std::size_t epoch = 0;
  for (; epoch < 100 && !reconstruction.settled(); ++epoch) reconstruction.run_epoch();
  EXPECT_GT(epoch, 11u);
  ASSERT_LT(epoch, 100u);
  const double then = reconstruction.evaluate();
  for (int more = 0; more < 10; ++more) reconstruction.run_epoch();
  EXPECT_GT(reconstruction.evaluate(), 0.97 * then);
  // New frames open the question again.
  add(reconstruction, scan, 60, 64);
  reconstruction.run_epoch();
  EXPECT_FALSE(reconstruction.settled());
}

TEST(Halves, AgreeToWhereTheNoiseBegins) {
  const auto agreement = [](double photons) {
    const simulated::Scan scan = simulated::scan({.photons = photons});
    Reconstruction reconstruction(options_for(scan));
    add(reconstruction, scan, 0, scan.patterns.size());
    for (int epoch = 0; epoch < 12; ++epoch) reconstruction.run_epoch();
    const Snapshot before = reconstruction.snapshot();
    const Halves halves = reconstruction.reconstruct_halves(8);
    const Snapshot behind = reconstruction.snapshot();
    EXPECT_TRUE(std::equal(before.object.pixels().begin(), before.object.pixels().end(),
                           behind.object.pixels().begin()));
    EXPECT_EQ(before.epochs, behind.epochs);
    EXPECT_EQ(halves.even.shape(), before.object.shape());
    quality::Mask mask(before.object.shape());
    const float most = *std::max_element(halves.coverage.pixels().begin(), halves.coverage.pixels().end());
    for (std::size_t i = 0; i < mask.size(); ++i) mask.data()[i] = halves.coverage.data()[i] > 0.3F * most;
    const auto rings = quality::compare(halves.even, halves.odd, mask, 0).frc;
    double mean = 0;
    for (const double c : rings.correlation) mean += c / double(rings.correlation.size());
    return mean;
  };
  const double bright = agreement(1e6), dim = agreement(1e3);
  EXPECT_GT(bright, dim + 0.1);
}

TEST(Halves, NeedTwoFrames) {
  const simulated::Scan scan = simulated::scan({.side = 2});
  Reconstruction reconstruction(options_for(scan));
  EXPECT_TRUE(reconstruction.reconstruct_halves(3).even.empty());
}

}  // namespace
}  // namespace ptero::ptycho
