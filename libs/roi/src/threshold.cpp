#include <algorithm>
#include <cmath>
#include <limits>

#include "background.hpp"
#include "model.hpp"

namespace ptero::roi {

Verdicts decide_by_threshold(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options,
                             Model& model) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> totals = mean_totals(cohort, neighbours), known;
  std::copy_if(totals.begin(), totals.end(), std::back_inserter(known),
               [](double t) { return !std::isnan(t); });
  Cut cut{.kind = FeatureKind::total, .segment = -1, .threshold = unknown};
  if (!known.empty()) {
    const double level = find_background(known, full_neighbourhood).level;
    cut.threshold = std::log(options.threshold * level);
    // The background level itself is certain.
    cut.scale = -std::log(options.threshold);
  }
  for (double& total : totals) total = std::log(total);
  Verdicts verdicts{std::vector<std::uint8_t>(cohort.size(), 0), std::vector<double>(cohort.size(), unknown)};
  vote(cut, totals, verdicts);
  model.cuts = {cut};
  return verdicts;
}

}  // namespace ptero::roi
