// What each feature is for: a simulated truth that needs it, recovered with it and not without it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ptero/core/error.hpp>

#include "expectations.hpp"

namespace ptero::ptycho {
namespace {

using simulated::Scan;

void report(const char* what, double with, double without) {
  if (std::getenv("PTERO_KEEP") != nullptr) std::printf("%s: with %.5f without %.5f\n", what, with, without);
}

double final_error(const Scan& scan, const ReconstructionOptions& options, int epochs) {
  Reconstruction reconstruction(options);
  add(reconstruction, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < epochs; ++epoch) EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
  return reconstruction.evaluate();
}

TEST(Lsqml, ReachesThePoissonLimitInSixEpochs) {
  // Counts that leave an object error of 0.025 whatever one does.
  const Scan scan = simulated::scan({.n = 128, .side = 16, .step = 6, .photons = 1.3e5, .defocus_m = 142e-6});
  Reconstruction reconstruction(options_for(scan, 142e-6));
  add(reconstruction, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 6; ++epoch) reconstruction.run_epoch();
  const double six = object_error(scan, reconstruction.snapshot());
  for (int epoch = 0; epoch < 14; ++epoch) reconstruction.run_epoch();
  const double twenty = object_error(scan, reconstruction.snapshot());
  report("object error after 6 epochs and after 20", six, twenty);
  EXPECT_LT(six, 0.030);
  EXPECT_LT(six, 1.12 * twenty);
}

// A second mode with a tenth of the light: the main one times a slope, as of a beam that vibrates.
Scan partly_coherent() {
  Scan scan = simulated::scan({.photons = 0});
  Image<Complex> mode = scan.probe;
  for (std::size_t r = 0; r < scan.n; ++r)
    for (std::size_t c = 0; c < scan.n; ++c) mode(r, c) *= float((double(c) - 32) / 8);
  scale_to_photons(mode, 1e5);
  scan.extra_modes = {mode};
  simulated::take_patterns(scan, 1e6, 7);
  return scan;
}

TEST(MixedModes, RecoverABeamThatIsNotCoherent) {
  const Scan scan = partly_coherent();
  ReconstructionOptions options = options_for(scan);
  const double without = final_error(scan, options, 40);
  options.modes.count = 2;
  Reconstruction with(options);
  add(with, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 40; ++epoch) with.run_epoch();
  report("mixed modes, amplitude error", with.evaluate(), without);
  EXPECT_LT(with.evaluate(), 0.25 * without);
  const Snapshot shot = with.snapshot();
  ASSERT_EQ(shot.modes.size(), 2u);
  // It gains light slowly: the common step is the main mode's.
  const double share = power(shot.modes[1]) / power(shot.modes[0]);
  report("share of the second mode, found and true", share, 0.1);
  EXPECT_NEAR(share, 0.1, 0.03);
  EXPECT_GT(overlap(shot.modes[1], scan.extra_modes[0]), 0.95);
  // Orthogonal, as the housekeeping leaves them.
  EXPECT_LT(overlap(shot.modes[0], shot.modes[1]), 1e-3);
}

TEST(Positions, ErrorsOfTwoPixelsComeUnderATenth) {
  Scan scan = simulated::scan({});
  const double width = 2 * std::sqrt(3.0);  // 2 pixels RMS along each axis
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(-width, width);
  for (const Position& p : scan.positions)
    scan.told.push_back({.x_m = p.x_m + uniform(random), .y_m = p.y_m + uniform(random)});
  ReconstructionOptions options = options_for(scan);
  options.positions.refine = true;
  Reconstruction with(options);
  add(with, scan, 0, scan.patterns.size());
  const double before = position_error(scan, with.snapshot());
  for (int epoch = 0; epoch < 120; ++epoch) {
    with.run_epoch();
    if (std::getenv("PTERO_KEEP") != nullptr && epoch % 10 == 9)
      std::printf("%d %.4f %.5f\n", epoch, position_error(scan, with.snapshot()), with.evaluate());
  }
  const double after = position_error(scan, with.snapshot());
  report("RMS position error, pixels", after, before);
  EXPECT_NEAR(before, 2, 0.2);
  EXPECT_LT(after, 0.1);
}

Scan thick() {
  Scan scan = simulated::scan({.photons = 0});
  scan.slices = {simulated::sample(scan.object.shape(), 99)};
  scan.spacing_m = {15e-6};
  simulated::take_patterns(scan, 1e6, 7);
  return scan;
}

TEST(Slices, TwoSlicesAreToldApart) {
  const Scan scan = thick();
  ReconstructionOptions options = options_for(scan);
  const double without = final_error(scan, options, 40);
  options.pixel_m = 1;
  options.slices.spacing_m = {15e-6 * 1e16};  // positions are in pixels: lengths over pixel^2 / wavelength
  options.wavelength_m = 1e-10;
  Reconstruction with(options);
  add(with, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 80; ++epoch) {
    with.run_epoch();
    if (std::getenv("PTERO_KEEP") != nullptr && epoch % 10 == 9) {
      const Snapshot shot = with.snapshot();
      std::printf("%d %.5f  %.4f %.4f\n", epoch, with.evaluate(),
                  object_error(scan, shot, shot.slices[0], scan.object),
                  object_error(scan, shot, shot.slices[1], scan.slices[0]));
    }
  }
  report("two slices, amplitude error", with.evaluate(), without);
  EXPECT_LT(with.evaluate(), 0.3 * without);
  const Snapshot shot = with.snapshot();
  ASSERT_EQ(shot.slices.size(), 2u);
  EXPECT_LT(object_error(scan, shot, shot.slices[0], scan.object), 0.08);
  EXPECT_LT(object_error(scan, shot, shot.slices[1], scan.slices[0]), 0.08);
  // They are different slices.
  EXPECT_GT(object_error(scan, shot, shot.slices[0], scan.slices[0]), 0.2);
}

Scan unsteady() {
  Scan scan = simulated::scan({.photons = 0});
  // The beam tilts: its phase slopes by another amount in each pattern.
  scan.variation = scan.probe;
  for (std::size_t r = 0; r < scan.n; ++r)
    for (std::size_t c = 0; c < scan.n; ++c) scan.variation(r, c) *= Complex(0, float((double(r) - 32) / 10));
  scale_to_photons(scan.variation, 1e6);
  std::mt19937_64 random(17);
  std::normal_distribution<double> normal;
  for (std::size_t i = 0; i < scan.positions.size(); ++i) {
    scan.weights.push_back(0.15 * normal(random));
    scan.light.push_back(1 + 0.1 * normal(random));
  }
  simulated::take_patterns(scan, 1e6, 7);
  return scan;
}

TEST(Variations, FollowABeamThatChangesFromPatternToPattern) {
  const Scan scan = unsteady();
  ReconstructionOptions options = options_for(scan);
  const double without = final_error(scan, options, 60);
  options.variations.intensity = true;
  const double intensity = final_error(scan, options, 60);
  options.variations.count = 1;
  Reconstruction with(options);
  add(with, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 60; ++epoch) {
    with.run_epoch();
    if (std::getenv("PTERO_KEEP") != nullptr && epoch % 10 == 9)
      std::printf("%d %.5f\n", epoch, with.evaluate());
  }
  report("light of each pattern, amplitude error", intensity, without);
  report("and one variation", with.evaluate(), intensity);
  EXPECT_LT(intensity, 0.7 * without);
  EXPECT_LT(with.evaluate(), 0.5 * intensity);
}

// A beam with structure (a diffuser in front of the sample), and the detector 50 um behind it.
Scan near_field() {
  Scan scan = simulated::scan({.photons = 0});
  scan.near_field_m = 50e-6;
  scan.probe = simulated::sample({scan.n, scan.n}, 3);
  for (std::size_t r = 0; r < scan.n; ++r)
    for (std::size_t c = 0; c < scan.n; ++c)
      scan.probe(r, c) *= float(std::exp(-(std::pow(double(r) - 32, 2) + std::pow(double(c) - 32, 2)) / 200));
  scale_to_photons(scan.probe, 1e6);
  simulated::take_patterns(scan, 1e6, 7);
  return scan;
}

TEST(NearField, IsRecoveredWithAnAngularSpectrumToTheDetector) {
  const Scan scan = near_field();
  ReconstructionOptions options = options_for(scan);
  // The first probe comes from the data; lengths as for the slices above.
  options.probe.reset();
  options.wavelength_m = 1e-10;
  options.near_field_m = 50e-6 * 1e16;
  Reconstruction with(options);
  add(with, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 60; ++epoch) {
    with.run_epoch();
    if (std::getenv("PTERO_KEEP") != nullptr && epoch % 10 == 9)
      std::printf("%d %.5f  %.4f\n", epoch, with.evaluate(), object_error(scan, with.snapshot()));
  }
  options.near_field_m = 0;
  Reconstruction far(options);
  add(far, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < 20; ++epoch) far.run_epoch();
  report("near field, amplitude error", with.evaluate(), far.evaluate());
  report("near field, object error", object_error(scan, with.snapshot()), object_error(scan, far.snapshot()));
  EXPECT_LT(object_error(scan, with.snapshot()), 0.04);
  EXPECT_GT(object_error(scan, far.snapshot()), 0.2);
}

}  // namespace
}  // namespace ptero::ptycho
