#include "roi_table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace ptero::tools {

namespace {

constexpr double tie = 0.005;

std::string cells(std::size_t particles, const RoiScore& s) {
  const std::string recall = s.recall ? fmt::format("{:.3f}", *s.recall) : "-";
  std::string kept = s.no_contrast ? "all: `no_contrast`" : fmt::format("{:.3f}", s.kept);
  if (particles > 0) kept += fmt::format(", {}/{} particles", s.particles_found, particles);
  return fmt::format("{} | {:.3f} | {}", recall, s.false_positives, kept);
}

nlohmann::ordered_json to_json(std::size_t particles, const RoiScore& s) {
  const auto rounded = [](double value) { return std::round(value * 1e6) / 1e6; };
  nlohmann::ordered_json out;
  out["recall"] = s.recall ? nlohmann::ordered_json(rounded(*s.recall)) : nlohmann::ordered_json(nullptr);
  out["false_positive_rate"] = rounded(s.false_positives);
  out["kept"] = rounded(s.kept);
  out["no_contrast"] = s.no_contrast;
  if (particles > 0) out["particles_found"] = s.particles_found;
  return out;
}

/// What a rival makes of a scan.
roi::Classification classify_by(const RoiCase& roi_case, std::size_t rival) {
  std::vector<double> values;
  for (const auto& frame : roi_case.rivals) values.push_back(frame[rival]);
  const auto region = roi::classify_by(roi::rivals[rival], std::move(values));
  roi::Classification answer;
  double selected = 0;
  for (std::size_t id = 0; id < region.size(); ++id) {
    answer.ids.push_back(id);
    answer.labels.push_back(region[id] != 0 ? roi::Label::selected : roi::Label::background);
    selected += region[id];
  }
  answer.fraction = selected / static_cast<double>(region.size());
  return answer;
}

}  // namespace

double RoiTableRow::points(const RoiScore& score) {
  return score.recall.value_or(1) - score.false_positives;
}

int RoiTableRow::lead() const {
  const double lead = points(robust) - points(paper);
  return std::abs(lead) <= tie ? 0 : lead > 0 ? 1 : -1;
}

RoiScore score(const RoiCase& roi_case, const roi::Classification& answer) {
  std::size_t region = 0, background = 0, found = 0, wrong = 0;
  std::vector<bool> selected(roi_case.truth.size(), false);
  for (std::size_t i = 0; i < answer.ids.size(); ++i)
    selected[answer.ids[i]] = answer.labels[i] == roi::Label::selected;
  for (std::size_t id = 0; id < selected.size(); ++id) {
    const FrameTruth truth = roi_case.truth[id];
    region += truth == FrameTruth::region;
    background += truth == FrameTruth::background;
    found += truth == FrameTruth::region && selected[id];
    wrong += truth == FrameTruth::background && selected[id];
  }
  RoiScore s{.kept = answer.fraction, .no_contrast = answer.no_contrast};
  if (region > 0) s.recall = static_cast<double>(found) / static_cast<double>(region);
  if (background > 0 && !(region == 0 && s.no_contrast))
    s.false_positives = static_cast<double>(wrong) / static_cast<double>(background);
  for (const auto& frames : roi_case.particles) {
    std::size_t hits = 0;
    for (const FrameId id : frames) hits += selected[id];
    s.particles_found += !frames.empty() && 2 * hits >= frames.size();
  }
  return s;
}

RoiTable make_roi_table(const RoiCaseOptions& options,
                        const std::function<void(const std::string&)>& progress) {
  RoiTable table;
  auto makers = recorded_roi_cases(options);
  for (auto& maker : simulated_roi_cases(options)) makers.push_back(std::move(maker));
  for (const auto& maker : makers) {
    if (progress) progress(maker.name);
    const RoiCase roi_case = maker.make();
    table.scans.emplace_back(maker.name, maker.truth);
    for (const auto& [segments, features] : roi_case.tables) {
      const auto in = [&](roi::Mode mode) {
        return score(roi_case, roi::classify(features, roi_case.layout,
                                             {.mode = mode, .segments = segments, .dark = roi_case.dark}));
      };
      table.rows.push_back(
          {maker.name, segments, roi_case.particles.size(), in(roi::Mode::paper), in(roi::Mode::robust)});
    }
    for (std::size_t k = 0; k < roi::rivals.size(); ++k) {
      const RoiScore s = score(roi_case, classify_by(roi_case, k));
      if (s.recall) table.rivals.push_back({maker.name, roi::rivals[k], roi_case.particles.size(), s});
    }
  }
  return table;
}

std::string RoiTable::markdown() const {
  std::string out =
      "| scan | S | paper: recall | false positives | kept | robust: recall | false positives | kept | ahead "
      "|\n| --- | ---: | ---: | ---: | --- | ---: | ---: | --- | --- |\n";
  for (const auto& row : rows)
    out += fmt::format("| {} | {} | {} | {} | {} |\n", row.scan, row.segments,
                       cells(row.particles, row.paper), cells(row.particles, row.robust),
                       row.lead() > 0   ? "robust"
                       : row.lead() < 0 ? "**paper**"
                                        : "equal");
  out +=
      "\nThe conventional contrasts of [Lin23, fig. 7] on the same scans, each cut in two by k-means:\n\n"
      "| scan | contrast | recall | false positives | kept |\n| --- | --- | ---: | ---: | --- |\n";
  for (const auto& row : rivals)
    out +=
        fmt::format("| {} | {} | {} |\n", row.scan, roi::name_of(row.rival), cells(row.particles, row.score));
  out += "\nThe truth, by scan:\n\n";
  for (const auto& [name, truth] : scans) out += fmt::format("- {}: {}\n", name, truth);
  return out;
}

std::string RoiTable::json() const {
  nlohmann::ordered_json out;
  out["touching_share"] = touching_share;
  out["touching_thickness_m"] = touching_thickness_m;
  out["untouched_share"] = untouched_share;
  std::size_t behind = 0;
  for (const auto& row : rows) {
    nlohmann::ordered_json entry;
    entry["scan"] = row.scan;
    entry["segments"] = row.segments;
    entry["paper"] = to_json(row.particles, row.paper);
    entry["robust"] = to_json(row.particles, row.robust);
    entry["ahead"] = row.lead() > 0 ? "robust" : row.lead() < 0 ? "paper" : "equal";
    behind += row.lead() < 0;
    out["rows"].push_back(std::move(entry));
  }
  for (const auto& row : rivals) {
    nlohmann::ordered_json entry;
    entry["scan"] = row.scan;
    entry["contrast"] = roi::name_of(row.rival);
    entry.update(to_json(row.particles, row.score));
    out["rivals"].push_back(std::move(entry));
  }
  out["rows_behind"] = behind;
  return out.dump(2) + "\n";
}

}  // namespace ptero::tools
