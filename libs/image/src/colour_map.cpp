#include <algorithm>
#include <array>
#include <cmath>
#include <ptero/image/colour_map.hpp>
#include <span>

namespace ptero::image {

namespace {
// 33 colours of each map of matplotlib's (CC0), 0xrrggbb, evenly spaced; straight lines between them are
// within 2 of 255.
using Table = std::array<std::uint32_t, 33>;
// clang-format off
constexpr Table viridis{
    0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453681, 0x424086, 0x3f4989, 0x3b528b, 0x375a8d, 0x33638d,
    0x2f6a8e, 0x2c728e, 0x297a8e, 0x26818e, 0x23898e, 0x21908c, 0x1f988b, 0x1f9f88, 0x21a685, 0x28ae80, 0x31b57b,
    0x3ebc74, 0x4cc26c, 0x5dc963, 0x6ece58, 0x82d34c, 0x96d83f, 0xabdc32, 0xc0df24, 0xd5e21a, 0xeae51a, 0xfde725};
constexpr Table magma{
    0x000004, 0x030311, 0x0a0822, 0x130d33, 0x1d1146, 0x28115a, 0x36106a, 0x430f76, 0x50127c, 0x5d177f, 0x691c81,
    0x762181, 0x822681, 0x8f2a81, 0x9c2e7f, 0xa9327d, 0xb63779, 0xc33b75, 0xcf4170, 0xdb486a, 0xe65163, 0xee5c5e,
    0xf5695c, 0xf9785d, 0xfb8761, 0xfd9668, 0xfea571, 0xfeb47b, 0xfec387, 0xfed194, 0xfde0a2, 0xfceeb0, 0xfcfdbf};
constexpr Table twilight{
    0xe2d9e2, 0xd6d7dd, 0xc3ced4, 0xabc2cc, 0x94b4c7, 0x81a6c3, 0x7297c1, 0x6886be, 0x6275ba, 0x5f63b5, 0x5e51ad,
    0x5d3da1, 0x592a8f, 0x521b77, 0x45135c, 0x381146, 0x2f1437, 0x3a113a, 0x4b1342, 0x5f174a, 0x741e4f, 0x872750,
    0x983550, 0xa64550, 0xb25652, 0xbb6858, 0xc27c62, 0xc78f72, 0xcca388, 0xd1b5a2, 0xd8c6bd, 0xded3d5, 0xe2d9e2};
// clang-format on
constexpr std::array<std::uint32_t, 2> grey{0x000000, 0xffffff};

std::span<const std::uint32_t> colours_of(ColourMap map) {
  switch (map) {
    case ColourMap::viridis:
      return viridis;
    case ColourMap::magma:
      return magma;
    case ColourMap::grey:
      return grey;
    case ColourMap::cyclic:
      break;
  }
  return twilight;
}

std::uint8_t srgb_byte(double linear) {
  const double v = std::clamp(linear, 0.0, 1.0);
  const double encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * encoded));
}

// OKLab (Ottosson 2020) to sRGB.
Rgb from_oklab(double lightness, double a, double b) {
  const auto cube = [](double v) { return v * v * v; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {srgb_byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          srgb_byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          srgb_byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}
}  // namespace

Rgb colour_at(ColourMap map, double t) {
  const std::span<const std::uint32_t> colours = colours_of(map);
  const double place = (t > 0 ? std::min(t, 1.0) : 0.0) * static_cast<double>(colours.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), colours.size() - 2);
  const double u = place - static_cast<double>(i);
  const auto channel = [&](int shift) {
    const double from = colours[i] >> shift & 0xff, to = colours[i + 1] >> shift & 0xff;
    return static_cast<std::uint8_t>(std::lround(from + u * (to - from)));
  };
  return {channel(16), channel(8), channel(0)};
}

Rgb colour_of_complex(double phase_rad, double amplitude) {
  const double level = std::clamp(amplitude, 0.0, 1.0);
  // The largest chroma that sRGB holds at this lightness for every hue.
  const double chroma = 0.12 * level;
  return from_oklab(0.75 * level, chroma * std::cos(phase_rad), chroma * std::sin(phase_rad));
}

}  // namespace ptero::image
