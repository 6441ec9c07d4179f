#include <algorithm>
#include <cmath>
#include <limits>

#include "background.hpp"
#include "model.hpp"
#include "scattering.hpp"

namespace ptero::roi {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double total_sigmas = 3;
constexpr double scatter_sigmas = 3;
/// Fewer frames than this share of the scan are what noise selects.
constexpr double least_contrast = 0.02;

/// Log of the 3 x 3 mean of T of the whole pattern, and where it falls below the background.
std::vector<double> log_totals(const Cohort& cohort, const Neighbours& neighbours, Cut& cut) {
  std::vector<double> totals = mean_totals(cohort, neighbours), known;
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

/// Of fewer frames the densest stretch is where they happen to lie close.
constexpr std::size_t fewest_dense = 64;

struct Level {
  double middle = 0;
  double sigma = 0;
};

/// Middle and scatter of the frames that scatter least: from the densest tenth of the frames outwards, as
/// long as what is within three sigmas above changes the middle. Sigmas are those of the lower half, which no
/// object reaches. values: not empty.
Level lowest_population(std::vector<double> values, std::size_t frames) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  const std::size_t dense = std::min(n, std::max(frames / 10, fewest_dense));
  std::size_t first = 0;
  for (std::size_t i = 0; i + dense <= n; ++i)
    if (values[i + dense - 1] - values[i] < values[first + dense - 1] - values[first]) first = i;
  Level level;
  std::size_t middle = first + dense / 2;
  for (int round = 0; round < 50; ++round) {
    level.middle = values[middle];
    level.sigma = 1.4826 * (values[middle] - values[middle / 2]);
    const auto end =
        std::upper_bound(values.begin(), values.end(), level.middle + scatter_sigmas * level.sigma);
    const std::size_t next = static_cast<std::size_t>(end - values.begin()) / 2;
    if (next == middle) break;
    middle = std::min(next, n - 1);
  }
  return level;
}

/// Where frames scatter by more than the background's three sigmas. Sigmas of the cube root: a mean of
/// squares follows chi square, whose cube root is near to normal at any number of degrees of freedom (Wilson
/// and Hilferty 1931), so that the upper half mirrors the lower one. The logarithm's lower half is the wider
/// one, at S = 1 so much that a cut from it lies at Q = 34, where noise has 1e-15.
Cut cut_scattering(const std::vector<double>& values, const std::vector<std::uint8_t>& region) {
  // Of so many frames an even part is enough: the threshold is good to a hundredth of a sigma.
  constexpr std::size_t enough = 1 << 16;
  const std::size_t stride = values.size() / enough + 1;
  std::vector<double> background;
  std::size_t frames = 0;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    if (!std::isfinite(values[i])) continue;
    ++frames;
    if (region[i] == 0) background.push_back(std::exp(values[i] / 3));
  }
  Cut cut{.kind = FeatureKind::com_magnitude, .segment = -1, .threshold = unknown};
  if (background.empty()) return cut;
  const auto [median, sigma] = lowest_population(std::move(background), frames);
  if (!(sigma > 0)) return cut;
  cut.threshold = 3 * std::log(median + scatter_sigmas * sigma);
  cut.scale = cut.threshold - 3 * std::log(median);
  return cut;
}

}  // namespace

Verdicts decide_robust(const Cohort& cohort, const Neighbours& neighbours, Model& model) {
  const std::size_t n = cohort.size();
  Verdicts verdicts{std::vector<std::uint8_t>(n, 0), std::vector<double>(n, unknown)};
  Cut by_total;
  const std::vector<double> totals = log_totals(cohort, neighbours, by_total);
  vote(by_total, totals, verdicts);

  const SegmentTable table(cohort);
  const std::vector<std::uint8_t> by_counts = verdicts.chosen;
  const std::vector<double> common = log_common_scattering(cohort, table, neighbours, verdicts.chosen, model);
  Cut by_common = cut_scattering(common, by_counts);
  vote(by_common, common, verdicts);

  const std::vector<double> single = log_single_scattering(cohort, table, neighbours, verdicts.chosen, model);
  Cut by_single = cut_scattering(single, by_counts);
  vote(by_single, single, verdicts);
  model.cuts = {by_total, by_common, by_single};

  double chosen = 0, decided = 0;
  for (std::size_t i = 0; i < n; ++i) {
    chosen += verdicts.chosen[i];
    decided += cohort.takes_part(i) ? 1 : 0;
  }
  model.no_contrast = chosen < least_contrast * decided || decided == 0;
  return verdicts;
}

}  // namespace ptero::roi
