#include <algorithm>
#include <cmath>
#include <limits>

#include "background.hpp"
#include "model.hpp"

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double total_sigmas = 3;
constexpr double scatter_sigmas = 3;
/// Fewer frames than this share of the scan are what noise selects.
constexpr double least_contrast = 0.02;

/// Sigma of a normal distribution from the median distance to the centre.
double robust_sigma(std::vector<double> distances) {
  for (double& d : distances) d = std::abs(d);
  return 1.4826 * median_of(std::move(distances));
}

void vote(const Cut& cut, const std::vector<double>& values, Verdicts& verdicts, std::size_t& votes) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double m = margin(cut, values[i]);
    verdicts.margins[i] = std::fmax(verdicts.margins[i], m);
    if (!(m > 0)) continue;
    verdicts.chosen[i] = 1;
    ++votes;
  }
}

/// Log of the 3 x 3 mean of T of the whole pattern, and where it falls below the background.
std::vector<double> log_totals(const Cohort& cohort, const Neighbours& neighbours, Cut& cut) {
  std::vector<double> totals(cohort.size(), unknown), known;
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (const double total = cohort.frames[i]->features.whole.total; cohort.takes_part(i) && total > 0)
      totals[i] = total / cohort.gain[i];
  totals = mean_filter(neighbours, totals);
  std::copy_if(totals.begin(), totals.end(), std::back_inserter(known),
               [](double t) { return !std::isnan(t); });
  cut = {.kind = FeatureKind::total, .segment = -1, .threshold = unknown};
  if (!known.empty() && !is_slow_drift(known, full_neighbourhood)) {
    const Background background = find_background(known, full_neighbourhood);
    const double lowest = background.level - total_sigmas * background.sigma;
    if (lowest > 0) {
      cut.threshold = std::log(lowest);
      // The background level itself is certain.
      cut.scale = std::log(background.level) - cut.threshold;
    }
  }
  for (double& total : totals) total = std::log(total);
  return totals;
}

/// The 3 x 3 means of a segment's centre of mass, and how many frames each averages.
struct MeanCom {
  std::vector<double> x, y;
  std::vector<int> averaged;
};

MeanCom mean_com(const Cohort& cohort, const Neighbours& neighbours, std::size_t segment) {
  const std::size_t n = cohort.size();
  MeanCom com{std::vector<double>(n, unknown), std::vector<double>(n, unknown), std::vector<int>(n, 0)};
  for (std::size_t i = 0; i < n; ++i) {
    const SegmentFeatures& f = cohort.frames[i]->features.segments[segment];
    if (!cohort.takes_part(i) || !(f.total > 0)) continue;
    com.x[i] = f.com_x;
    com.y[i] = f.com_y;
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::uint32_t j : neighbours.of(i)) com.averaged[i] += std::isnan(com.x[j]) ? 0 : 1;
  com.x = mean_filter(neighbours, com.x);
  com.y = mean_filter(neighbours, com.y);
  return com;
}

/// Centre and scatter over the background. A pattern wider than a pixel scatters by 1 / sqrt(T) at least.
Scatter background_scatter(const Cohort& cohort, std::size_t segment, const MeanCom& com,
                           const Verdicts& verdicts) {
  std::vector<double> x, y, totals;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (std::isnan(com.x[i]) || verdicts.chosen[i] != 0) continue;
    x.push_back(com.x[i]);
    y.push_back(com.y[i]);
    totals.push_back(cohort.frames[i]->features.segments[segment].total);
  }
  Scatter scatter;
  if (x.empty()) return scatter;
  const double floor = 1 / std::sqrt(full_neighbourhood * median_of(std::move(totals)));
  scatter.mean_x = median_of(x);
  scatter.mean_y = median_of(y);
  for (double& v : x) v -= scatter.mean_x;
  for (double& v : y) v -= scatter.mean_y;
  scatter.sigma_x = std::max(floor, robust_sigma(std::move(x)));
  scatter.sigma_y = std::max(floor, robust_sigma(std::move(y)));
  return scatter;
}

/// Log of the mean over the segments of the squared z-scores.
std::vector<double> log_scattering(const Cohort& cohort, const Neighbours& neighbours,
                                   const Verdicts& verdicts, Model& model, std::size_t segments) {
  std::vector<double> sums(cohort.size(), 0), counts(cohort.size(), 0);
  for (std::size_t s = 0; s < segments; ++s) {
    const MeanCom com = mean_com(cohort, neighbours, s);
    model.scatter.push_back(background_scatter(cohort, s, com, verdicts));
    for (std::size_t i = 0; i < cohort.size(); ++i) {
      if (std::isnan(com.x[i])) continue;
      sums[i] += mean_square_z(model.scatter[s], com.x[i], com.y[i], com.averaged[i]);
      counts[i] += 1;
    }
  }
  for (std::size_t i = 0; i < cohort.size(); ++i)
    sums[i] = counts[i] > 0 ? std::log(sums[i] / counts[i]) : unknown;
  return sums;
}

/// Median of the background and so many sigmas of its lower half, which no object reaches.
Cut cut_scattering(const std::vector<double>& values, const Verdicts& verdicts) {
  std::vector<double> background, lower;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i]) && verdicts.chosen[i] == 0) background.push_back(values[i]);
  Cut cut{.kind = FeatureKind::com_magnitude, .segment = -1, .threshold = unknown};
  if (background.empty()) return cut;
  const double median = median_of(background);
  for (double v : background)
    if (v <= median) lower.push_back(median - v);
  const double sigma = robust_sigma(std::move(lower));
  if (!(sigma > 0)) return cut;
  cut.scale = scatter_sigmas * sigma;
  cut.threshold = median + cut.scale;
  return cut;
}

}  // namespace

Verdicts decide_robust(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options,
                       Model& model) {
  const std::size_t n = cohort.size();
  Verdicts verdicts{std::vector<std::uint8_t>(n, 0), std::vector<double>(n, unknown)};
  Cut by_total;
  const std::vector<double> totals = log_totals(cohort, neighbours, by_total);
  vote(by_total, totals, verdicts, by_total.votes);

  const std::vector<double> scattering =
      log_scattering(cohort, neighbours, verdicts, model, static_cast<std::size_t>(options.segments));
  Cut by_scattering = cut_scattering(scattering, verdicts);
  vote(by_scattering, scattering, verdicts, by_scattering.votes);
  model.cuts = {by_total, by_scattering};

  double chosen = 0, decided = 0;
  for (std::size_t i = 0; i < n; ++i) {
    chosen += verdicts.chosen[i];
    decided += cohort.takes_part(i) ? 1 : 0;
  }
  model.no_contrast = chosen < least_contrast * decided || decided == 0;
  return verdicts;
}

}  // namespace ptero::roi
