// What is done between epochs: modes, weights, places, slices, probe.
#include <gtest/gtest.h>

#include "depth_regularisation.hpp"
#include "expectations.hpp"
#include "position_refinement.hpp"
#include "probe_modes.hpp"
#include "variations.hpp"

namespace ptero::ptycho {
namespace {

TEST(Eigenvectors, DiagonaliseAHermitianMatrix) {
  const std::size_t n = 4;
  const Image<Complex> random = simulated::random_field({n, n}, 3);
  std::vector<std::complex<double>> matrix(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      matrix[i * n + j] = std::complex<double>(random(i, j)) + std::conj(std::complex<double>(random(j, i)));
  const auto v = eigenvectors(matrix, n);
  double last = 1e9;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      std::complex<double> value = 0, unit = 0;
      for (std::size_t a = 0; a < n; ++a) {
        unit += std::conj(v[a * n + i]) * v[a * n + j];
        for (std::size_t b = 0; b < n; ++b)
          value += std::conj(v[a * n + i]) * matrix[a * n + b] * v[b * n + j];
      }
      EXPECT_NEAR(std::abs(unit - (i == j ? 1.0 : 0.0)), 0, 1e-10);
      if (i != j) {
        EXPECT_NEAR(std::abs(value), 0, 1e-10);
      } else {
        EXPECT_LE(value.real(), last);
        last = value.real();
      }
    }
}

TEST(ProbeModes, OrthogonalisationKeepsTheLight) {
  std::vector<Image<Complex>> modes;
  for (std::uint64_t seed = 1; seed < 4; ++seed) modes.push_back(simulated::random_field({8, 8}, seed));
  for (Complex& p : modes[1].pixels()) p *= 3;
  const auto before = modes;
  orthogonalise(modes);
  for (std::size_t i = 0; i < 64; ++i) {
    float was = 0, is = 0;
    for (std::size_t m = 0; m < 3; ++m) {
      was += std::norm(before[m].data()[i]);
      is += std::norm(modes[m].data()[i]);
    }
    EXPECT_NEAR(is, was, 1e-4 * was);
  }
  EXPECT_LT(overlap(modes[0], modes[1]), 1e-5);
  EXPECT_LT(overlap(modes[1], modes[2]), 1e-5);
  EXPECT_GT(power(modes[0]), power(modes[1]));
  EXPECT_GT(power(modes[1]), power(modes[2]));
}

TEST(ProbeModes, FirstGuessesAreOrthogonalAndWeak) {
  const Image<Complex> main = simulated::beam(32, 30e-6);
  const auto extra = hermite_modes(main, 4, 0.05);
  ASSERT_EQ(extra.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(power(extra[i]), 0.05 * power(main), 1e-6);
    EXPECT_LT(overlap(extra[i], main), 1e-4);
    for (std::size_t j = 0; j < i; ++j) EXPECT_LT(overlap(extra[i], extra[j]), 1e-4);
  }
}

TEST(Variations, TidyingChangesNoPattern) {
  // sum_k v_k U_k of each pattern is the same probe as before, but for what the limit cuts.
  std::vector<Image<Complex>> probes{simulated::random_field({8, 8}, 1), simulated::random_field({8, 8}, 2),
                                     simulated::random_field({8, 8}, 3)};
  // A real share of the main mode is all that real weights can take over.
  const std::complex<double> along = inner_product(probes[0], probes[1]) / power(probes[0]);
  for (std::size_t i = 0; i < 64; ++i) probes[1].data()[i] += Complex(0.3 - along) * probes[0].data()[i];
  std::vector<std::vector<float>> weights;
  for (int i = 0; i < 20; ++i) weights.push_back({1, 0.1F * float(i % 7), 0});
  const auto probe_of = [](const auto& u, const auto& v) {
    Image<Complex> sum(u[0].shape());
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += v[k] * u[k].data()[i];
    return sum;
  };
  std::vector<Image<Complex>> before;
  for (const auto& v : weights) before.push_back(probe_of(probes, v));
  tidy_variations(probes, 1, weights, {.count = 2, .intensity = true, .limit = 100});
  EXPECT_LT(overlap(probes[0], probes[1]), 1e-5);
  EXPECT_NEAR(power(probes[1]) / power(probes[0]), 1, 1e-4);
  double light = 0;
  for (std::size_t p = 0; p < weights.size(); ++p) {
    light += weights[p][0] / 20;
    const Image<Complex> after = probe_of(probes, weights[p]);
    for (std::size_t i = 0; i < 64; ++i)
      EXPECT_NEAR(std::abs(after.data()[i] - before[p].data()[i]), 0, 1e-4);
  }
  EXPECT_NEAR(light, 1, 1e-5);
}

TEST(Positions, ScaleAndRotationOfTheStageAreFollowed) {
  std::vector<Place> places(50);
  std::vector<const Place*> seen;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Place& p = places[i];
    p.row0 = double(i % 10) * 7;
    p.col0 = double(i / 10) * 9;
    p.row = 1.02 * p.row0 - 0.01 * p.col0 + 3;
    p.col = 0.015 * p.row0 + 0.99 * p.col0 - 2;
    p.features = 1;
    seen.push_back(&p);
  }
  const Affine map = fit_affine(seen);
  EXPECT_NEAR(map.rr, 1.02, 1e-9);
  EXPECT_NEAR(map.rc, -0.01, 1e-9);
  EXPECT_NEAR(map.cr, 0.015, 1e-9);
  EXPECT_NEAR(map.cc, 0.99, 1e-9);
  EXPECT_NEAR(map.row, 3, 1e-7);
  // All on one line: nothing can be said across it.
  for (Place& p : places) p.col0 = 0;
  EXPECT_EQ(fit_affine(seen).rr, 1);
}

TEST(Positions, FramesThatKnowNothingAreDrawnBack) {
  std::vector<Place> places(40);
  std::vector<Place*> all;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Place& p = places[i];
    p.row0 = p.row = double(i % 8) * 7;
    p.col0 = p.col = double(i / 8) * 9;
    p.features = 1;
    all.push_back(&p);
  }
  places[3].row += 1;  // knows its place
  places[9].row += 1;  // knows nothing
  places[9].features = 1e-3;
  places[20].row += 9;  // beyond any stage error
  places[20].features = 1e-3;
  for (int epoch = 0; epoch < 100; ++epoch) hold_to_stage(all, {.pull = 0.02, .stage_error_px = 4});
  EXPECT_LT(std::abs(places[20].row - places[20].row0), 2);
  EXPECT_LT(std::abs(places[9].row - places[9].row0), 0.3);
  EXPECT_GT(places[3].row - places[3].row0, 1.2 * (places[9].row - places[9].row0));
}

TEST(Positions, StepsAreDampedAndClipped) {
  std::vector<PatternEquation> equations(20, {.row_chi = 0.1, .row_row = 1, .col_chi = -0.1, .col_col = 1});
  equations[4].row_chi = 100;
  equations[5] = {};  // a pattern without light
  const auto steps = position_steps(equations, 1, {.max_step_px = 0.5, .damping = 1});
  EXPECT_NEAR(steps[0].row, 0.05, 1e-9);
  EXPECT_NEAR(steps[0].col, -0.05, 1e-9);
  EXPECT_LE(steps[4].row, 0.5);
  EXPECT_EQ(steps[5].row, 0);
}

TEST(DepthRegularisation, DampsWhatDiffersSlowlyAndKeepsWhatIsSharp) {
  const Shape shape{32, 32};
  std::vector<Image<Complex>> slices(2, Image<Complex>(shape, 1));
  for (std::size_t r = 0; r < 32; ++r)
    for (std::size_t c = 0; c < 32; ++c) {
      slices[0](r, c) = std::polar(1.0F, 0.3F);  // a phase all over, in one slice
      slices[1](r, c) = std::polar(1.0F, r % 4 < 2 && c % 4 < 2 ? 0.2F : 0.0F);  // sharp, in the other
    }
  const auto before = slices;
  regularise_depth(slices, Image<float>(shape, 1), 1);
  // The mean over depth stays.
  EXPECT_NEAR(std::arg(slices[0](5, 5) * slices[1](5, 5)), std::arg(before[0](5, 5) * before[1](5, 5)), 1e-3);
  double difference = 0, contrast = 0;
  for (std::size_t i = 0; i < 1024; ++i)
    difference += double{std::arg(slices[0].data()[i]) - std::arg(slices[1].data()[i])} / 1024;
  EXPECT_LT(std::abs(difference), 0.1);  // 0.25 before
  contrast = std::arg(slices[1](0, 0)) - std::arg(slices[1](2, 2));
  EXPECT_GT(contrast, 0.15);
  slices = before;
  regularise_depth(slices, Image<float>(shape, 1), 0);
  EXPECT_EQ(slices[0](3, 3), before[0](3, 3));
}

Snapshot after(const simulated::Scan& scan, const ReconstructionOptions& options, int epochs) {
  Reconstruction reconstruction(options);
  add(reconstruction, scan, 0, scan.patterns.size());
  for (int epoch = 0; epoch < epochs; ++epoch) EXPECT_EQ(reconstruction.run_epoch().status, RunStatus::ok);
  return reconstruction.snapshot();
}

double light_outside(const Image<Complex>& probe, double radius) {
  double sum = 0;
  const double half = double(probe.rows() / 2);
  for (std::size_t r = 0; r < probe.rows(); ++r)
    for (std::size_t c = 0; c < probe.cols(); ++c)
      if (std::hypot(double(r) - half, double(c) - half) > radius) sum += std::norm(probe(r, c));
  return sum / power(probe);
}

TEST(ProbeSupport, CutsWhatLiesFarFromTheBeam) {
  const simulated::Scan scan = simulated::scan({.side = 8, .photons = 1e4});
  ReconstructionOptions options = options_for(scan);
  const double without = light_outside(after(scan, options, 6).probe, 28);
  options.probe_support = 0.05;
  EXPECT_LT(light_outside(after(scan, options, 6).probe, 28), 0.3 * without);
}

TEST(ProbeCentring, TakesAwayTheShiftSharedWithTheObject) {
  const simulated::Scan scan = simulated::scan({.side = 8});
  ReconstructionOptions options = options_for(scan);
  Image<Complex> shifted(options.probe->shape());
  for (std::size_t r = 0; r < 64; ++r)
    for (std::size_t c = 0; c < 64; ++c) shifted((r + 5) % 64, c) = (*options.probe)(r, c);
  options.probe = shifted;
  const auto middle = [](const Image<Complex>& probe) {
    double row = 0;
    for (std::size_t r = 0; r < 64; ++r)
      for (std::size_t c = 0; c < 64; ++c) row += (double(r) - 32) * std::norm(probe(r, c));
    return row / power(probe);
  };
  const Snapshot without = after(scan, options, 10);
  options.centre_probe_every = 1;
  const Snapshot with = after(scan, options, 10);
  EXPECT_GT(middle(without.probe), 3);
  EXPECT_LT(std::abs(middle(with.probe)), 1);
  EXPECT_LT(with.errors.back(), 1.2 * without.errors.back());
}

TEST(ObjectLimit, HoldsTheModulus) {
  const simulated::Scan scan = simulated::scan({.side = 6, .photons = 1e3});
  ReconstructionOptions options = options_for(scan);
  options.object_limit = 1.05;
  options.rebalance_every = 0;
  const Snapshot shot = after(scan, options, 3);
  for (const Complex& o : shot.object.pixels()) EXPECT_LE(std::abs(o), 1.0501F);
}

TEST(Variations, WeightsThatDriftAreSmoothedOverTime) {
  // A slow drift seen with noise, and gaps in the ids.
  std::mt19937 random(3);
  std::normal_distribution<float> noise(0, 0.1F);
  std::vector<FrameId> ids;
  std::vector<std::vector<float>> weights, truth;
  for (FrameId id = 0; id < 400; ++id) {
    if (id % 7 == 3 || (id > 100 && id < 130)) continue;
    const float drift = 0.3F * std::sin(0.01F * float(id)) + 0.001F * float(id);
    ids.push_back(id);
    truth.push_back({1, drift});
    weights.push_back({1 + noise(random), drift + noise(random)});
  }
  const auto before = weights;
  const auto rms = [&](const std::vector<std::vector<float>>& v) {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) sum += std::pow(v[i][1] - truth[i][1], 2);
    return std::sqrt(sum / double(v.size()));
  };
  smooth_weights(ids, weights, {.count = 1});
  EXPECT_EQ(weights, before);
  smooth_weights(ids, weights, {.count = 1, .smooth_frames = 40});
  EXPECT_LT(rms(weights), 0.3 * rms(before));
  // The light is left alone unless it is refined.
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(weights[i][0], before[i][0]);
  smooth_weights(ids, weights, {.count = 1, .intensity = true, .smooth_frames = 40});
  EXPECT_NE(weights[5][0], before[5][0]);
  // A straight line stays, to its ends.
  for (std::size_t i = 0; i < ids.size(); ++i) weights[i][1] = 0.01F * float(ids[i]);
  smooth_weights(ids, weights, {.count = 1, .smooth_frames = 20});
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_NEAR(weights[i][1], 0.01F * float(ids[i]), 1e-4);
}

}  // namespace
}  // namespace ptero::ptycho
