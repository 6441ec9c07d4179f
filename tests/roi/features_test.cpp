#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <ptero/core/error.hpp>
#include <ptero/roi/features.hpp>
#include <random>

namespace ptero::roi {
namespace {

template <class T>
std::vector<T> random_pattern(Shape shape, std::mt19937& rng) {
  std::vector<T> pixels(shape.count());
  for (T& p : pixels) {
    if constexpr (std::is_floating_point_v<T>)
      p = std::uniform_real_distribution<T>(0, 1000)(rng);
    else
      p = static_cast<T>(rng());
  }
  return pixels;
}

/// The definition, pixel by pixel, in long double.
template <class T>
FrameFeatures by_definition(Shape shape, Dtype dtype, PatternCentre centre, int segments,
                            const std::vector<std::uint8_t>& mask, const std::vector<T>& pixels) {
  struct Sum {
    long double total = 0, x = 0, y = 0;
    void add(double p, double px, double py) { total += p, x += p * px, y += p * py; }
    SegmentFeatures features() const {
      return {static_cast<double>(total), static_cast<double>(x / total), static_cast<double>(y / total)};
    }
  };
  std::vector<Sum> sums(segments);
  Sum whole;
  FrameFeatures result;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (!mask.empty() && mask[i] != 0) continue;
    if (!(pixels[i] < flag_value(dtype))) {
      ++result.flagged_pixels;
      continue;
    }
    const auto row = static_cast<double>(i / shape.cols), col = static_cast<double>(i % shape.cols);
    double angle = std::atan2(row - centre.row, col - centre.col);
    if (angle < 0) angle += 2 * std::numbers::pi;
    const int s = std::min(static_cast<int>(angle * segments / (2 * std::numbers::pi)), segments - 1);
    sums[s].add(pixels[i], col, row);
    whole.add(pixels[i], col, row);
  }
  for (const Sum& sum : sums) result.segments.push_back(sum.features());
  result.whole = whole.features();
  return result;
}

std::vector<double> numbers_of(const FrameFeatures& f) {
  std::vector<double> all{f.whole.total, f.whole.com_x, f.whole.com_y};
  for (const auto& s : f.segments) all.insert(all.end(), {s.total, s.com_x, s.com_y});
  return all;
}

std::vector<std::uint64_t> bits_of(const FrameFeatures& f) {
  std::vector<std::uint64_t> all{f.flagged_pixels};
  for (double v : numbers_of(f)) all.push_back(std::bit_cast<std::uint64_t>(v));
  return all;
}

struct Case {
  Shape shape;
  int segments;
  bool masked;
};

template <class T>
void check_dtype(Dtype dtype) {
  std::mt19937 rng(7);
  for (const Case& c : {Case{{256, 256}, 1, false}, Case{{256, 256}, 8, true}, Case{{33, 61}, 5, true},
                        Case{{7, 3}, 4, false}, Case{{1, 1}, 1, false}, Case{{19, 777}, 16, true},
                        Case{{5, 5001}, 1, false}}) {
    const PatternCentre centre{static_cast<double>(c.shape.rows) * 0.47,
                               static_cast<double>(c.shape.cols) * 0.51};
    std::vector<std::uint8_t> mask;
    if (c.masked)
      for (std::size_t i = 0; i < c.shape.count(); ++i) mask.push_back(rng() % 10 == 0);
    std::vector<T> pixels = random_pattern<T>(c.shape, rng);
    const T flag = std::is_integral_v<T> ? std::numeric_limits<T>::max() : std::numeric_limits<T>::infinity();
    pixels[pixels.size() / 2] = flag;
    if (pixels.size() > 2) pixels[2] = pixels[pixels.size() - 1] = flag;
    // One byte off, so that nothing is aligned.
    std::vector<std::byte> shifted(1 + pixels.size() * sizeof(T));
    std::memcpy(shifted.data() + 1, pixels.data(), pixels.size() * sizeof(T));
    const auto bytes = std::span<const std::byte>(shifted).subspan(1);

    const FrameFeatures expected = by_definition(c.shape, dtype, centre, c.segments, mask, pixels);
    std::vector<std::uint64_t> first;
    for (Simd simd : {Simd::baseline, Simd::avx2, Simd::avx512}) {
      const FrameFeatures got =
          FeatureExtractor(c.shape, dtype, centre, c.segments, mask, simd).extract(bytes);
      EXPECT_EQ(got.flagged_pixels, expected.flagged_pixels);
      const auto a = numbers_of(got), b = numbers_of(expected);
      for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_TRUE((std::isnan(a[i]) && std::isnan(b[i])) || std::abs(a[i] - b[i]) <= 1e-12 * std::abs(b[i]))
            << numpy_name(dtype) << ' ' << c.shape.rows << 'x' << c.shape.cols << " number " << i << ": "
            << a[i] << " for " << b[i];
      if (first.empty()) first = bits_of(got);
      EXPECT_EQ(bits_of(got), first) << "variants differ, " << numpy_name(dtype);
    }
  }
}

TEST(Features, EveryVariantIsTheDefinitionBitForBitU8) {
  check_dtype<std::uint8_t>(Dtype::u8);
}
TEST(Features, EveryVariantIsTheDefinitionBitForBitU16) {
  check_dtype<std::uint16_t>(Dtype::u16);
}
TEST(Features, EveryVariantIsTheDefinitionBitForBitU32) {
  check_dtype<std::uint32_t>(Dtype::u32);
}
TEST(Features, EveryVariantIsTheDefinitionBitForBitF32) {
  check_dtype<float>(Dtype::f32);
}

TEST(Features, WhatNoDetectorCountsIsFlagged) {
  const Shape shape{32, 32};
  std::mt19937 rng(2);
  std::vector<float> pixels = random_pattern<float>(shape, rng);
  std::vector<std::uint8_t> mask(shape.count());
  mask[77] = 1;
  const auto extract = [&](std::span<const std::uint8_t> without) {
    return FeatureExtractor(shape, Dtype::f32, {15, 16}, 8, without)
        .extract(std::as_bytes(std::span(pixels)));
  };
  const auto expected = numbers_of(extract(mask));
  for (const float damaged : {3e38F, -3e38F, 4294967296.0F, INFINITY, -INFINITY, NAN}) {
    pixels[77] = damaged;
    const FrameFeatures got = extract({});
    EXPECT_EQ(got.flagged_pixels, 1u) << damaged;
    const auto numbers = numbers_of(got);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      EXPECT_NEAR(numbers[i], expected[i], 1e-9 * std::abs(expected[i])) << damaged;
  }
}

TEST(Features, NoiseBelowZeroBiasesNothing) {
  const Shape shape{128, 128};
  std::mt19937 rng(4);
  std::normal_distribution<float> noise(0, 3);
  std::vector<float> clean(shape.count()), noisy(shape.count());
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const double row = static_cast<double>(i / shape.cols) - 50,
                 col = static_cast<double>(i % shape.cols) - 70;
    clean[i] = static_cast<float>(300 * std::exp(-(row * row + col * col) / 200));
    noisy[i] = clean[i] + noise(rng);
  }
  const FeatureExtractor extractor(shape, Dtype::f32, {50, 70}, 1);
  const auto a = extractor.extract(std::as_bytes(std::span(clean))).whole;
  const auto b = extractor.extract(std::as_bytes(std::span(noisy))).whole;
  // Four sigmas of the noise: 3 sqrt(128 x 128) counts, and what it moves a centre by over 128 pixels.
  EXPECT_NEAR(b.total, a.total, 4 * 3 * 128);
  EXPECT_NEAR(b.com_x, a.com_x, 4 * 3 * 128 * 45 / a.total);
  EXPECT_NEAR(b.com_y, a.com_y, 4 * 3 * 128 * 45 / a.total);
}

TEST(Features, LargestCountsDoNotOverflow) {
  const Shape shape{300, 1000};
  std::vector<std::uint16_t> pixels(shape.count(), 65533);
  for (Simd simd : {Simd::baseline, Simd::avx2, Simd::avx512}) {
    const auto f =
        FeatureExtractor(shape, Dtype::u16, {}, 1, {}, simd).extract(std::as_bytes(std::span(pixels)));
    EXPECT_EQ(f.whole.total, 65533.0 * 300000);
    EXPECT_DOUBLE_EQ(f.whole.com_x, 499.5);
    EXPECT_DOUBLE_EQ(f.whole.com_y, 149.5);
  }
}

TEST(Features, TheFastestVariantIsMeasuredOnce) {
  for (const Dtype dtype : {Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32}) {
    const Simd first = fastest_simd(dtype);
    EXPECT_LE(first, widest_simd());
    EXPECT_EQ(fastest_simd(dtype), first);
  }
}

TEST(Features, OnePixelByHand) {
  std::vector<std::uint8_t> pixels(12);
  pixels[1 * 4 + 3] = 10;
  const auto f = FeatureExtractor({3, 4}, Dtype::u8, {1, 1}, 4).extract(std::as_bytes(std::span(pixels)));
  EXPECT_EQ(f.whole.total, 10);
  EXPECT_EQ(f.whole.com_x, 3);
  EXPECT_EQ(f.whole.com_y, 1);
  // Angle 0 opens the first segment.
  EXPECT_EQ(f.segments[0].total, 10);
  EXPECT_EQ(f.segments[1].total, 0);
  EXPECT_TRUE(std::isnan(f.segments[1].com_x));
}

TEST(Features, RefusesWrongInput) {
  const std::vector<std::uint8_t> mask(5);
  EXPECT_THROW(FeatureExtractor({2, 3}, Dtype::u8, {}, 1, mask), InputError);
  EXPECT_THROW(FeatureExtractor({2, 3}, Dtype::u8, {}, 0), InputError);
  EXPECT_THROW(FeatureExtractor({0, 3}, Dtype::u8, {}, 1), InputError);
}

TEST(Features, CentreIsTheCentreOfMassOfGoodPixels) {
  Image<double> mean({3, 3});
  mean(1, 2) = 1;
  mean(2, 2) = 3;
  mean(0, 0) = 1e9;
  std::vector<std::uint8_t> mask(9);
  mask[0] = 1;
  const PatternCentre centre = find_centre(mean, mask);
  EXPECT_DOUBLE_EQ(centre.row, 1.75);
  EXPECT_DOUBLE_EQ(centre.col, 2);
  EXPECT_DOUBLE_EQ(find_centre(Image<double>({3, 5}), {}).col, 2);
}

}  // namespace
}  // namespace ptero::roi
