#include "studies/roi_table/roi_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ptero/core/contract.hpp>

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
  return score(std::span(&roi_case, 1), std::span(&answer, 1));
}

RoiScore score(std::span<const RoiCase> cases, std::span<const roi::Classification> answers) {
  PTERO_EXPECT(cases.size() == answers.size() && !cases.empty());
  RoiScore s{.no_contrast = true};
  double region = 0, background = 0, found = 0, wrong = 0;
  for (std::size_t k = 0; k < cases.size(); ++k) {
    const RoiCase& roi_case = cases[k];
    const roi::Classification& answer = answers[k];
    std::vector<bool> selected(roi_case.truth.size(), false);
    for (std::size_t i = 0; i < answer.ids.size(); ++i)
      selected[answer.ids[i]] = answer.labels[i] == roi::Label::selected;
    const bool something = std::count(roi_case.truth.begin(), roi_case.truth.end(), FrameTruth::region) > 0;
    const bool gave_up_rightly = answer.no_contrast && !something;
    for (std::size_t id = 0; id < selected.size(); ++id) {
      const FrameTruth truth = roi_case.truth[id];
      region += truth == FrameTruth::region;
      background += truth == FrameTruth::background;
      found += truth == FrameTruth::region && selected[id];
      wrong += truth == FrameTruth::background && selected[id] && !gave_up_rightly;
    }
    for (const auto& frames : roi_case.particles) {
      std::size_t hits = 0;
      for (const FrameId id : frames) hits += selected[id];
      s.particles_found += !frames.empty() && 2 * hits >= frames.size();
    }
    s.kept += answer.fraction / static_cast<double>(cases.size());
    s.no_contrast = s.no_contrast && answer.no_contrast;
  }
  if (region > 0) s.recall = found / region;
  if (background > 0) s.false_positives = wrong / background;
  return s;
}

RoiTable make_roi_table(const RoiCaseOptions& options,
                        const std::function<void(const std::string&)>& progress,
                        const std::function<void(const std::string&, const RoiCase&)>& look) {
  RoiTable table;
  auto makers = recorded_roi_cases(options);
  for (auto& maker : simulated_roi_cases(options)) makers.push_back(std::move(maker));
  for (const auto& maker : makers) {
    if (progress) progress(maker.name);
    const std::vector<RoiCase> cases = maker.make();
    if (look) look(maker.name, cases.front());
    table.scans.emplace_back(maker.name, maker.truth);
    std::size_t particles = 0;
    for (const RoiCase& roi_case : cases) particles += roi_case.particles.size();
    // The score of an answer to each of them.
    const auto score_of = [&](const auto& classify) {
      std::vector<roi::Classification> answers;
      for (const RoiCase& roi_case : cases) answers.push_back(classify(roi_case));
      return score(cases, answers);
    };
    for (const auto& [segments, features] : cases.front().tables) {
      const auto in = [&, s = segments](roi::Mode mode) {
        return score_of([&](const RoiCase& roi_case) {
          return roi::classify(roi_case.tables.at(s), roi_case.layout,
                               {.mode = mode, .segments = s, .dark = roi_case.dark});
        });
      };
      table.rows.push_back({maker.name, segments, particles, in(roi::Mode::paper), in(roi::Mode::robust)});
    }
    for (std::size_t k = 0; k < roi::rivals.size(); ++k) {
      const RoiScore s = score_of([&](const RoiCase& roi_case) { return classify_by(roi_case, k); });
      if (s.recall) table.rivals.push_back({maker.name, roi::rivals[k], particles, s});
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
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ptero::tools
