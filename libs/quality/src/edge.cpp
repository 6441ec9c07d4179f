#include <ptero/quality/edge.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/core/error.hpp>
#include <string>

namespace ptero::quality {

namespace {

constexpr double fwhm_of_sigma = 2.3548200450309493;  // 2 sqrt(2 ln 2)

double bilinear(const Image<float>& image, double row, double col) {
  const auto rows = static_cast<double>(image.rows() - 1), cols = static_cast<double>(image.cols() - 1);
  // Rounding along a line that ends at the border is no step outside.
  constexpr double slack = 1e-9;
  if (!(row >= -slack && col >= -slack && row <= rows + slack && col <= cols + slack))
    throw InputError(
        "the line leaves the image at row " + std::to_string(row) + ", column " + std::to_string(col), {},
        "the image has " + std::to_string(image.rows()) + " x " + std::to_string(image.cols()) + " pixels");
  row = std::clamp(row, 0.0, rows);
  col = std::clamp(col, 0.0, cols);
  const auto r = static_cast<std::size_t>(row), c = static_cast<std::size_t>(col);
  const std::size_t below = std::min(r + 1, image.rows() - 1), right = std::min(c + 1, image.cols() - 1);
  const double fr = row - static_cast<double>(r), fc = col - static_cast<double>(c);
  return (1 - fr) * ((1 - fc) * image(r, c) + fc * image(r, right)) +
         fr * ((1 - fc) * image(below, c) + fc * image(below, right));
}

/// The edge as a function of x between 0 and 1.
double step(double x, double position, double sigma) {
  return 0.5 * (1 + std::erf((x - position) / (std::numbers::sqrt2 * sigma)));
}

struct Trial {
  double position = 0, sigma = 0;
  double low = 0, rise = 0;
  double residual = 0;
};

/// Position and width given, both levels follow linearly.
Trial try_edge(std::span<const double> x, std::span<const double> y, double position, double sigma) {
  const auto n = static_cast<double>(x.size());
  double s = 0, ss = 0, t = 0, st = 0, tt = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double e = step(x[i], position, sigma);
    s += e, ss += e * e, t += y[i], st += e * y[i], tt += y[i] * y[i];
  }
  const double spread = ss - s * s / n;
  Trial trial{position, sigma, t / n, 0, tt - t * t / n};
  if (spread > 1e-9 * n) {
    trial.rise = (st - s * t / n) / spread;
    trial.low = (t - trial.rise * s) / n;
    trial.residual -= trial.rise * trial.rise * spread;
  }
  return trial;
}

}  // namespace

Profile line_profile(const Image<float>& image, const Line& line, std::size_t width, double samples_a_pixel) {
  PTERO_EXPECT(!image.empty() && width > 0 && samples_a_pixel > 0);
  const double rows = line.row1 - line.row0, cols = line.col1 - line.col0, length = std::hypot(rows, cols);
  PTERO_EXPECT(length > 0);
  const auto steps = static_cast<std::size_t>(std::max(1.0, std::round(length * samples_a_pixel)));
  Profile profile;
  for (std::size_t k = 0; k <= steps; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(steps);
    double sum = 0;
    for (std::size_t w = 0; w < width; ++w) {
      const double aside = static_cast<double>(w) - 0.5 * static_cast<double>(width - 1);
      sum += bilinear(image, line.row0 + share * rows - aside * cols / length,
                      line.col0 + share * cols + aside * rows / length);
    }
    profile.distance_px.push_back(share * length);
    profile.value.push_back(sum / static_cast<double>(width));
  }
  return profile;
}

double EdgeFit::at(double x) const {
  return low + (high - low) * step(x, position, fwhm / fwhm_of_sigma);
}

std::optional<EdgeFit> fit_edge(std::span<const double> x, std::span<const double> y) {
  PTERO_EXPECT(x.size() == y.size());
  if (x.size() < 5) return std::nullopt;
  const double length = x.back() - x.front();
  PTERO_EXPECT(length > 0);
  const double variance = try_edge(x, y, x.front() - 10 * length, length / 1e6).residual;
  if (!(variance > 0)) return std::nullopt;
  // Of two parameters only: ever finer grids find the lowest valley where a descent would take the first.
  constexpr int cells = 12, levels = 14;
  const double finest = length / static_cast<double>(x.size() - 1) / 20;
  double position = x.front() + length / 2, reach = length / 2;
  double log_sigma = 0.5 * (std::log(finest) + std::log(length)),
         log_reach = 0.5 * (std::log(length) - std::log(finest));
  Trial best{.residual = variance * 2};
  for (int level = 0; level < levels; ++level) {
    for (int i = -cells; i <= cells; ++i)
      for (int j = -cells; j <= cells; ++j) {
        const double p = position + reach * i / cells;
        const double s = std::exp(log_sigma + log_reach * j / cells);
        if (p < x.front() || p > x.back() || s > length * (1 + 1e-9)) continue;
        if (const Trial trial = try_edge(x, y, p, s); trial.residual < best.residual) best = trial;
      }
    if (best.sigma == 0) return std::nullopt;
    position = best.position;
    log_sigma = std::log(best.sigma);
    // The next grid reaches three of this one's steps.
    reach *= 3.0 / cells;
    log_reach *= 3.0 / cells;
  }
  if (best.rise == 0) return std::nullopt;
  return EdgeFit{.position = best.position,
                 .fwhm = fwhm_of_sigma * best.sigma,
                 .low = best.low,
                 .high = best.low + best.rise,
                 .explained = 1 - std::max(best.residual, 0.0) / variance};
}

}  // namespace ptero::quality
