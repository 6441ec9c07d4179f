#include <gtest/gtest.h>

#include <cmath>
#include <ptero/synth/random.hpp>
#include <vector>

namespace ptero::synth {
namespace {

TEST(Random, StreamsRepeatAndDiffer) {
  Random a(5, 7), b(5, 7), other_seed(6, 7), other_stream(5, 8);
  const std::uint64_t first = a.bits();
  EXPECT_EQ(first, b.bits());
  EXPECT_NE(first, other_seed.bits());
  EXPECT_NE(first, other_stream.bits());
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(1, 0);
  double sum = 0, square = 0, normal_sum = 0, normal_square = 0;
  constexpr int draws = 100000;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    square += u * u;
    const double z = random.normal();
    normal_sum += z;
    normal_square += z * z;
  }
  EXPECT_NEAR(sum / draws, 0.5, 0.005);
  EXPECT_NEAR(square / draws, 1.0 / 3, 0.005);
  EXPECT_NEAR(normal_sum / draws, 0, 0.015);
  EXPECT_NEAR(normal_square / draws, 1, 0.02);
}

class Poisson : public ::testing::TestWithParam<double> {};

TEST_P(Poisson, MeanAndVarianceEqualTheMean) {
  const double mean = GetParam();
  Random random(3, 0);
  constexpr int draws = 200000;
  double sum = 0, square = 0;
  for (int i = 0; i < draws; ++i) {
    const double d = random.poisson(mean) - mean;
    sum += d;
    square += d * d;
  }
  // Five standard errors; the variance of the square is mean + 2 mean^2.
  EXPECT_NEAR(sum / draws, 0, 5 * std::sqrt(mean / draws));
  EXPECT_NEAR(square / draws, mean, 5 * std::sqrt((mean + 2 * mean * mean) / draws));
}

INSTANTIATE_TEST_SUITE_P(BothMethods, Poisson,
                         ::testing::Values(0.01, 0.7, 3.0, 9.99, 10.01, 60.0, 5e3, 2e6));

TEST(PoissonShape, CountsFollowTheDistributionOnBothSidesOfTheChangeOfMethod) {
  for (const double mean : {6.0, 12.0}) {
    Random random(4, 0);
    constexpr int draws = 400000;
    std::vector<double> seen(40);
    for (int i = 0; i < draws; ++i) {
      const std::uint32_t k = random.poisson(mean);
      if (k < seen.size()) seen[k] += 1;
    }
    double chi2 = 0;
    int cells = 0;
    for (std::size_t k = 0; k < seen.size(); ++k) {
      const double x = static_cast<double>(k);
      const double expected = draws * std::exp(x * std::log(mean) - mean - std::lgamma(x + 1));
      if (expected < 20) continue;
      chi2 += (seen[k] - expected) * (seen[k] - expected) / expected;
      ++cells;
    }
    EXPECT_LT(chi2, cells + 5 * std::sqrt(2.0 * cells)) << mean;
  }
}

TEST(PoissonShape, ZeroMeanGivesZero) {
  Random random(9, 9);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(random.poisson(0), 0U);
}

}  // namespace
}  // namespace ptero::synth
