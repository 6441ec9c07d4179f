#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <ptero/image/colour_map.hpp>
#include <span>

namespace ptero::image {

namespace {
// Lightness, chroma and hue (degrees) in OKLab's polar form.
struct Lch {
  double lightness, chroma, hue_deg;
};

// Even steps of lightness; chroma as large as sRGB allows along the way.
constexpr std::array<Lch, 6> sequential_points{{{0.20, 0.09, 302},
                                                {0.35, 0.12, 280},
                                                {0.50, 0.105, 245},
                                                {0.65, 0.105, 190},
                                                {0.80, 0.16, 145},
                                                {0.95, 0.17, 108}}};
constexpr std::array<Lch, 5> cyclic_points{
    {{0.93, 0.015, 280}, {0.58, 0.13, 255}, {0.23, 0.06, 320}, {0.58, 0.14, 35}, {0.93, 0.015, 280}}};

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

Rgb between(std::span<const Lch> points, double t) {
  const double place = t * static_cast<double>(points.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), points.size() - 2);
  const double u = place - static_cast<double>(i);
  const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
  const Lch& p = points[i];
  const Lch& q = points[i + 1];
  const auto mix = [u](double from, double to) { return from + u * (to - from); };
  return from_oklab(mix(p.lightness, q.lightness),
                    mix(p.chroma * std::cos(radians(p.hue_deg)), q.chroma * std::cos(radians(q.hue_deg))),
                    mix(p.chroma * std::sin(radians(p.hue_deg)), q.chroma * std::sin(radians(q.hue_deg))));
}
}  // namespace

Rgb colour_at(ColourMap map, double t) {
  t = t > 0 ? std::min(t, 1.0) : 0.0;
  switch (map) {
    case ColourMap::sequential:
      return between(sequential_points, t);
    case ColourMap::grey: {
      // sRGB's own coding is even to the eye down to black, where OKLab's cubes crush the first steps.
      const auto byte = static_cast<std::uint8_t>(std::lround(255 * t));
      return {byte, byte, byte};
    }
    case ColourMap::cyclic:
      break;
  }
  return between(cyclic_points, t);
}

Rgb colour_of_complex(double phase_rad, double amplitude) {
  const double level = std::clamp(amplitude, 0.0, 1.0);
  // The largest chroma that sRGB holds at this lightness for every hue.
  const double chroma = 0.12 * level;
  return from_oklab(0.75 * level, chroma * std::cos(phase_rad), chroma * std::sin(phase_rad));
}

}  // namespace ptero::image
