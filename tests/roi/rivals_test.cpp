#include <gtest/gtest.h>

#include <ptero/roi/rivals.hpp>

namespace ptero::roi {
namespace {

constexpr Shape shape{9, 9};
constexpr PatternCentre centre{4, 4};

/// A disc of radius 2.5 of 100 counts a pixel, nothing around it: 21 pixels.
std::vector<std::uint16_t> disc() {
  std::vector<std::uint16_t> pixels(shape.count(), 0);
  for (int r = -2; r <= 2; ++r)
    for (int c = -2; c <= 2; ++c)
      if (r * r + c * c < 2.5 * 2.5) pixels[static_cast<std::size_t>((4 + r) * 9 + 4 + c)] = 100;
  return pixels;
}

TEST(Rivals, DirectBeamEndsWhereItsRingsDo) {
  Image<double> mean(shape);
  const auto pixels = disc();
  std::copy(pixels.begin(), pixels.end(), mean.data());
  EXPECT_EQ(direct_beam_radius(mean, centre), 3);
  std::vector<std::uint8_t> mask(shape.count(), 0);
  mean(0, 0) = 1e6;
  mask[0] = 1;
  EXPECT_EQ(direct_beam_radius(mean, centre, mask), 3);
}

TEST(Rivals, ValuesByHand) {
  auto pixels = disc();
  pixels[4 * 9 + 8] = 30;  // radius 4, right: inside the annulus 3 .. 4.5
  pixels[0] = 7;           // radius 5.7, left: outside it
  const RivalExtractor extractor(shape, Dtype::u16, centre, 3);
  const auto values = extractor.extract(std::as_bytes(std::span(pixels)));
  const double total = 2137, right = 8 * 100 + 30, middle_column = 500;
  EXPECT_DOUBLE_EQ(values[0], (2 * right - total) / total);
  EXPECT_EQ(values[1], total);
  EXPECT_EQ(values[2], 37);
  EXPECT_EQ(values[3], 30);
  EXPECT_EQ(total - right - middle_column, 8 * 100 + 7);
}

TEST(Rivals, TheRegionIsDarkOrScattersOrDeflects) {
  using Flags = std::vector<std::uint8_t>;
  EXPECT_EQ(classify_by(Rival::stxm, {9, 10, 3, 10}), (Flags{0, 0, 1, 0}));
  EXPECT_EQ(classify_by(Rival::dark_field_circular, {1, 2, 9, 1}), (Flags{0, 0, 1, 0}));
  EXPECT_EQ(classify_by(Rival::hilbert_dpc, {0.1, 0.11, 0.9, -0.7, 0.09}), (Flags{0, 0, 1, 1, 0}));
  EXPECT_EQ(classify_by(Rival::dark_field_annular, {4, 4, 4}), (Flags{0, 0, 0}));
}

}  // namespace
}  // namespace ptero::roi
