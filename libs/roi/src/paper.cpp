#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "kmeans.hpp"
#include "model.hpp"

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// [Lin23, eq. 2] over the frames that vote, population standard deviation.
Scatter standardise(const std::vector<double>& x, const std::vector<double>& y) {
  const auto moments = [](const std::vector<double>& values) {
    double sum = 0, squares = 0;
    std::size_t n = 0;
    for (double v : values)
      if (!std::isnan(v)) sum += v, ++n;
    const double mean = n > 0 ? sum / static_cast<double>(n) : 0;
    for (double v : values)
      if (!std::isnan(v)) squares += (v - mean) * (v - mean);
    return std::pair(mean, n > 0 ? std::sqrt(squares / static_cast<double>(n)) : 0);
  };
  Scatter scatter;
  std::tie(scatter.mean_x, scatter.sigma_x) = moments(x);
  std::tie(scatter.mean_y, scatter.sigma_y) = moments(y);
  return scatter;
}

void take_logarithm(std::vector<double>& values) {
  for (double& v : values) v = v > 0 ? std::log(v) : unknown;
}

/// k-means on one feature; the background is the cluster of the highest T or of the lowest magnitude.
Cut vote(FeatureKind kind, int segment, const std::vector<double>& values, int clusters, Verdicts& verdicts) {
  Cut cut{.kind = kind, .segment = segment, .threshold = unknown};
  const std::vector<double> centres = kmeans(values, clusters);
  // Equal values would all count as low: a feature without any contrast must not select the whole scan.
  if (centres.empty() || centres.front() == centres.back()) return cut;
  const std::size_t background = kind == FeatureKind::total ? centres.size() - 1 : 0;
  const std::size_t next = kind == FeatureKind::total ? background - 1 : 1;
  cut.threshold = (centres[background] + centres[next]) / 2;
  cut.scale = std::abs(centres[background] - centres[next]) / 2;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    verdicts.margins[i] = std::fmax(verdicts.margins[i], margin(cut, values[i]));
    if (nearest(centres, values[i]) == background) continue;
    verdicts.chosen[i] = 1;
    ++cut.votes;
  }
  return cut;
}

}  // namespace

Verdicts decide_paper(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options,
                      Model& model) {
  const std::size_t n = cohort.size();
  Verdicts verdicts{std::vector<std::uint8_t>(n, 0), std::vector<double>(n, unknown)};
  for (int segment = 0; segment < options.segments; ++segment) {
    std::vector<double> total(n, unknown), x(n, unknown), y(n, unknown), magnitude(n, unknown);
    for (std::size_t i = 0; i < n; ++i) {
      const SegmentFeatures& f = cohort.frames[i]->features.segments[static_cast<std::size_t>(segment)];
      if (!cohort.takes_part(i) || !(f.total > 0)) continue;
      total[i] = f.total / cohort.gain[i];
      x[i] = f.com_x;
      y[i] = f.com_y;
    }
    const Scatter scatter = standardise(x, y);
    for (std::size_t i = 0; i < n; ++i)
      if (!std::isnan(x[i])) magnitude[i] = std::hypot(scatter.z_x(x[i]), scatter.z_y(y[i]));

    total = mean_filter(neighbours, total);
    magnitude = mean_filter(neighbours, magnitude);
    take_logarithm(total);
    take_logarithm(magnitude);
    model.scatter.push_back(scatter);
    model.cuts.push_back(vote(FeatureKind::total, segment, total, options.clusters, verdicts));
    model.cuts.push_back(vote(FeatureKind::com_magnitude, segment, magnitude, options.clusters, verdicts));
  }
  model.no_contrast = std::all_of(model.cuts.begin(), model.cuts.end(),
                                  [](const Cut& cut) { return std::isnan(cut.threshold); });
  return verdicts;
}

}  // namespace ptero::roi
