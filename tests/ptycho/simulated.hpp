#pragma once
// Small simulated scans with a known truth.

#include <cmath>
#include <numbers>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/pattern.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <random>
#include <vector>

namespace ptero::ptycho::simulated {

struct Scan {
  std::size_t n = 0;
  Image<Complex> object;  ///< its pixel [0, 0] lies on the grid's (-n/2, -n/2)
  Image<Complex> probe;
  std::vector<Position> positions;  ///< in pixels; where the frames really are
  std::vector<Pattern> patterns;
  // What a feature is for, empty where it is not needed.
  std::vector<Image<Complex>> extra_modes;  ///< incoherent with `probe`
  std::vector<Image<Complex>> slices;       ///< behind `object`
  std::vector<double> spacing_m;            ///< between slices
  Image<Complex> variation;                 ///< added to `probe` with the pattern's weight
  std::vector<double> light, weights;       ///< of each pattern: factor of all modes, of the variation
  std::vector<Position> told;               ///< positions with errors
  double near_field_m = 0;                  ///< distance of the detector; 0 = far field
};
constexpr double pixel_m = 10e-9, wavelength_m = 1e-10;

inline Image<Complex> random_field(Shape shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  Image<Complex> field(shape);
  for (Complex& v : field.pixels()) v = {normal(random), normal(random)};
  return field;
}

// Smooth random phase and absorption: noise below a quarter of the sampling frequency.
inline Image<Complex> sample(Shape shape, std::uint64_t seed) {
  Image<Complex> field = random_field(shape, seed);
  const Fft2d fft(shape);
  fft.forward(field.data());
  const auto frequency = [](std::size_t k, std::size_t n) {
    return (double(k) - (k < (n + 1) / 2 ? 0.0 : double(n))) / double(n);
  };
  for (std::size_t r = 0; r < shape.rows; ++r)
    for (std::size_t c = 0; c < shape.cols; ++c) {
      const double q2 = std::pow(frequency(r, shape.rows), 2) + std::pow(frequency(c, shape.cols), 2);
      field(r, c) *= float(4 * std::exp(-q2 / (2 * 0.06 * 0.06)));
    }
  fft.inverse(field.data());
  for (Complex& v : field.pixels())
    v = Complex(std::polar(std::exp(-0.1 * std::abs(v.real())), 0.5 * double(v.imag())));
  return field;
}

// A defocused annular beam, as behind a zone plate; lengths are chosen so that the pixel is 10 nm.
inline Image<Complex> beam(std::size_t n, double defocus_m) {
  return zone_plate_probe(
      n, 10e-9, 1e-10,
      {.diameter_m = 100e-6, .outer_zone_width_m = 40e-9, .central_stop_m = 40e-6, .defocus_m = defocus_m});
}

/// Field of a pattern on the detector: D(T_d P . R O), unitary, through all slices.
inline Image<Complex> detected(const Scan& scan, const Image<Complex>& probe, const Position& position) {
  const std::size_t n = scan.n;
  const Fft2d fft(Shape{n, n}, Planning::estimated);
  const Placement at = place(position, 1, n);
  Image<Complex> field = probe;
  fft.forward(field.data());
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const double fr = (double(r) - (r < n / 2 ? 0.0 : double(n))) / double(n);
      const double fc = (double(c) - (c < n / 2 ? 0.0 : double(n))) / double(n);
      field(r, c) *= Complex(std::polar(1.0, -2 * std::numbers::pi * (fr * at.sub_row + fc * at.sub_col)));
    }
  fft.inverse(field.data());
  const auto half = static_cast<std::int64_t>(n / 2);
  for (std::size_t l = 0; l <= scan.slices.size(); ++l) {
    const Image<Complex>& object = l == 0 ? scan.object : scan.slices[l - 1];
    if (l > 0) {
      const Image<Complex> gap = propagator(n, scan.spacing_m[l - 1], wavelength_m, pixel_m);
      fft.forward(field.data());
      for (std::size_t i = 0; i < field.size(); ++i) field.data()[i] *= gap.data()[i];
      fft.inverse(field.data());
    }
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c)
        field(r, c) *= object(r + std::size_t(at.row + half), c + std::size_t(at.col + half));
  }
  fft.forward(field.data());
  if (scan.near_field_m == 0) return field;
  const Image<Complex> gap = propagator(n, scan.near_field_m, wavelength_m, pixel_m);
  for (std::size_t i = 0; i < field.size(); ++i) field.data()[i] *= gap.data()[i];
  fft.inverse(field.data());
  return field;
}

inline Image<Complex> detected(const Scan& scan, const Position& position) {
  return detected(scan, scan.probe, position);
}

/// Mean counts of a pattern.
inline Image<double> mean_counts(const Scan& scan, std::size_t i) {
  Image<Complex> main = scan.probe;
  if (!scan.weights.empty())
    for (std::size_t k = 0; k < main.size(); ++k)
      main.data()[k] += float(scan.weights[i]) * scan.variation.data()[k];
  Image<double> sum(main.shape());
  for (std::size_t m = 0; m <= scan.extra_modes.size(); ++m) {
    const Image<Complex> field = detected(scan, m == 0 ? main : scan.extra_modes[m - 1], scan.positions[i]);
    for (std::size_t k = 0; k < sum.size(); ++k) sum.data()[k] += std::norm(field.data()[k]);
  }
  const double light = scan.light.empty() ? 1 : scan.light[i] * scan.light[i];
  for (double& s : sum.pixels()) s *= light;
  return sum;
}

inline void take_patterns(Scan& scan, double photons, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  scan.patterns.clear();
  for (std::size_t i = 0; i < scan.positions.size(); ++i) {
    const Image<double> mean = mean_counts(scan, i);
    Image<float> amplitude(mean.shape());
    for (std::size_t k = 0; k < mean.size(); ++k)
      amplitude.data()[k] = float(std::sqrt(
          photons > 0 && mean.data()[k] > 0 ? double(std::poisson_distribution<long>(mean.data()[k])(random))
                                            : mean.data()[k]));
    scan.patterns.push_back(*make_pattern(amplitude));
  }
}

struct ScanOptions {
  std::size_t n = 64;
  std::size_t side = 12;  ///< positions a side
  double step = 5;        ///< pixels, jittered by a quarter
  bool whole_pixels = false;
  double photons = 1e6;  ///< a pattern; 0 = no noise, 1e6 photons
  double defocus_m = 40e-6;
  std::uint64_t seed = 5;
};

inline Scan scan(const ScanOptions& options) {
  Scan out{.n = options.n};
  std::mt19937_64 random(options.seed);
  std::uniform_real_distribution<double> jitter(-options.step / 4, options.step / 4);
  for (std::size_t r = 0; r < options.side; ++r)
    for (std::size_t c = 0; c < options.side; ++c) {
      Position p{.x_m = 2 + double(c) * options.step + jitter(random),
                 .y_m = 2 + double(r) * options.step + jitter(random)};
      if (options.whole_pixels) p = {.x_m = std::round(p.x_m), .y_m = std::round(p.y_m)};
      out.positions.push_back(p);
    }
  const std::size_t size = (options.n + std::size_t(options.step * double(options.side)) + 8) / 2 * 2;
  out.object = sample({size, size}, options.seed + 1);
  out.probe = beam(options.n, options.defocus_m);
  scale_to_photons(out.probe, options.photons > 0 ? options.photons : 1e6);
  take_patterns(out, options.photons, options.seed + 2);
  return out;
}

}  // namespace ptero::ptycho::simulated
