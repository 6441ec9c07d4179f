#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <ptero/quality/power_spectrum.hpp>
#include <random>

namespace ptero::quality {
namespace {

/// A grating with its wave vector along `angle` whose period fits the image, in white noise.
Image<float> grating(Shape shape, int row_periods, int col_periods, double amplitude, double noise) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, noise > 0 ? noise : 1);
  Image<float> image(shape);
  for (std::size_t r = 0; r < shape.rows; ++r)
    for (std::size_t c = 0; c < shape.cols; ++c)
      image(r, c) = static_cast<float>(7 +
                                       amplitude * std::cos(2 * std::numbers::pi *
                                                            (row_periods * double(r) / double(shape.rows) +
                                                             col_periods * double(c) / double(shape.cols))) +
                                       (noise > 0 ? normal(random) : 0));
  return image;
}

double sum(const Image<float>& image) {
  return std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
}

TEST(PowerSpectrum, OfAGratingIsTwoHalvesBesideTheMiddle) {
  const Image<float> spectrum = power_spectrum(grating({40, 48}, 3, 9, 2, 0), 0);
  EXPECT_NEAR(spectrum(20 + 3, 24 + 9), 0.5, 1e-5);
  EXPECT_NEAR(spectrum(20 - 3, 24 - 9), 0.5, 1e-5);
  EXPECT_NEAR(spectrum(20, 24), 0, 1e-6);  // the mean is gone
  EXPECT_NEAR(sum(spectrum), 1, 1e-5);
}

TEST(PowerSpectrum, SumsToOneWhateverTheUnitAndIsZeroWithoutContrast) {
  Image<float> image = grating({32, 32}, 2, 5, 1, 0.3);
  const Image<float> once = power_spectrum(image);
  for (float& v : image.pixels()) v *= 1000;
  const Image<float> thousandfold = power_spectrum(image);
  EXPECT_NEAR(sum(once), 1, 1e-5);
  for (std::size_t i = 0; i < once.size(); ++i)
    EXPECT_NEAR(thousandfold.pixels()[i], once.pixels()[i], 1e-3F * once.pixels()[i] + 1e-9F);
  EXPECT_EQ(sum(power_spectrum(Image<float>(Shape{16, 16}, 3.0F))), 0);
}

TEST(PowerSpectrum, IsShownAsTheSquareOfItsLogarithm) {
  Image<float> spectrum(Shape{1, 3});
  spectrum(0, 0) = 1e-2F;
  spectrum(0, 1) = 1e-3F;
  const Image<float> shown = shown_power(spectrum);
  EXPECT_NEAR(shown(0, 0), 4, 1e-4);
  EXPECT_NEAR(shown(0, 1), 9, 1e-4);
  EXPECT_NEAR(shown(0, 2), 9, 1e-4);  // no power: as the least there is
}

TEST(RadialPower, PutsAGratingIntoItsRing) {
  const RadialPower radial = radial_power(power_spectrum(grating({64, 64}, 6, 8, 1, 0), 0));
  ASSERT_EQ(radial.frequency.size(), 33u);
  const auto ring = std::max_element(radial.power.begin(), radial.power.end()) - radial.power.begin();
  EXPECT_EQ(ring, 10);  // hypot(6, 8)
  EXPECT_DOUBLE_EQ(radial.frequency[10], 10.0 / 64);
}

TEST(Streak, OfKnownStrengthIsFoundWithItsDirection) {
  // The grating's power a^2 / 2 against white noise of power s^2, spread evenly over all frequencies.
  const double amplitude = 0.8, noise = 1;
  const Image<float> spectrum = power_spectrum(grating({128, 128}, 16, 16, amplitude, noise), 0);
  const Streak streak = strongest_streak(spectrum);
  EXPECT_NEAR(streak.angle_rad, std::numbers::pi / 4, 6 * std::numbers::pi / 180);

  const StreakOptions options;
  const double whole = amplitude * amplitude / 2 + noise * noise;
  const double ring = std::numbers::pi * (0.25 - options.low * options.low);
  const double wedge = ring * 4 * options.half_width_rad / (2 * std::numbers::pi);
  const Streak along = streak_along(spectrum, std::numbers::pi / 4);
  EXPECT_NEAR(along.share, (amplitude * amplitude / 2 + noise * noise * wedge) / whole, 0.015);
  EXPECT_NEAR(along.contrast, (amplitude * amplitude / 2 / wedge + noise * noise) / (noise * noise), 0.8);
  // Across it lies noise only; the rest of the ring holds the grating.
  EXPECT_NEAR(streak_along(spectrum, 3 * std::numbers::pi / 4).contrast,
              noise * noise / (noise * noise + amplitude * amplitude / 2 / (ring - wedge)), 0.07);
}

TEST(Streak, IsTheSameFromBothEndsAndAbsentInNoise) {
  const Image<float> spectrum = power_spectrum(grating({96, 96}, -12, 20, 1, 0.5));
  const double angle = std::atan2(-12.0, 20.0);
  EXPECT_GT(streak_along(spectrum, angle).contrast, 5);
  EXPECT_EQ(streak_along(spectrum, angle).contrast,
            streak_along(spectrum, angle + std::numbers::pi).contrast);
  EXPECT_NEAR(streak_along(spectrum, angle).angle_rad, angle + std::numbers::pi, 1e-12);
  EXPECT_LT(strongest_streak(power_spectrum(grating({96, 96}, 0, 0, 0, 1))).contrast, 1.5);
}

TEST(Streak, LooksOnlyBetweenItsFrequencies) {
  const Image<float> spectrum = power_spectrum(grating({128, 128}, 0, 3, 1, 0.1), 0);
  EXPECT_GT(streak_along(spectrum, 0, {.low = 0.01}).share, 0.9);
  EXPECT_LT(streak_along(spectrum, 0, {.low = 0.05}).share, 0.1);
}

}  // namespace
}  // namespace ptero::quality
