#include <ptero/quality/power_spectrum.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fft.hpp"
#include "tukey.hpp"

namespace ptero::quality {

namespace {

/// Frequency along an axis whose zero lies at count / 2, cycles a pixel.
double centred(std::size_t k, std::size_t count) {
  return (static_cast<double>(k) - static_cast<double>(count / 2)) / static_cast<double>(count);
}

/// The smaller angle between two directions, both modulo pi.
double apart(double a, double b) {
  return std::abs(std::remainder(a - b, std::numbers::pi));
}

}  // namespace

Image<float> power_spectrum(const Image<float>& image, double taper) {
  PTERO_EXPECT(image.rows() >= 8 && image.cols() >= 8);
  double sum = 0;
  for (const float v : image.pixels()) sum += v;
  const double mean = sum / static_cast<double>(image.size());
  const auto rows = tukey(image.rows(), taper), cols = tukey(image.cols(), taper);
  Image<Complex> field(image.shape());
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c)
      field(r, c) = static_cast<float>((image(r, c) - mean) * rows[r] * cols[c]);
  transform(field, Direction::forward);
  double total = 0;
  for (const Complex v : field.pixels()) total += std::norm(std::complex<double>(v));
  Image<float> spectrum(image.shape());
  if (!(total > 0)) return spectrum;
  const std::size_t to_row = image.rows() / 2, to_col = image.cols() / 2;
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c)
      spectrum((r + to_row) % image.rows(), (c + to_col) % image.cols()) =
          static_cast<float>(std::norm(std::complex<double>(field(r, c))) / total);
  return spectrum;
}

Image<float> shown_power(const Image<float>& spectrum) {
  float least = 1;
  for (const float p : spectrum.pixels())
    if (p > 0) least = std::min(least, p);
  Image<float> shown(spectrum.shape());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const float log = std::log10(std::max(spectrum.pixels()[i], least));
    shown.pixels()[i] = log * log;
  }
  return shown;
}

RadialPower radial_power(const Image<float>& spectrum) {
  const std::size_t side = std::max(spectrum.rows(), spectrum.cols());
  const std::size_t rings = side / 2 + 1;
  std::vector<double> sums(rings), pixels(rings);
  for (std::size_t r = 0; r < spectrum.rows(); ++r)
    for (std::size_t c = 0; c < spectrum.cols(); ++c) {
      const double f = std::hypot(centred(r, spectrum.rows()), centred(c, spectrum.cols()));
      const auto ring = static_cast<std::size_t>(std::lround(f * static_cast<double>(side)));
      if (ring >= rings) continue;
      sums[ring] += spectrum(r, c);
      pixels[ring] += 1;
    }
  RadialPower radial;
  for (std::size_t k = 0; k < rings; ++k) {
    radial.frequency.push_back(static_cast<double>(k) / static_cast<double>(side));
    radial.power.push_back(pixels[k] > 0 ? sums[k] / pixels[k] : 0);
  }
  return radial;
}

Streak streak_along(const Image<float>& spectrum, double angle_rad, const StreakOptions& options) {
  double all = 0, inside = 0, inside_pixels = 0, outside = 0, outside_pixels = 0;
  for (std::size_t r = 0; r < spectrum.rows(); ++r)
    for (std::size_t c = 0; c < spectrum.cols(); ++c) {
      const double power = spectrum(r, c), fr = centred(r, spectrum.rows()), fc = centred(c, spectrum.cols());
      all += power;
      const double f = std::hypot(fr, fc);
      if (f < options.low || f > options.high) continue;
      if (apart(std::atan2(fr, fc), angle_rad) <= options.half_width_rad) {
        inside += power;
        inside_pixels += 1;
      } else {
        outside += power;
        outside_pixels += 1;
      }
    }
  Streak streak{.angle_rad =
                    std::fmod(std::fmod(angle_rad, std::numbers::pi) + std::numbers::pi, std::numbers::pi)};
  if (all > 0) streak.share = inside / all;
  if (outside > 0 && inside_pixels > 0)
    streak.contrast = (inside / inside_pixels) / (outside / outside_pixels);
  return streak;
}

Streak strongest_streak(const Image<float>& spectrum, const StreakOptions& options) {
  Streak best;
  for (int degree = 0; degree < 180; ++degree) {
    const Streak one = streak_along(spectrum, degree * std::numbers::pi / 180, options);
    if (one.contrast > best.contrast) best = one;
  }
  return best;
}

}  // namespace ptero::quality
