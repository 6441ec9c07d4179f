#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ptero/core/error.hpp>
#include <ptero/synth/sample.hpp>

namespace ptero::synth {
namespace {

// The default field of the simulator, and half as much around it.
SampleOptions options_for(SampleKind kind, std::uint64_t seed, double pixel_m = 30e-9) {
  SampleOptions options;
  options.kind = kind;
  options.pixel_m = pixel_m;
  options.field_width_m = 9.6e-6;
  options.field_height_m = 7.2e-6;
  options.shape = {static_cast<std::size_t>(10.8e-6 / pixel_m), static_cast<std::size_t>(14.4e-6 / pixel_m)};
  options.seed = seed;
  return options;
}

// Share of the field that holds more than 20 nm of material.
double fill_of(const SampleOptions& options) {
  const Image<float> thickness = make_thickness(options);
  const auto covered =
      std::count_if(thickness.pixels().begin(), thickness.pixels().end(), [](float t) { return t > 20e-9F; });
  return static_cast<double>(covered) * options.pixel_m * options.pixel_m /
         (options.field_width_m * options.field_height_m);
}

double volume_of(const SampleOptions& options) {
  const Image<float> thickness = make_thickness(options);
  return std::accumulate(thickness.pixels().begin(), thickness.pixels().end(), 0.0) * options.pixel_m *
         options.pixel_m;
}

TEST(Sample, NanosheetsFillAFifthToThreeTenthsOfTheField) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const double fill = fill_of(options_for(SampleKind::nanosheets, seed));
    EXPECT_GT(fill, 0.20) << seed;
    EXPECT_LT(fill, 0.30) << seed;
  }
}

TEST(Sample, ParticlesLeaveMostOfTheFieldEmpty) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const double fill = fill_of(options_for(SampleKind::particles, seed));
    EXPECT_GT(fill, 0.30) << seed;
    EXPECT_LT(fill, 0.42) << seed;
  }
}

TEST(Sample, CoversTheShareAskedFor) {
  SampleOptions options = options_for(SampleKind::nanosheets, 1);
  for (const double share : {0.05, 0.15, 0.3}) {
    options.coverage = share;
    EXPECT_NEAR(fill_of(options) / share, 1, 0.15);
  }
  options.coverage = 1;
  EXPECT_THROW(make_thickness(options), InputError);
}

TEST(Sample, TransmissionNeverExceedsOneAndIsVacuumAtTheBorder) {
  for (const SampleKind kind : {SampleKind::nanosheets, SampleKind::particles}) {
    const Image<std::complex<float>> object = make_object(options_for(kind, 2));
    float deepest = 0;
    for (const std::complex<float>& o : object.pixels()) {
      ASSERT_LE(std::abs(o), 1.0F + 1e-6F);
      deepest = std::min(deepest, std::arg(o));
    }
    EXPECT_LT(deepest, -0.8F);
    EXPECT_GT(deepest, -3.1F);  // no wrap
    for (std::size_t c = 0; c < object.cols(); ++c) ASSERT_EQ(object(0, c), std::complex<float>(1));
    for (std::size_t r = 0; r < object.rows(); ++r) ASSERT_EQ(object(r, 0), std::complex<float>(1));
  }
}

TEST(Sample, EmptyIsVacuum) {
  const Image<std::complex<float>> object = make_object(options_for(SampleKind::empty, 1));
  EXPECT_TRUE(std::all_of(object.pixels().begin(), object.pixels().end(), [](auto o) { return o == 1.0F; }));
}

TEST(Sample, OneMicrometreOfCopperSulphideShiftsAndAbsorbsAsTabulated) {
  const auto object = transmission(Image<float>(Shape{1, 1}, 1e-6F), copper_sulphide);
  // 2 pi delta / lambda and 4 pi beta / lambda at 0.14089 nm.
  EXPECT_NEAR(std::arg(object(0, 0)), -0.495, 0.002);
  EXPECT_NEAR(1 - std::norm(object(0, 0)), 0.0226, 0.0003);
  const RefractiveIndex half = copper_sulphide.at(4400);
  EXPECT_NEAR(half.delta / copper_sulphide.delta, 4, 1e-9);
  EXPECT_NEAR(half.beta / copper_sulphide.beta, 16, 1e-9);
}

TEST(Sample, IsTheSameSampleAtEveryPixelSizeAndAnotherOneForEverySeed) {
  for (const SampleKind kind : {SampleKind::nanosheets, SampleKind::particles}) {
    const double coarse = volume_of(options_for(kind, 3, 30e-9));
    EXPECT_NEAR(volume_of(options_for(kind, 3, 15e-9)) / coarse, 1, 0.01);
    EXPECT_GT(std::abs(volume_of(options_for(kind, 4, 30e-9)) / coarse - 1), 1e-4);
  }
}

TEST(Sample, PlateEdgesAreSmoothOverAboutTwoPixels) {
  // No step between neighbours takes a whole plate's thickness, however steep the plates: 130 nm / 0.12.
  const Image<float> t = make_thickness(options_for(SampleKind::nanosheets, 1));
  float steepest = 0;
  for (std::size_t r = 0; r < t.rows(); ++r)
    for (std::size_t c = 1; c < t.cols(); ++c) steepest = std::max(steepest, std::abs(t(r, c) - t(r, c - 1)));
  EXPECT_LT(steepest, 0.9F * 130e-9F / 0.12F);
  EXPECT_GT(steepest, 0.0F);
}

TEST(Satellites, AreSixSmallAndApart) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const SampleOptions options = options_for(SampleKind::particles, seed);
    const std::vector<Satellite> all = satellites(options);
    ASSERT_EQ(all.size(), 6U);
    const Image<float> thickness = make_thickness(options);
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_GE(all[i].diameter_m, 0.25e-6);
      EXPECT_LE(all[i].diameter_m, 0.6e-6);
      EXPECT_LT(std::abs(all[i].centre.x_m), options.field_width_m / 2);
      EXPECT_LT(std::abs(all[i].centre.y_m), options.field_height_m / 2);
      // A ball is as thick as it is wide.
      const auto row = static_cast<std::size_t>(std::lround(all[i].centre.y_m / options.pixel_m) +
                                                static_cast<long>(options.shape.rows / 2));
      const auto col = static_cast<std::size_t>(std::lround(all[i].centre.x_m / options.pixel_m) +
                                                static_cast<long>(options.shape.cols / 2));
      EXPECT_NEAR(thickness(row, col) / all[i].diameter_m, 1, 0.1);
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_GT(std::hypot(all[i].centre.x_m - all[j].centre.x_m, all[i].centre.y_m - all[j].centre.y_m),
                  0.6e-6);
    }
  }
  EXPECT_TRUE(satellites(options_for(SampleKind::nanosheets, 1)).empty());
}

TEST(Satellites, FitEvenAFieldThatIsTooSmall) {
  SampleOptions options = options_for(SampleKind::particles, 1);
  options.field_width_m = options.field_height_m = 0.5e-6;
  EXPECT_EQ(satellites(options).size(), 6U);
}

TEST(SampleName, RoundTripsAndRefusesTheRest) {
  for (const SampleKind kind : {SampleKind::empty, SampleKind::nanosheets, SampleKind::particles})
    EXPECT_EQ(sample_from_name(name_of(kind)), kind);
  EXPECT_THROW(sample_from_name("nanosheet"), InputError);
  EXPECT_THROW(sample_from_name("two-slice"), InputError);
  EXPECT_THROW(make_thickness(SampleOptions{}), InputError);
}

}  // namespace
}  // namespace ptero::synth
