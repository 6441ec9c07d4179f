#include "background.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "cohort.hpp"

namespace ptero::roi {
namespace {

constexpr double least_share = 0.1;
constexpr double bins_per_bandwidth = 4;
constexpr double most_bins = 4096;

/// Silverman's rule on the narrower of two spreads, never below the shot noise.
double bandwidth_of(const std::vector<double>& totals, double shot_noise) {
  const auto n = static_cast<double>(totals.size());
  double sum = 0, squares = 0;
  for (double t : totals) sum += t;
  for (double t : totals) squares += (t - sum / n) * (t - sum / n);
  const double iqr = quantile_of(totals, 0.75) - quantile_of(totals, 0.25);
  return std::max(0.9 * std::min(std::sqrt(squares / n), iqr / 1.34) * std::pow(n, -0.2), shot_noise);
}

struct Histogram {
  double low = 0;
  double width = 1;
  std::vector<double> counts;

  double middle(std::size_t bin) const { return low + (static_cast<double>(bin) + 0.5) * width; }
};

/// Values beyond the range fall into its outermost bins; only the upper modes matter.
Histogram count(const std::vector<double>& totals, double bandwidth) {
  Histogram histogram;
  histogram.width = bandwidth / bins_per_bandwidth;
  // A mode holds a tenth of the frames: what lies above all but a twentieth belongs to one below, or is
  // stray.
  const double most = quantile_of(totals, 0.95), middle = median_of(totals);
  const double high = std::min(quantile_of(totals, 0.999), most + (most - middle)) + 4 * bandwidth;
  histogram.low = std::max(*std::min_element(totals.begin(), totals.end()) - 4 * bandwidth,
                           high - most_bins * histogram.width);
  const auto bins =
      static_cast<std::size_t>(std::max(1.0, std::ceil((high - histogram.low) / histogram.width)));
  histogram.counts.assign(bins, 0);
  for (double t : totals) {
    const double bin = std::floor((t - histogram.low) / histogram.width);
    ++histogram.counts[static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(bins - 1)))];
  }
  return histogram;
}

std::vector<double> smooth(const std::vector<double>& counts) {
  constexpr auto reach = static_cast<std::ptrdiff_t>(4 * bins_per_bandwidth);
  std::array<double, 2 * reach + 1> weights;
  for (std::ptrdiff_t k = -reach; k <= reach; ++k) {
    const double distance = static_cast<double>(k) / bins_per_bandwidth;
    weights[static_cast<std::size_t>(k + reach)] = std::exp(-distance * distance / 2);
  }
  std::vector<double> density(counts.size(), 0);
  const auto bins = static_cast<std::ptrdiff_t>(counts.size());
  for (std::ptrdiff_t i = 0; i < bins; ++i)
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, i - reach); j <= std::min(bins - 1, i + reach); ++j)
      density[static_cast<std::size_t>(i)] +=
          counts[static_cast<std::size_t>(j)] * weights[static_cast<std::size_t>(j - i + reach)];
  return density;
}

/// From the top down the first mode whose basin, from valley to valley, holds its share; else the one that
/// holds most.
double highest_mode(const Histogram& histogram, double frames) {
  const std::vector<double> density = smooth(histogram.counts);
  double best = 0, best_share = -1;
  std::size_t i = density.size() - 1;
  while (true) {
    const std::size_t upper = i;
    while (i > 0 && density[i - 1] >= density[i]) --i;
    const std::size_t mode = i;
    while (i > 0 && density[i - 1] <= density[i]) --i;
    double share = 0;
    for (std::size_t b = i; b <= upper; ++b) share += histogram.counts[b] / frames;
    if (share >= least_share) return histogram.middle(mode);
    if (share > best_share) best_share = share, best = histogram.middle(mode);
    if (i == 0) return best;
  }
}

}  // namespace

double quantile_of(std::vector<double> values, double q) {
  const auto rank = static_cast<std::ptrdiff_t>(std::lround(q * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

double half_sigma(const std::vector<double>& distances) {
  if (distances.empty()) return 0;
  const double first = 1.4826 * median_of(distances);
  double squares = 0, count = 0;
  for (double d : distances) {
    if (d > 3 * first) continue;
    squares += d * d;
    count += 1;
  }
  // What cutting a normal distribution at three sigma takes from its standard deviation.
  constexpr double kept = 0.9866;
  return std::sqrt(squares / count) / kept;
}

Background find_background(const std::vector<double>& totals, double averaged) {
  const double shot_noise = std::sqrt(std::max(1.0, median_of(totals)) / averaged);
  const Histogram histogram = count(totals, bandwidth_of(totals, shot_noise));
  Background background;
  background.level = highest_mode(histogram, static_cast<double>(totals.size()));
  std::vector<double> above;
  for (double t : totals)
    if (t > background.level) above.push_back(t - background.level);
  background.sigma = std::max(half_sigma(above), std::sqrt(std::max(1.0, background.level) / averaged));
  return background;
}

bool is_slow_drift(const std::vector<double>& totals, double averaged) {
  constexpr double steepest = 0.25, most_below = 0.02;
  const auto n = static_cast<double>(totals.size());
  const auto stretch = static_cast<std::size_t>(std::max(16.0, std::round(std::sqrt(n))));
  if (totals.size() < 4 * stretch) return false;

  std::vector<double> levels;
  for (std::size_t i = 0; i + stretch <= totals.size(); i += stretch) {
    const auto begin = totals.begin() + static_cast<std::ptrdiff_t>(i);
    levels.push_back(median_of({begin, begin + static_cast<std::ptrdiff_t>(stretch)}));
  }
  const auto [lowest, highest] = std::minmax_element(levels.begin(), levels.end());
  for (std::size_t k = 1; k < levels.size(); ++k)
    if (std::abs(levels[k] - levels[k - 1]) > steepest * (*highest - *lowest)) return false;

  std::vector<double> residuals, above;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    // Between the middles of two stretches, carried on straight at both ends.
    const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(stretch) - 0.5;
    const auto k = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(levels.size() - 2)));
    const double part = place - static_cast<double>(k);
    residuals.push_back(totals[i] - (levels[k] * (1 - part) + levels[k + 1] * part));
    if (residuals.back() > 0) above.push_back(residuals.back());
  }
  const double sigma = std::max(half_sigma(above), std::sqrt(std::max(1.0, median_of(totals)) / averaged));
  const auto below =
      std::count_if(residuals.begin(), residuals.end(), [&](double r) { return r < -3 * sigma; });
  return static_cast<double>(below) < most_below * n;
}

}  // namespace ptero::roi
