#include <gtest/gtest.h>

#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/quality/edge.hpp>
#include <random>

namespace ptero::quality {
namespace {

struct Points {
  std::vector<double> x, y;
};

Points edge(double position, double fwhm, double low, double high, double noise = 0) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(0, 1);
  Points points;
  for (int i = 0; i <= 60; ++i) {
    const double x = 0.5 * i;
    const double e = std::erf((x - position) / (std::sqrt(2.0) * fwhm / 2.3548200450309493));
    points.x.push_back(x);
    points.y.push_back(low + (high - low) * 0.5 * (1 + e) + noise * normal(random));
  }
  return points;
}

class EdgeWidths : public testing::TestWithParam<double> {};

TEST_P(EdgeWidths, ComeOutAsTheyWentIn) {
  const double fwhm = GetParam();
  const Points points = edge(13.3, fwhm, -0.2, 0.7);
  const auto fit = fit_edge(points.x, points.y);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->fwhm, fwhm, 0.002 * fwhm);
  EXPECT_NEAR(fit->position, 13.3, 0.01);
  EXPECT_NEAR(fit->low, -0.2, 0.002);
  EXPECT_NEAR(fit->high, 0.7, 0.002);
  EXPECT_GT(fit->explained, 0.9999);
  for (std::size_t i = 0; i < points.x.size(); ++i) EXPECT_NEAR(fit->at(points.x[i]), points.y[i], 2e-3);
}
INSTANTIATE_TEST_SUITE_P(Pixels, EdgeWidths, testing::Values(1.0, 2.5, 6.0, 12.0));

TEST(EdgeFit, FallingEdgesAreEdgesToo) {
  const Points points = edge(15, 4, 3, 1);
  const auto fit = fit_edge(points.x, points.y);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->fwhm, 4, 0.01);
  EXPECT_NEAR(fit->low, 3, 0.01);
  EXPECT_NEAR(fit->high, 1, 0.01);
}

TEST(EdgeFit, StandsNoiseOfATenth) {
  const Points points = edge(14, 5, 0, 1, 0.1);
  const auto fit = fit_edge(points.x, points.y);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->fwhm, 5, 1.5);
  EXPECT_NEAR(fit->position, 14, 0.6);
  EXPECT_NEAR(fit->explained, 0.95, 0.03);
}

TEST(EdgeFit, NeedsPointsAndContrast) {
  const std::vector<double> x{0, 1, 2, 3, 4}, flat(5, 2.0);
  EXPECT_FALSE(fit_edge(x, flat));
  EXPECT_FALSE(fit_edge(std::span(x).first(4), std::span(flat).first(4)));
}

TEST(LineProfile, FollowsARampInAnyDirection) {
  Image<float> image(Shape{20, 30});
  for (std::size_t r = 0; r < 20; ++r)
    for (std::size_t c = 0; c < 30; ++c) image(r, c) = static_cast<float>(2.0 * double(r) + 3.0 * double(c));
  const Profile profile = line_profile(image, {4, 5, 7, 9}, 3);  // 5 pixels long
  ASSERT_EQ(profile.value.size(), 11u);
  EXPECT_DOUBLE_EQ(profile.distance_px.back(), 5);
  for (std::size_t i = 0; i < profile.value.size(); ++i)
    EXPECT_NEAR(profile.value[i], 23 + profile.distance_px[i] * (3 * 2 + 4 * 3) / 5, 1e-4);
}

TEST(LineProfile, AnEdgeAcrossAnImageHasItsWidth) {
  // Bilinear interpolation widens it: 3 pixels become sqrt(9 + about 0.7).
  Image<float> image(Shape{40, 40});
  for (std::size_t r = 0; r < 40; ++r)
    for (std::size_t c = 0; c < 40; ++c)
      image(r, c) = static_cast<float>(
          std::erf(((double(r) + double(c)) / std::sqrt(2.0) - 28) / (std::sqrt(2.0) * 3 / 2.35482)));
  const Profile profile = line_profile(image, {10, 10, 30, 30}, 5);
  const auto fit = fit_edge(profile.distance_px, profile.value);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->fwhm, 3.1, 0.1);
  EXPECT_NEAR(fit->position, 28 - std::sqrt(200.0), 0.05);
}

TEST(LineProfile, RefusesToLeaveTheImage) {
  const Image<float> image(Shape{10, 10}, 1.0F);
  EXPECT_NO_THROW(line_profile(image, {0, 0, 9, 9}));
  EXPECT_THROW(line_profile(image, {0, 0, 9, 9.5}), InputError);
  EXPECT_THROW(line_profile(image, {0, 0, 9, 9}, 3), InputError);
}

}  // namespace
}  // namespace ptero::quality
