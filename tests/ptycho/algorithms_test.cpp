// The other ways to the same object, each on one simulated scan with shot noise.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "expectations.hpp"

namespace ptero::ptycho {
namespace {

struct Result {
  double error = 0, object = 0, likelihood = 0;
};

Result run(const ReconstructionOptions& options, int epochs) {
  static const simulated::Scan scan = simulated::scan({.photons = 1e5});
  ReconstructionOptions full = options_for(scan);
  full.algorithm = options.algorithm;
  full.noise = options.noise;
  full.momentum = options.momentum;
  full.pie = options.pie;
  Reconstruction reconstruction(full);
  add(reconstruction, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < epochs; ++epoch) EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
  EXPECT_EQ(reconstruction.snapshot().recoveries, 0u);
  const ErrorSums sums = reconstruction.evaluate_all();
  const Result result{sums.amplitude_error(), object_error(scan, reconstruction.snapshot()),
                      sums.likelihood / double(sums.frames)};
  if (std::getenv("PTERO_KEEP") != nullptr)
    std::printf("%s: %.5f object %.4f likelihood %.1f\n", std::string(name_of(full.algorithm)).c_str(),
                result.error, result.object, result.likelihood);
  return result;
}

TEST(Algorithms, PoissonFitsCountsBetterThanGaussian) {
  const Result poisson = run({.noise = Noise::poisson}, 25), gaussian = run({}, 25);
  EXPECT_LT(poisson.likelihood, 0.97 * gaussian.likelihood);
  EXPECT_LT(poisson.object, 0.9 * gaussian.object);
}

TEST(Algorithms, CompactBatchesNeedMomentum) {
  const Result with = run({.algorithm = Algorithm::lsqml_compact}, 12);
  const Result without = run({.algorithm = Algorithm::lsqml_compact, .momentum = {.object_gain = 0}}, 12);
  EXPECT_LT(with.object, 0.7 * without.object);
  EXPECT_LT(with.object, 0.04);
}

TEST(Algorithms, RpieEpieAndTheDifferenceMapReachTheObject) {
  EXPECT_LT(run({.algorithm = Algorithm::rpie}, 10).object, 0.03);
  EXPECT_LT(run({.algorithm = Algorithm::epie}, 20).object, 0.03);
  EXPECT_LT(run({.algorithm = Algorithm::difference_map}, 20).object, 0.035);
}

TEST(Algorithms, SmallAlphaIsFasterThanEpie) {
  EXPECT_LT(run({.algorithm = Algorithm::rpie}, 6).object,
            0.5 * run({.algorithm = Algorithm::epie}, 6).object);
}

}  // namespace
}  // namespace ptero::ptycho
