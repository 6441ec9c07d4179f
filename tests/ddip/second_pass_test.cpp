#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <ptero/ddip/second_pass.hpp>

namespace ptero::ddip {
namespace {

using Complex = std::complex<float>;
constexpr Shape whole{120, 128}, lit{96, 100};
constexpr Window window{10, 14, lit};

/// So many half periods along each side of the window.
float wave(std::size_t r, std::size_t c, double halves) {
  const auto along = [&](std::size_t i, std::size_t side) {
    return std::cos(std::numbers::pi * halves * (static_cast<double>(i) + 0.5) / static_cast<double>(side));
  };
  return static_cast<float>(along(c, lit.cols) * along(r, lit.rows));
}

std::vector<Image<Complex>> objects_with(float coarse_1, float coarse_2) {
  std::vector<Image<Complex>> objects(2, Image<Complex>(whole, Complex(0.5F)));
  for (std::size_t r = 0; r < lit.rows; ++r)
    for (std::size_t c = 0; c < lit.cols; ++c) {
      const float fine = wave(r, c, 40);
      objects[0](r + window.top, c + window.left) = std::polar(0.9F, coarse_1 * wave(r, c, 2) + 0.2F * fine);
      objects[1](r + window.top, c + window.left) = std::polar(0.8F, coarse_2 * wave(r, c, 2) - 0.1F * fine);
    }
  return objects;
}

double difference(const Image<Complex>& a, const Image<Complex>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::norm(a.data()[i] - b.data()[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(SecondPass, TheOpenFrequencyFollowsThePropagator) {
  // pi lambda z f^2 = 0.02 at z = 10 um, lambda = 0.1 nm: f = 2.52e6 a metre.
  EXPECT_NEAR(open_frequency(10e-6, 1e-10, 10e-9), 2.523e6 * 10e-9, 1e-5);
  EXPECT_NEAR(open_frequency(40e-6, 1e-10, 10e-9), 2.523e6 * 10e-9 / 2, 1e-5);
  EXPECT_EQ(open_frequency(1e-12, 1e-10, 10e-9), 0.5);
}

TEST(SecondPass, WhatIsCoarseGoesWhereTheSeparationSaysAndTheSumStays) {
  // A wave of 0.4 rad belongs to slice 2; a third of it was reconstructed in slice 1.
  const auto given = objects_with(0.133F, 0.267F), truth = objects_with(0, 0.4F);
  std::vector<Image<float>> separated(2, Image<float>(lit));
  for (std::size_t r = 0; r < lit.rows; ++r)
    for (std::size_t c = 0; c < lit.cols; ++c) {
      separated[0](r, c) = 0.7F * wave(r, c, 40);  // its detail has another strength: it must not matter
      separated[1](r, c) = wave(r, c, 2);
    }
  const auto out = with_shares_of(given, window, separated, 0.05);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_LT(difference(out[l], truth[l]), 0.2 * difference(given[l], truth[l])) << l;
    for (std::size_t r = 0; r < window.top; ++r)
      for (std::size_t c = 0; c < whole.cols; ++c) ASSERT_EQ(out[l](r, c), given[l](r, c));
  }
  for (std::size_t i = 0; i < given[0].size(); ++i)
    ASSERT_NEAR(std::abs(out[0].data()[i] * out[1].data()[i] - given[0].data()[i] * given[1].data()[i]), 0,
                1e-5);
}

TEST(SecondPass, ASeparationThatChangesNothingCoarseLeavesTheSlices) {
  const auto given = objects_with(0.1F, 0.3F);
  std::vector<Image<float>> separated(2, Image<float>(lit));
  for (std::size_t r = 0; r < lit.rows; ++r)
    for (std::size_t c = 0; c < lit.cols; ++c)
      for (std::size_t l = 0; l < 2; ++l)
        separated[l](r, c) = std::arg(given[l](r + window.top, c + window.left)) + 0.05F * wave(r, c, 41);
  const auto out = with_shares_of(given, window, separated, 0.05);
  for (std::size_t l = 0; l < 2; ++l) EXPECT_LT(difference(out[l], given[l]), 0.005);
}

}  // namespace
}  // namespace ptero::ddip
