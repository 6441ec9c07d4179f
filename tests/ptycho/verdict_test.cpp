// Seeded faults and sound scans: what the picture says of itself.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ptero/ptycho/verdict.hpp>

#include "expectations.hpp"
#include "noise_floor.hpp"

namespace ptero::ptycho {
namespace {

constexpr int seeds = 5;

simulated::Scan scan_of(std::uint64_t seed, double photons = 1e5) {
  simulated::ScanOptions options{.side = 10, .photons = photons};
  options.seed = seed;
  return simulated::scan(options);
}

Finding verdict_of(const simulated::Scan& scan, const ReconstructionOptions& options, int epochs,
                   const std::function<Position(Position)>& told = {}, double* object = nullptr) {
  Reconstruction reconstruction(options);
  for (std::size_t i = 0; i < scan.patterns.size(); ++i)
    EXPECT_TRUE(
        reconstruction.add_pattern(i, scan.patterns[i], told ? told(scan.positions[i]) : scan.positions[i]));
  for (int epoch = 0; epoch < epochs && !reconstruction.settled(); ++epoch) reconstruction.run_epoch();
  const Snapshot shot = reconstruction.snapshot();
  const Finding found = verdict(shot);
  if (object != nullptr) *object = object_error(scan, shot);
  if (std::getenv("PTERO_KEEP") != nullptr)
    std::printf("%zu epochs, %.4f %%, floor %.4f %%, misfit %.2f, %s %.3g\n", shot.epochs,
                100 * shot.errors.back(), 100 * shot.noise_floor, misfit(shot), found.code.c_str(),
                found.number);
  return found;
}

TEST(NoiseFloor, IsWhatTheTruthLeaves) {
  for (const double photons : {1e3, 1e4, 1e5, 1e6}) {
    const simulated::Scan scan = scan_of(1, photons);
    double residual = 0, noise = 0;
    for (std::size_t i = 0; i < scan.patterns.size(); ++i) {
      const Image<double> mean = simulated::mean_counts(scan, i);
      const Image<float> amplitude = amplitudes(scan.patterns[i], scan.n);
      for (std::size_t k = 0; k < mean.size(); ++k)
        residual += std::pow(std::sqrt(mean.data()[k]) - double{amplitude.data()[k]}, 2);
      const CountingNoise estimate = counting_noise(scan.patterns[i]);
      EXPECT_TRUE(estimate.counted);
      noise += estimate.residual;
    }
    EXPECT_NEAR(noise / residual, 1, 0.12) << photons;
  }
}

TEST(NoiseFloor, IsNotKnownOfValuesThatAreNoCounts) {
  const simulated::Scan scan = scan_of(1, 1e4);
  Image<float> scaled = amplitudes(scan.patterns[0], scan.n);
  for (float& a : scaled.pixels()) a *= 1.37F;
  EXPECT_FALSE(counting_noise(*make_pattern(scaled)).counted);
}

TEST(Verdict, SoundScansConverge) {
  for (int seed = 1; seed <= seeds; ++seed)
    for (const double photons : {1e4, 1e5, 1e6}) {
      const auto scan = scan_of(seed, photons);
      EXPECT_EQ(verdict_of(scan, options_for(scan), 120).code, "converged") << seed << " " << photons;
    }
}

// LSQ-ML gets over most of them in the end; what it does not get over must not be called converged.
TEST(Verdict, AWrongSignOfTheDefocusIsRightInTheEndOrAMisfit) {
  for (int seed = 1; seed <= seeds; ++seed) {
    const auto scan = scan_of(seed);
    double object = 0;
    const auto found = verdict_of(scan, options_for(scan, -40e-6), 120, {}, &object);
    if (found.code == "converged")
      EXPECT_LT(object, 0.1) << seed;
    else
      EXPECT_EQ(found.code, "misfit") << seed;
  }
}

TEST(Verdict, AWrongOrientationIsAMisfit) {
  for (int seed = 1; seed <= seeds; ++seed) {
    const auto scan = scan_of(seed);
    const auto turned = [](Position p) { return Position{.x_m = p.y_m, .y_m = p.x_m}; };
    EXPECT_NE(verdict_of(scan, options_for(scan), 120, turned).code, "converged") << seed;
  }
}

TEST(Verdict, FewPhotonsAreSaid) {
  for (int seed = 1; seed <= seeds; ++seed) {
    const auto scan = scan_of(seed, 300);
    EXPECT_EQ(verdict_of(scan, options_for(scan), 30).code, "under_illuminated") << seed;
  }
}

TEST(Verdict, ACollapsedProbeIsSaid) {
  const auto scan = scan_of(1);
  ReconstructionOptions options = options_for(scan);
  options.update_probe = false;
  options.probe = Image<Complex>(Shape{scan.n, scan.n});
  (*options.probe)(scan.n / 2, scan.n / 2) = 1;
  EXPECT_EQ(verdict_of(scan, options, 8).code, "probe_collapsed");
}

TEST(Verdict, HasASentenceForPeople) {
  const auto scan = scan_of(1);
  const Finding found = verdict_of(scan, options_for(scan, -40e-6), 120);
  EXPECT_GT(found.sentence.size(), 20U);
}

}  // namespace
}  // namespace ptero::ptycho
