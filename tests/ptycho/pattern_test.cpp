#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ptero/ptycho/pattern.hpp>
#include <random>

namespace ptero::ptycho {
namespace {

template <class T>
PixelView view(const std::vector<T>& pixels, Shape shape, Dtype dtype) {
  return {std::as_bytes(std::span(pixels)), shape, dtype};
}

TEST(Pattern, CentreLandsOnZeroAndCountsAreKept) {
  const Shape shape{6, 8};
  std::vector<std::uint16_t> pixels(shape.count(), 1);
  pixels[3 * 8 + 5] = 100;  // the centre
  const auto pattern =
      make_pattern(view(pixels, shape, Dtype::u16), {.n = 4, .centre_row = 3.2, .centre_col = 4.8});
  ASSERT_TRUE(pattern);
  const Image<float> a = amplitudes(*pattern, 4);
  EXPECT_NEAR(a(0, 0), 10, 1e-3);
  EXPECT_NEAR(a(1, 2), 1, 1e-3);
  EXPECT_NEAR(pattern->counts, 115, 1e-3);
}

TEST(Pattern, LeavesOutFlagsMaskAndWhatLiesOffTheDetector) {
  const Shape shape{4, 4};
  std::vector<std::uint8_t> pixels(16, 4);
  pixels[0] = 255;
  pixels[1] = 254;
  std::vector<std::uint8_t> mask(16);
  mask[2] = 1;
  // Centre at (1, 1): rows and columns -1..2 of the detector.
  const auto pattern =
      make_pattern(view(pixels, shape, Dtype::u8), {.n = 4, .centre_row = 1, .centre_col = 1, .mask = mask});
  ASSERT_TRUE(pattern);
  const Image<float> a = amplitudes(*pattern, 4);
  EXPECT_EQ(a(3, 3), -1);  // detector (0, 0): flag
  EXPECT_EQ(a(3, 0), -1);  // (0, 1): flag
  EXPECT_EQ(a(3, 1), -1);  // (0, 2): mask
  EXPECT_EQ(a(2, 0), -1);  // row -1
  EXPECT_EQ(a(0, 2), -1);  // column -1
  EXPECT_NEAR(a(0, 0), 2, 1e-3);
  EXPECT_NEAR(pattern->counts, 4 * 6, 1e-3);
}

// Zero counts and the noise of a dark that was subtracted: neither masked nor counted twice.
TEST(Pattern, NoiseBelowZeroBiasesNothing) {
  constexpr std::size_t n = 64;
  std::mt19937 rng(3);
  std::normal_distribution<float> noise(0, 3);
  std::vector<float> pixels(n * n);
  double counts = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const bool lit = i / n > 24 && i / n < 40 && i % n > 24 && i % n < 40;
    pixels[i] = (lit ? 400.0F : 0.0F) + noise(rng);
    counts += pixels[i];
  }
  const auto pattern =
      make_pattern(view(pixels, {n, n}, Dtype::f32), {.n = n, .centre_row = 32, .centre_col = 32});
  ASSERT_TRUE(pattern);
  EXPECT_NEAR(pattern->counts, counts, 5e-3 * counts);
  const Image<float> a = amplitudes(*pattern, n);
  double dim = 0, lit = 0;
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      ASSERT_GE(a(r, c), 0) << "nothing is masked";
      const std::size_t row = (r + n / 2) % n, col = (c + n / 2) % n;
      const bool inside = row > 24 && row < 40 && col > 24 && col < 40;
      (inside ? lit : dim) += double{a(r, c)} * double{a(r, c)};
    }
  EXPECT_NEAR(lit, 225 * 400, 0.01 * 225 * 400);
  EXPECT_LT(dim, 0.01 * counts);
}

TEST(Pattern, MarksOfGapsInFloatsAreMasked) {
  std::vector<float> pixels(16, 9.0F);
  pixels[5] = -1;
  pixels[6] = -2;
  pixels[7] = 4294967296.0F;
  pixels[8] = 65535;
  const auto pattern =
      make_pattern(view(pixels, {4, 4}, Dtype::f32), {.n = 4, .centre_row = 2, .centre_col = 2});
  ASSERT_TRUE(pattern);
  EXPECT_NEAR(pattern->counts, 12 * 9, 1e-3);
}

TEST(Pattern, RefusesByReason) {
  const std::vector<float> zero(16, 0.0F);
  const IntakeOptions options{.n = 4, .centre_row = 2, .centre_col = 2};
  EXPECT_EQ(make_pattern(view(zero, {4, 4}, Dtype::f32), options).reason(), IntakeFault::no_counts);
  EXPECT_EQ(make_pattern(view(zero, {4, 5}, Dtype::f32), options).reason(), IntakeFault::wrong_shape);
  const std::vector<float> nan(16, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(make_pattern(view(nan, {4, 4}, Dtype::f32), options).reason(), IntakeFault::no_counts);
  const std::vector<std::uint16_t> flags(16, 65535);
  EXPECT_EQ(make_pattern(view(flags, {4, 4}, Dtype::u16), options).reason(), IntakeFault::no_counts);
  const IntakeOptions away{.n = 4, .centre_row = 100, .centre_col = -50};
  const std::vector<float> one(16, 1.0F);
  EXPECT_EQ(make_pattern(view(one, {4, 4}, Dtype::f32), away).reason(), IntakeFault::no_counts);
}

TEST(Pattern, RoundingIsFarBelowShotNoise) {
  std::vector<std::uint32_t> pixels(64);
  for (std::size_t i = 0; i < 64; ++i) pixels[i] = std::uint32_t(i * i * i * i);
  const auto pattern =
      make_pattern(view(pixels, {8, 8}, Dtype::u32), {.n = 8, .centre_row = 4, .centre_col = 4});
  const Image<float> a = amplitudes(*pattern, 8);
  for (std::size_t r = 0; r < 8; ++r)
    for (std::size_t c = 0; c < 8; ++c)
      EXPECT_NEAR(a((r + 4) % 8, (c + 4) % 8), std::sqrt(double(pixels[r * 8 + c])), 0.05);
}

TEST(Pattern, SaturatedPixelsMeasureNothingAndNearFieldsStayInPlace) {
  const std::vector<std::uint16_t> counts{1, 4, 9, 16};
  const PixelView view{std::as_bytes(std::span(counts)), {2, 2}, Dtype::u16};
  IntakeOptions options{.n = 2, .centre_row = 1, .centre_col = 1, .saturation = 9};
  const auto far = make_pattern(view, options);
  ASSERT_TRUE(far);
  EXPECT_EQ(far->counts, 5);
  const Image<float> swapped = amplitudes(*far, 2);
  EXPECT_EQ(swapped(0, 0), -1);
  EXPECT_EQ(swapped(0, 1), -1);
  EXPECT_NEAR(swapped(1, 1), 1, 1e-4);
  options.regime = Regime::near_field;
  options.saturation = 0;
  const Image<float> straight = amplitudes(*make_pattern(view, options), 2);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(straight.data()[i], float(i + 1), 1e-3);
}

}  // namespace
}  // namespace ptero::ptycho
