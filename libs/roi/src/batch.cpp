#include <algorithm>
#include <cmath>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/roi/batch.hpp>
#include <ptero/roi/roi_set.hpp>
#include <string>

#include "decision.hpp"
#include "kmeans.hpp"
#include "region.hpp"

namespace ptero::roi {
namespace {

constexpr int most_clusters = 8;
constexpr std::uint8_t no_cluster = 255;

/// Materials: clusters of log T of the whole pattern, 3 x 3 mean.
std::vector<std::uint8_t> find_clusters(const Cohort& cohort, const Neighbours& neighbours, int count) {
  std::vector<double> totals = mean_totals(cohort, neighbours);
  for (double& total : totals) total = std::log(total);
  const std::vector<double> centres = kmeans(totals, count);
  std::vector<std::uint8_t> clusters(cohort.size(), no_cluster);
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (!std::isnan(totals[i])) clusters[i] = static_cast<std::uint8_t>(nearest(centres, totals[i]));
  return clusters;
}

std::string set_hash_of(const Classification& result) {
  RoiSet set;
  for (std::size_t i = 0; i < result.ids.size(); ++i)
    if (result.labels[i] == Label::selected) set.insert(result.ids[i]);
  return set.hash();
}

Verdicts decide(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options, Model& model) {
  switch (options.mode) {
    case Mode::paper:
      return decide_paper(cohort, neighbours, options, model);
    case Mode::threshold:
      return decide_by_threshold(cohort, neighbours, options, model);
    case Mode::robust:
      break;
  }
  return decide_robust(cohort, neighbours, model);
}

/// Nothing stands out. Behind vacuum that is nothing to see yet; where patterns scatter by more than shot
/// noise the sample may be everywhere, and is taken to be once a third of the scan was seen.
bool is_everywhere(const Model& model, std::size_t frames, const ScanLayout& layout) {
  constexpr double beyond_noise = 1;
  if (model.mode != Mode::robust) return true;
  constexpr std::size_t usual_scan = 3000;
  const std::size_t scan = layout.plan() ? layout.plan()->count() : usual_scan;
  return !(model.excess <= beyond_noise) && frames >= scan / 3;
}

}  // namespace

void check(const RoiOptions& options) {
  if (options.segments < 1 || options.segments > 256)
    throw InputError("cannot classify by " + std::to_string(options.segments) + " segments", "",
                     "segments is 1..256");
  if (options.mode == Mode::threshold && !(options.threshold > 0 && options.threshold < 1))
    throw InputError("cannot cut at a threshold of " + std::to_string(options.threshold), "",
                     "give the share of the background's counts below which a frame counts, such as 0.98");
  if (options.clusters < 2 || options.clusters > most_clusters)
    throw InputError("cannot sort frames into " + std::to_string(options.clusters) + " clusters", "",
                     "clusters is 2.." + std::to_string(most_clusters));
}

void check(const RoiOptions& options, const FrameRecord& frame) {
  if (frame.features.segments.size() != static_cast<std::size_t>(options.segments))
    throw InputError("frame " + std::to_string(frame.id) + " has features of " +
                         std::to_string(frame.features.segments.size()) +
                         " segments, the classifier expects " + std::to_string(options.segments),
                     "", "extract with the same number of segments");
}

Decision decide(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options, Prefix prefix,
                const BadFrames& bad) {
  Cohort cohort = gather(table, layout, options, prefix, bad);
  const Neighbours neighbours = find_neighbours(cohort, layout);
  Decision decision;
  Model& model = decision.model;
  model.mode = options.mode;
  model.intensity = cohort.intensity;
  model.dark = options.dark;
  model.step_m = neighbours.step_m;
  Verdicts verdicts = decide(cohort, neighbours, options, model);
  if (model.no_contrast)
    std::fill(verdicts.chosen.begin(), verdicts.chosen.end(), std::uint8_t{1});
  else
    shape_region(cohort, neighbours, layout, options, verdicts.chosen);

  model.everywhere = model.no_contrast && is_everywhere(model, cohort.size(), layout);

  Classification& result = decision.classification;
  result.clusters = find_clusters(cohort, neighbours, options.clusters);
  std::size_t selected = 0, decided = 0;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    result.ids.push_back(cohort.frames[i]->id);
    const bool chosen = verdicts.chosen[i] != 0;
    double margin = verdicts.margins[i];
    // Fill-in, border or the lack of contrast overruled the features.
    if (chosen != (margin > 0)) margin = 0;
    result.confidence.push_back(cohort.takes_part(i) ? confidence_of(margin) : 0);
    if (cohort.takes_part(i)) {
      cohort.labels[i] = chosen ? Label::selected : Label::background;
      ++decided;
      selected += chosen ? 1 : 0;
    }
  }
  result.labels = std::move(cohort.labels);
  result.fraction = decided > 0 ? static_cast<double>(selected) / static_cast<double>(decided) : 0;
  for (std::size_t i = 0; i < cohort.size(); ++i)
    result.monitors_ignored += result.labels[i] != Label::unpositioned && std::isnan(cohort.gain[i]) ? 1 : 0;
  result.cuts = model.cuts;
  result.no_contrast = model.no_contrast;
  result.set_hash = set_hash_of(result);
  decision.rows = std::move(cohort.rows);
  return decision;
}

Classification classify(const FeatureTable& table, const ScanLayout& layout, const RoiOptions& options,
                        Prefix prefix, const BadFrames& bad) {
  check(options);
  for (std::size_t row = 0; row < prefix.rows; ++row) check(options, table.row(row));
  return decide(table, layout, options, prefix, bad).classification;
}

}  // namespace ptero::roi
