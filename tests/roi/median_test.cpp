#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "cohort.hpp"

namespace ptero::roi {
namespace {

double plain_median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

/// Tiny; about the size from which values are bracketed; bracketed once and several times; odd and even.
const std::vector<std::size_t> sizes{1,   2,   3,   4,    5,    127,  128,  129,  511,   512,
                                     513, 514, 640, 1000, 1023, 4095, 4096, 4097, 20000, 100001};

std::vector<double> filled(std::size_t size, const std::function<double(std::size_t)>& value) {
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = value(i);
  return values;
}

TEST(Median, OfNothingIsNotANumber) {
  EXPECT_TRUE(std::isnan(median_of({})));
}

TEST(Median, OfRandomValuesIsWhatSelectionGives) {
  std::mt19937 rng(5);
  std::normal_distribution<double> normal;
  std::lognormal_distribution<double> skewed(0, 3);
  std::uniform_int_distribution<int> few(0, 9);
  for (const std::size_t size : sizes)
    for (int repeat = 0; repeat < 8; ++repeat) {
      const auto a = filled(size, [&](auto) { return normal(rng); });
      const auto b = filled(size, [&](auto) { return skewed(rng); });
      const auto c = filled(size, [&](auto) { return few(rng); });
      ASSERT_EQ(median_of(a), plain_median(a)) << size;
      ASSERT_EQ(median_of(b), plain_median(b)) << size;
      ASSERT_EQ(median_of(c), plain_median(c)) << size;
    }
}

TEST(Median, OfSortedAndConstantValuesIsWhatSelectionGives) {
  for (const std::size_t size : sizes) {
    const auto up = filled(size, [](std::size_t i) { return static_cast<double>(i); });
    const auto down = filled(size, [](std::size_t i) { return -static_cast<double>(i); });
    const std::vector<double> constant(size, 7.25);
    ASSERT_EQ(median_of(up), static_cast<double>(size - 1) / 2);
    ASSERT_EQ(median_of(down), -static_cast<double>(size - 1) / 2);
    ASSERT_EQ(median_of(constant), 7.25);
  }
}

TEST(Median, OfTwoValuesMeetsTheStepBetweenThem) {
  std::mt19937 rng(6);
  for (const std::size_t size : sizes)
    for (std::size_t ones = size / 2 - std::min<std::size_t>(size / 2, 2);
         ones <= std::min(size, size / 2 + 2); ++ones) {
      auto values = filled(size, [&](std::size_t i) { return i < ones ? 1.0 : 0.0; });
      std::shuffle(values.begin(), values.end(), rng);
      // Zeros come first: the middle is a one from rank size - ones on.
      const double upper = size / 2 >= size - ones ? 1 : 0;
      const double lower = size % 2 == 1 ? upper : size / 2 - 1 >= size - ones ? 1 : 0;
      ASSERT_EQ(median_of(values), (lower + upper) / 2) << size << ' ' << ones;
    }
}

/// The sample sees every 8th of 1024 values, the extremes alone: its bracket misses.
TEST(Median, SurvivesASampleThatMisleads) {
  std::mt19937 rng(7);
  std::normal_distribution<double> normal;
  for (const double outlier : {-100.0, 100.0, std::numeric_limits<double>::infinity()}) {
    const auto values = filled(1024, [&](std::size_t i) { return i % 8 == 0 ? outlier : normal(rng); });
    ASSERT_EQ(median_of(values), plain_median(values));
  }
  // Two clusters with a gap at the middle: the two values that are averaged lie far apart.
  for (const std::size_t size : {1024, 4096, 10000}) {
    auto values = filled(size, [&](std::size_t i) { return normal(rng) + (i % 2 == 0 ? 1000 : -1000); });
    std::shuffle(values.begin(), values.end(), rng);
    ASSERT_EQ(median_of(values), plain_median(values));
  }
}

/// Of 0 .. 1023 the sample is 0 .. 47 and 512 .. 591, so that its bracket starts at the upper of the middle
/// two and leaves out the lower.
TEST(Median, IsTheMeanOfTwoWhereTheBracketPartsThem) {
  std::vector<double> seen(128), unseen;
  std::iota(seen.begin(), seen.begin() + 48, 0);
  std::iota(seen.begin() + 48, seen.end(), 512);
  for (int v = 0; v < 1024; ++v)
    if (std::find(seen.begin(), seen.end(), v) == seen.end()) unseen.push_back(v);
  std::size_t next = 0;
  const auto values = filled(1024, [&](std::size_t i) { return i % 8 == 0 ? seen[i / 8] : unseen[next++]; });
  ASSERT_EQ(median_of(values), 511.5);
}

}  // namespace
}  // namespace ptero::roi
