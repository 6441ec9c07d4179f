#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <ptero/core/error.hpp>
#include <ptero/core/series.hpp>
#include <ptero/synth/named_sample.hpp>

namespace ptero::synth {
namespace {

using Complex = std::complex<float>;

TwoSliceOptions options_for(TwoSliceKind kind, std::uint64_t seed = 1) {
  TwoSliceOptions options;
  options.kind = kind;
  options.field = 96;
  options.seed = seed;
  return options;
}
constexpr auto both = {TwoSliceKind::particles_over_grain, TwoSliceKind::zones_over_grains};

double mean_counts(const Image<float>& image) {
  return std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
}

TEST(TwoSlice, SpacingsAndPixelsAreThePapers) {
  const TwoSlices a = make_two_slices(options_for(TwoSliceKind::particles_over_grain));
  EXPECT_NEAR(a.spacing_m, 10e-6, 0.05e-6);  // [Du21, section 2.3]
  EXPECT_DOUBLE_EQ(a.pixel_m, 7.3e-9);
  const TwoSlices b = make_two_slices(options_for(TwoSliceKind::zones_over_grains));
  EXPECT_NEAR(b.spacing_m, 500e-9, 20e-9);
  TwoSliceOptions wide = options_for(TwoSliceKind::zones_over_grains);
  wide.depths_of_field = 2;
  EXPECT_NEAR(make_two_slices(wide).spacing_m, 2 * 5.4 * 8.7e-9 * 8.7e-9 * 12000 / hc_ev_m, 1e-12);
}

TEST(TwoSlice, BothSlicesHaveStructureAllOverTheFieldAndNeverGain) {
  for (const TwoSliceKind kind : both) {
    const TwoSlices s = make_two_slices(options_for(kind));
    ASSERT_EQ(s.upstream.shape(), (Shape{160, 160}));
    ASSERT_EQ(s.downstream.shape(), s.upstream.shape());
    for (const auto* slice : {&s.upstream, &s.downstream}) {
      double phase = 0, deepest = 0;
      for (const Complex v : slice->pixels()) {
        ASSERT_LE(std::abs(v), 1 + 1e-6F);
        phase -= std::arg(v);
        deepest = std::max(deepest, -double{std::arg(v)});
      }
      phase /= static_cast<double>(slice->size());
      EXPECT_GT(phase, 0.03);
      EXPECT_GT(deepest, 0.4);
      EXPECT_LT(deepest, 3.0);  // no wraps
    }
  }
}

TEST(PutSample, TwoSlicesLieOneBehindTheOtherInTheExperimentAsItIs) {
  SimulatorOptions experiment;
  experiment.grid = {3, 4, 0.2e-6, 0.3e-6, ScanOrder::raster};
  experiment.pattern = 64;
  experiment.zone_plate.outer_zone_width_m = 70e-9;
  experiment.seed = 5;
  put_sample("two-slice", experiment);
  EXPECT_EQ(experiment.energy_ev, 12000);
  EXPECT_EQ(experiment.grid.count(), 12U);
  EXPECT_EQ(experiment.pattern, 64U);
  const Simulator simulator(experiment);
  EXPECT_EQ(simulator.info().uid, "sim-two-slice-5");
  const Truth& truth = simulator.truth();
  ASSERT_EQ(truth.slices.size(), 2U);
  EXPECT_NEAR(truth.slice_spacing_m.at(0), 3.6 * depth_of_field(truth.pixel_m, hc_ev_m / 12000), 1e-9);
  for (const auto& slice : truth.slices) {
    double deepest = 0;
    for (const Complex v : slice.pixels()) deepest = std::max(deepest, -double{std::arg(v)});
    EXPECT_GT(deepest, 0.4);
  }
  // In one plane the same material gives another pattern.
  SimulatorOptions flat = experiment;
  flat.object = truth.object;
  flat.behind.clear();
  flat.spacing_m.clear();
  const Image<float> apart = simulator.expected(5), together = Simulator(flat).expected(5);
  double difference = 0;
  for (std::size_t i = 0; i < apart.size(); ++i) difference += std::abs(apart.data()[i] - together.data()[i]);
  EXPECT_GT(difference, 0.05 * mean_counts(apart));
}

TEST(PutSample, NamesWhatThereIs) {
  SimulatorOptions experiment;
  put_sample("particles", experiment);
  EXPECT_EQ(experiment.sample, SampleKind::particles);
  EXPECT_FALSE(experiment.object);
  try {
    put_sample("nanosheet", experiment);
    FAIL();
  } catch (const InputError& wrong) {
    for (const char* name : {"nanosheet'", "nanosheets", "particles", "two-slice", "empty"})
      EXPECT_NE(std::string(wrong.what()).find(name), std::string::npos) << wrong.what();
  }
  experiment.grid.cols = 0;
  EXPECT_THROW(put_sample("two-slice", experiment), InputError);
}

TEST(TwoSlice, ASeedIsASampleAndAnotherSeedAnother) {
  for (const TwoSliceKind kind : both) {
    const TwoSlices a = make_two_slices(options_for(kind)), b = make_two_slices(options_for(kind));
    EXPECT_TRUE(std::ranges::equal(a.upstream.pixels(), b.upstream.pixels()));
    EXPECT_TRUE(std::ranges::equal(a.downstream_fluorescence.pixels(), b.downstream_fluorescence.pixels()));
    const TwoSlices c = make_two_slices(options_for(kind, 2));
    EXPECT_FALSE(std::ranges::equal(a.upstream.pixels(), c.upstream.pixels()));
    EXPECT_FALSE(std::ranges::equal(a.downstream.pixels(), c.downstream.pixels()));
  }
}

TEST(TwoSlice, FluorescenceIsTheDownstreamPhaseBlurredWithPoissonNoise) {
  TwoSliceOptions options = options_for(TwoSliceKind::zones_over_grains);
  options.fluorescence_blur = 0;
  options.fluorescence_counts = 1e6;
  const TwoSlices sharp = make_two_slices(options);
  for (std::size_t i = 0; i < sharp.downstream.size(); ++i)
    ASSERT_NEAR(sharp.downstream_fluorescence.data()[i], std::arg(sharp.downstream.data()[i]), 0.01) << i;
  options.fluorescence_counts = 100;
  const TwoSlices noisy = make_two_slices(options);
  double lowest = 0;
  for (const Complex v : noisy.downstream.pixels()) lowest = std::min(lowest, double{std::arg(v)});
  double squares = 0, pixels = 0;
  for (std::size_t i = 0; i < noisy.downstream.size(); ++i) {
    const double counts = std::arg(noisy.downstream.data()[i]) / lowest * 100;
    if (counts < 10) continue;
    const double seen = noisy.downstream_fluorescence.data()[i] / lowest * 100;
    squares += (seen - counts) * (seen - counts) / counts;
    pixels += 1;
  }
  ASSERT_GT(pixels, 1000);
  EXPECT_NEAR(squares / pixels, 1, 0.15);
  options.fluorescence_blur = 4;
  const TwoSlices usual = make_two_slices(options);
  double blurred = 0, unblurred = 0;
  for (std::size_t i = 0; i < usual.downstream.size(); ++i) {
    blurred += usual.downstream_fluorescence.data()[i];
    unblurred += std::arg(usual.downstream.data()[i]);
  }
  EXPECT_NEAR(blurred / unblurred, 1, 0.05);
}

TEST(TwoSlice, TheSimulatorSeesBothSlicesWithTheGapBetween) {
  const TwoSliceOptions options = options_for(TwoSliceKind::particles_over_grain);
  const TwoSlices slices = make_two_slices(options);
  const Simulator simulator(two_slice_experiment(options, slices));
  const Truth& truth = simulator.truth();
  EXPECT_NEAR(truth.pixel_m, slices.pixel_m, 1e-15);
  ASSERT_EQ(truth.slices.size(), 2U);
  const std::size_t row = truth.slices[0].rows() / 2, col = truth.slices[0].cols() / 2;
  for (const std::ptrdiff_t d : {-20, 0, 13}) {
    EXPECT_EQ(truth.slices[0](row + d, col - d), slices.upstream(80 + d, 80 - d));
    EXPECT_EQ(truth.slices[1](row + d, col - d), slices.downstream(80 + d, 80 - d));
  }
  // Frames are unlike those of one thin sample.
  SimulatorOptions thin = two_slice_experiment(options, slices);
  for (std::size_t i = 0; i < thin.object->size(); ++i) thin.object->data()[i] *= slices.downstream.data()[i];
  thin.behind.clear();
  thin.spacing_m.clear();
  const Image<float> with = simulator.expected(200), without = Simulator(thin).expected(200);
  double difference = 0;
  for (std::size_t i = 0; i < with.size(); ++i) difference += std::abs(with.data()[i] - without.data()[i]);
  EXPECT_GT(difference, 0.005 * mean_counts(without));
}

// A gap of nothing is nothing, and what passes vacuum twice keeps its photons.
TEST(TwoSlice, SlicesWithoutAGapAreOneObject) {
  const TwoSliceOptions options = options_for(TwoSliceKind::zones_over_grains);
  const TwoSlices slices = make_two_slices(options);
  SimulatorOptions close = two_slice_experiment(options, slices);
  close.spacing_m = {1e-15};
  SimulatorOptions thin = close;
  for (std::size_t i = 0; i < thin.object->size(); ++i) thin.object->data()[i] *= slices.downstream.data()[i];
  thin.behind.clear();
  thin.spacing_m.clear();
  const Image<float> a = Simulator(close).expected(77), b = Simulator(thin).expected(77);
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a.data()[i], b.data()[i], 2e-6 * options.photons);
  SimulatorOptions empty = two_slice_experiment(options, slices);
  for (Complex& v : empty.object->pixels()) v = 1;
  for (Complex& v : empty.behind[0].pixels()) v = 1;
  EXPECT_NEAR(mean_counts(Simulator(empty).expected(5)) / options.photons, 1, 1e-4);
}

TEST(TwoSlice, RefusesWhatDoesNotFit) {
  TwoSliceOptions options = options_for(TwoSliceKind::particles_over_grain);
  options.field = 4;
  EXPECT_THROW(make_two_slices(options), InputError);
  options.field = 96;
  SimulatorOptions experiment = two_slice_experiment(options, make_two_slices(options));
  experiment.spacing_m.clear();
  EXPECT_THROW(Simulator{experiment}, InputError);
  experiment.spacing_m = {1e-6};
  experiment.behind = {Image<Complex>(Shape{3, 3}, 1.0F)};
  EXPECT_THROW(Simulator{experiment}, InputError);
}

}  // namespace
}  // namespace ptero::synth
