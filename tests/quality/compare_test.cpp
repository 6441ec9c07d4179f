#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <ptero/quality/compare.hpp>
#include <random>

namespace ptero::quality {
namespace {

// A sum of plane waves whose frequencies fit the array, so that a shift of any fraction is exact.
Image<Complex> waves(Shape shape, double shift_rows, double shift_cols) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> phase(0, 6.28);
  std::uniform_int_distribution<int> index(-9, 9);
  Image<Complex> out(shape, Complex(4, 0));
  for (int k = 0; k < 40; ++k) {
    const double fr = index(random) / double(shape.rows), fc = index(random) / double(shape.cols),
                 start = phase(random);
    for (std::size_t r = 0; r < shape.rows; ++r)
      for (std::size_t c = 0; c < shape.cols; ++c)
        out(r, c) += Complex(std::polar(
            0.5,
            start + 2 * std::numbers::pi * (fr * (double(r) - shift_rows) + fc * (double(c) - shift_cols))));
  }
  return out;
}

Image<Complex> noise(Shape shape, unsigned seed, float size) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, size);
  Image<Complex> out(shape);
  for (auto& v : out.pixels()) v = {normal(random), normal(random)};
  return out;
}

Mask inner(Shape shape, std::size_t border) {
  Mask mask(shape);
  for (std::size_t r = border; r + border < shape.rows; ++r)
    for (std::size_t c = border; c + border < shape.cols; ++c) mask(r, c) = 1;
  return mask;
}

TEST(Align, FindsWhatWasDone) {
  const Shape shape{90, 80};
  const Image<Complex> reference = waves(shape, 0, 0);
  Image<Complex> image = waves(shape, 3.3, -2.7);
  const std::complex<double> factor = std::polar(1.7, 2.0);
  // Several phase wraps across the image.
  for (std::size_t r = 0; r < shape.rows; ++r)
    for (std::size_t c = 0; c < shape.cols; ++c)
      image(r, c) *=
          Complex(factor * std::polar(1.0, 2 * std::numbers::pi * (0.0523 * double(r) - 0.031 * double(c))));
  const Mask mask = inner(shape, 12);

  const Aligned aligned = align(image, reference, mask);

  EXPECT_NEAR(aligned.alignment.shift_rows, -3.3, 0.05);
  EXPECT_NEAR(aligned.alignment.shift_cols, 2.7, 0.05);
  EXPECT_NEAR(aligned.alignment.ramp_rows, 0.0523, 2e-4);
  EXPECT_NEAR(aligned.alignment.ramp_cols, -0.031, 2e-4);
  EXPECT_NEAR(std::abs(aligned.alignment.factor), 1 / 1.7, 0.01);
  EXPECT_LT(phase_rms(aligned.image, reference, mask), 0.05);
  EXPECT_GT(phase_rms(image, reference, mask), 1);
}

TEST(Align, PixelShiftIsWhole) {
  const Shape shape{64, 64};
  const Aligned aligned = align(waves(shape, -4, 2), waves(shape, 0, 0), inner(shape, 8), Shift::pixel);
  EXPECT_EQ(aligned.alignment.shift_rows, 4);
  EXPECT_EQ(aligned.alignment.shift_cols, -2);
}

TEST(Align, NothingToDoChangesNothing) {
  const Image<Complex> image = waves({48, 50}, 0, 0);
  const Aligned aligned = align(image, image, Mask(image.shape(), 1));
  for (std::size_t i = 0; i < image.size(); ++i)
    EXPECT_NEAR(std::abs(aligned.image.data()[i] - image.data()[i]), 0, 0.02);
}

TEST(Ssim, IsOneForTheSameAndBlindOutsideTheMask) {
  const Shape shape{40, 40};
  const Image<float> reference = phase(waves(shape, 0, 0));
  Image<float> image = reference;
  const Mask mask = inner(shape, 10);
  EXPECT_NEAR(ssim(image, reference, mask), 1, 1e-9);
  image(0, 0) = 1e3F;
  image(5, 39) = -1e3F;
  EXPECT_NEAR(ssim(image, reference, mask), 1, 1e-9);
  EXPECT_EQ(ssim(image, reference, Mask(shape)), 0);
}

TEST(Ssim, OfAConstantOffsetIsTheLuminanceTerm) {
  // Far from the step between the halves, structure and contrast are 1 and means are known.
  const Shape shape{60, 60};
  Image<float> reference(shape), image(shape);
  for (std::size_t r = 0; r < 60; ++r)
    for (std::size_t c = 0; c < 60; ++c) {
      reference(r, c) = c < 30 ? 1.0F : 3.0F;
      image(r, c) = reference(r, c) + 0.5F;
    }
  Mask mask(shape);
  mask(30, 5) = mask(30, 50) = 1;  // each sees itself alone
  const double c1 = 0.02 * 0.02;
  const auto luminance = [c1](double x, double y) { return (2 * x * y + c1) / (x * x + y * y + c1); };
  EXPECT_NEAR(ssim(image, reference, mask), (luminance(1.5, 1) + luminance(3.5, 3)) / 2, 1e-9);
}

TEST(RingCorrelation, OfTheSameImageIsOneWithoutACrossing) {
  const Image<Complex> image = noise({64, 80}, 1, 1);
  const RingCorrelation frc = ring_correlation(image, image, Mask(image.shape(), 1));
  ASSERT_EQ(frc.correlation.size(), 33u);
  for (double c : frc.correlation) EXPECT_NEAR(c, 1, 1e-6);
  EXPECT_FALSE(frc.half_bit_crossing);
  EXPECT_DOUBLE_EQ(frc.frequency.back(), 0.5);
}

TEST(RingCorrelation, CrossesWhereNoiseTakesOver) {
  // The common part ends at a frequency of 9 / 64; the rest is independent noise.
  const Shape shape{64, 64};
  Image<Complex> a = waves(shape, 0, 0), b = a;
  const Image<Complex> noise_a = noise(shape, 1, 0.5F), noise_b = noise(shape, 2, 0.5F);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a.data()[i] += noise_a.data()[i];
    b.data()[i] += noise_b.data()[i];
  }
  const RingCorrelation frc = ring_correlation(a, b, Mask(shape, 1));
  ASSERT_TRUE(frc.half_bit_crossing);
  EXPECT_GT(*frc.half_bit_crossing, 6 / 64.0);
  EXPECT_LT(*frc.half_bit_crossing, 16 / 64.0);
  EXPECT_LE(*frc.one_bit_crossing, *frc.half_bit_crossing);
}

TEST(RingCorrelation, OfUnrelatedImagesCrossesAtOnceAndGivesNoResolution) {
  int at_once = 0;
  for (unsigned seed = 1; seed <= 16; ++seed) {
    const Image<Complex> a = noise({64, 64}, seed, 1), b = noise({64, 64}, 100 + seed, 1);
    const RingCorrelation frc = ring_correlation(a, b, Mask(a.shape(), 1));
    ASSERT_TRUE(frc.half_bit_crossing) << seed;
    if (*frc.half_bit_crossing > 0) {
      // Ring 1 agreed by chance: what is said is no coarser than its period.
      EXPECT_LE(*resolution_m(frc, frc.half_bit_crossing, 1e-8), 32 * 1e-8) << seed;
      continue;
    }
    ++at_once;
    EXPECT_FALSE(resolution_m(frc, frc.half_bit_crossing, 1e-8)) << seed;
  }
  EXPECT_GT(at_once, 8);
}

TEST(RingCorrelation, OfTooSmallAnAreaGivesNoResolution) {
  const Image<Complex> image = noise({64, 64}, 1, 1);
  Mask mask(image.shape());
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t c = 0; c < 5; ++c) mask(r, c) = 1;
  const RingCorrelation frc = ring_correlation(image, image, mask);
  EXPECT_TRUE(frc.correlation.empty());
  EXPECT_FALSE(resolution_m(frc, frc.half_bit_crossing, 1e-8));
}

TEST(Compare, OfADisplacedCopyIsPerfect) {
  const Shape shape{72, 72};
  Image<Complex> image = waves(shape, 5, 1);
  for (auto& o : image.pixels()) o *= Complex(0, 2);
  const Comparison result = compare(image, waves(shape, 0, 0), inner(shape, 10), 1e-8);
  EXPECT_GT(result.ssim_phase, 0.999);
  EXPECT_GT(result.ssim_modulus, 0.999);
  EXPECT_LT(result.phase_rms, 1e-2);
  EXPECT_LT(result.object_error, 1e-2);
  EXPECT_DOUBLE_EQ(result.resolution_half_bit_m.value(), 1e-8);
}

TEST(Compare, OfNoiseIsBad) {
  const Shape shape{72, 72};
  const Comparison result = compare(noise(shape, 5, 1), waves(shape, 0, 0), inner(shape, 10), 1e-8);
  EXPECT_LT(result.ssim_phase, 0.3);
  EXPECT_GT(result.object_error, 0.5);
  EXPECT_GT(result.resolution_half_bit_m.value_or(1), 5e-8);
}

}  // namespace
}  // namespace ptero::quality
