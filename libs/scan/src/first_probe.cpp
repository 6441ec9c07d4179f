#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/scan/first_probe.hpp>
#include <ptero/scanfile/probe_file.hpp>

namespace ptero::scan {

namespace {

using Wave = Image<std::complex<float>>;

/// Weights of the four pixels about a place between the second and the third: cubic convolution with a =
/// -1/2.
std::array<double, 4> cubic(double t) {
  return {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t,
          (0.5 * t - 0.5) * t * t};
}

std::complex<double> at(const Wave& wave, double row, double col) {
  const auto r = static_cast<std::ptrdiff_t>(std::floor(row));
  const auto c = static_cast<std::ptrdiff_t>(std::floor(col));
  const auto by_row = cubic(row - std::floor(row));
  const auto by_col = cubic(col - std::floor(col));
  std::complex<double> sum = 0;
  for (std::ptrdiff_t i = 0; i < 4; ++i)
    for (std::ptrdiff_t k = 0; k < 4; ++k) {
      const std::ptrdiff_t y = r + i - 1, x = c + k - 1;
      if (y < 0 || x < 0 || y >= static_cast<std::ptrdiff_t>(wave.rows()) ||
          x >= static_cast<std::ptrdiff_t>(wave.cols()))
        continue;
      sum += by_row[static_cast<std::size_t>(i)] * by_col[static_cast<std::size_t>(k)] *
             std::complex<double>(wave(static_cast<std::size_t>(y), static_cast<std::size_t>(x)));
    }
  return sum;
}

}  // namespace

Wave resampled(const Wave& wave, std::size_t n, double ratio) {
  Wave out({n, n});
  const double middle = static_cast<double>(n / 2);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      out(r, c) = std::complex<float>(
          ratio * at(wave, (static_cast<double>(r) - middle) * ratio + static_cast<double>(wave.rows() / 2),
                     (static_cast<double>(c) - middle) * ratio + static_cast<double>(wave.cols() / 2)));
  return out;
}

FirstProbe first_probe(const SolverOptions& options, std::size_t n, double pixel_m) {
  scanfile::ProbeFile file = scanfile::read_probe_file(options.probe);
  FirstProbe probe{.wave = std::move(file.modes.front()), .warnings = {}};
  // A probe of the file that was turned for its frames turns with them.
  if (options.probe_transposed) probe.wave = transposed(probe.wave);
  constexpr double alike = 0.005;
  const double ratio = file.pixel_m > 0 && pixel_m > 0 ? pixel_m / file.pixel_m : 1;
  const bool other_pixel = std::abs(ratio - 1) > alike;
  if (!other_pixel && probe.wave.shape() == Shape{n, n}) return probe;
  const std::string sizes =
      fmt::format("it has {} x {} pixels, the patterns {} x {}", probe.wave.rows(), probe.wave.cols(), n, n);
  if (file.pixel_m <= 0 || pixel_m <= 0)
    throw InputError("the probe in " + options.probe + " does not fit the patterns", sizes,
                     "crop the patterns or give a probe of their size");
  probe.warnings.push_back(
      {"probe_resampled",
       fmt::format("the probe in {} has object pixels of {:.4g} m, this scan {:.4g} m ({}): it was resampled",
                   options.probe, file.pixel_m, pixel_m, sizes)});
  probe.wave = resampled(probe.wave, n, ratio);
  return probe;
}

Warnings about_first_probe(const SolverOptions& options, const SeriesInfo& info) {
  if (options.probe.empty() || options.near_field) return {};
  const auto made = set_up(options, info);
  return made ? first_probe(options, made->intake.n, made->pixel_m).warnings : Warnings{};
}

}  // namespace ptero::scan
