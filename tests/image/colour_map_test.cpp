#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <ptero/image/colour_map.hpp>

namespace ptero::image {
namespace {

// CIE luminance and lightness of an sRGB colour (IEC 61966-2-1, CIE 1976).
double luminance(Rgb colour) {
  const auto linear = [](int byte) {
    const double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
}
double lightness(Rgb colour) {
  const double y = luminance(colour);
  return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

TEST(ColourMap, LuminanceRisesAlongAllThatAreNotCyclic) {
  for (const ColourMap map : {ColourMap::viridis, ColourMap::magma, ColourMap::grey})
    for (int i = 1; i <= 32; ++i)
      EXPECT_GT(luminance(colour_at(map, i / 32.0)), luminance(colour_at(map, (i - 1) / 32.0))) << i;
}

TEST(ColourMap, LightnessOfViridisIsCloseToAStraightLine) {
  const double first = lightness(colour_at(ColourMap::viridis, 0));
  const double last = lightness(colour_at(ColourMap::viridis, 1));
  EXPECT_LT(first, 15);
  EXPECT_GT(last, 90);
  for (int i = 0; i <= 64; ++i) {
    const double t = i / 64.0;
    EXPECT_NEAR(lightness(colour_at(ColourMap::viridis, t)), first + t * (last - first), 6) << t;
  }
}

TEST(ColourMap, CyclicEndsMeetAndHalvesAreMirrorsInLightnessNotInHue) {
  EXPECT_EQ(colour_at(ColourMap::cyclic, 0), colour_at(ColourMap::cyclic, 1));
  for (const double t : {0.1, 0.2, 0.3, 0.4}) {
    const Rgb rising = colour_at(ColourMap::cyclic, t);
    const Rgb falling = colour_at(ColourMap::cyclic, 1 - t);
    EXPECT_NEAR(lightness(rising), lightness(falling), 8) << t;
    EXPECT_GT(rising.b, rising.r) << t;
    EXPECT_GT(falling.r, falling.b) << t;
  }
}

TEST(ColourMap, TheStandardMapsBeginAndEndAsTheirNamesSay) {
  EXPECT_EQ(colour_at(ColourMap::viridis, 0), (Rgb{0x44, 0x01, 0x54}));
  EXPECT_EQ(colour_at(ColourMap::viridis, 1), (Rgb{0xfd, 0xe7, 0x25}));
  EXPECT_EQ(colour_at(ColourMap::magma, 0.5), (Rgb{0xb6, 0x37, 0x79}));
  EXPECT_EQ(colour_at(ColourMap::cyclic, 0), (Rgb{0xe2, 0xd9, 0xe2}));
}

TEST(ColourMap, OutsideIsClampedAndNanIsTheLowEnd) {
  EXPECT_EQ(colour_at(ColourMap::grey, -3), (Rgb{0, 0, 0}));
  EXPECT_EQ(colour_at(ColourMap::grey, 7), (Rgb{255, 255, 255}));
  EXPECT_EQ(colour_at(ColourMap::grey, std::numeric_limits<double>::quiet_NaN()), (Rgb{0, 0, 0}));
}

TEST(ColourMap, ComplexColourIsBlackAtZeroAndEquallyLightForEveryPhase) {
  EXPECT_EQ(colour_of_complex(1.0, 0), (Rgb{0, 0, 0}));
  for (int i = 0; i < 12; ++i)
    EXPECT_NEAR(lightness(colour_of_complex(i * std::numbers::pi / 6, 1)), 72, 5) << i;
}

}  // namespace
}  // namespace ptero::image
