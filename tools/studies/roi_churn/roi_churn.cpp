#include "studies/roi_churn/roi_churn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <ptero/roi/features.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/synth/simulator.hpp>
#include <set>

#include "studies/roi_case.hpp"

namespace ptero::tools {

namespace {

constexpr int segments = 8;
constexpr double most_retracted = 5, most_never_final = 3, latest = 15;

/// What was told at one frame.
struct Told {
  std::vector<FrameId> removed, added;
};

struct Course {
  std::vector<Told> told;  ///< by arrival, and one more for the end
  std::set<FrameId> set, ever;
  double retracted = 0;

  void take(const roi::Revision& revision, Told& now) {
    for (const FrameId id : revision.removed) set.erase(id);
    retracted += static_cast<double>(revision.removed.size());
    now.removed = revision.removed;
    for (const FrameId id : revision.added) add(id, now);
  }
  void add(FrameId id, Told& now) {
    set.insert(id);
    ever.insert(id);
    now.added.push_back(id);
  }
};

/// Percent of the sample that was scanned when precision or recall were last below nine tenths.
double unsettled_until(const Course& course, std::span<const roi::FrameRecord> frames) {
  constexpr double enough = 0.9;
  std::set<FrameId> now;
  double scanned = 0, right = 0, last = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    scanned += course.set.contains(frames[i].id);
    for (const FrameId id : course.told[i].removed)
      if (now.erase(id) > 0) right -= course.set.contains(id);
    for (const FrameId id : course.told[i].added)
      if (now.insert(id).second) right += course.set.contains(id);
    if (right < enough * static_cast<double>(now.size()) || right < enough * scanned) last = scanned;
  }
  return 100 * last / static_cast<double>(course.set.size());
}

struct Scan {
  RasterPlan plan;
  std::vector<roi::FrameRecord> frames;
};

Scan simulate(const synth::SimulatorOptions& options) {
  const synth::Simulator simulator(options);
  const SeriesInfo& info = simulator.info();
  const roi::FeatureExtractor extractor(info.frame_shape, info.dtype, {*info.centre_row, *info.centre_col},
                                        segments, info.mask);
  Scan scan{.plan = options.grid};
  for (FrameId id = 0; id < simulator.count(); ++id) {
    const Frame frame = simulator.frame(id);
    scan.frames.push_back({.id = id,
                           .position = frame.position,
                           .monitor = frame.monitor,
                           .features = extractor.extract(frame.payload.span())});
  }
  return scan;
}

/// Rows first..last of the recorded 48 x 48 raster, as a scan of their own.
Scan recorded_half(const scanfile::SeriesReader& reader, std::size_t first, std::size_t last) {
  const SeriesInfo& info = reader.info();
  const roi::FeatureExtractor extractor(info.frame_shape, info.dtype, {126, 128.2}, segments);
  Scan scan{.plan = {.rows = last - first, .cols = info.raster->cols}};
  for (FrameId id = first * scan.plan.cols; id < last * scan.plan.cols; ++id)
    scan.frames.push_back(
        {.id = id - first * scan.plan.cols, .features = extractor.extract(reader.frame(id).payload.span())});
  return scan;
}

struct Kind {
  std::string name;
  std::size_t scans;
  std::function<synth::SimulatorOptions(std::uint64_t seed)> options;
};

std::vector<Kind> kinds(bool quick) {
  const auto plain = [quick](synth::SampleKind sample) {
    return [quick, sample](std::uint64_t seed) {
      synth::SimulatorOptions options;
      options.sample = sample;
      options.seed = seed;
      if (quick) {
        options.grid = {24, 32, 0.3e-6, 0.3e-6, ScanOrder::raster};
        options.pattern = 96;
      }
      return options;
    };
  };
  const auto sheets = plain(synth::SampleKind::nanosheets);
  return {{"nanosheets", quick ? 1u : 7u, sheets},
          {"particles", quick ? 1u : 7u, plain(synth::SampleKind::particles)},
          {"nanosheets behind a rough layer", quick ? 1u : 6u,
           [sheets](std::uint64_t seed) { return in_rough_layer(sheets(seed)); }}};
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Churn measure_churn(const roi::ScanLayout& layout, std::span<const roi::FrameRecord> frames,
                    const roi::RoiOptions& options) {
  roi::OnlineClassifier online(layout, options);
  Course course;
  for (const roi::FrameRecord& frame : frames) {
    Told& told = course.told.emplace_back();
    const roi::Step step = online.add(frame);
    if (step.revision) course.take(*step.revision, told);
    if (step.label == roi::Label::selected) course.add(frame.id, told);
  }
  const roi::Revision last = online.finish();
  course.take(last, course.told.emplace_back());
  Churn churn{.selected = course.set.size(), .no_contrast = last.classification->no_contrast};
  if (course.set.empty()) return churn;
  const auto all = static_cast<double>(course.set.size());
  churn.retracted = 100 * course.retracted / all;
  for (const FrameId id : course.ever) churn.never_final += course.set.contains(id) ? 0 : 100 / all;
  churn.unsettled_until = unsettled_until(course, frames);
  return churn;
}

std::vector<ChurnRow> make_roi_churn(const ChurnOptions& options,
                                     const std::function<void(const std::string&)>& progress) {
  std::vector<ChurnRow> rows;
  const auto measure = [&](const std::string& kind, const std::string& name, const auto& make) {
    if (progress) progress(kind + ", " + name);
    const Scan scan = make();
    rows.push_back(
        {kind, name, measure_churn(roi::ScanLayout::raster(scan.plan), scan.frames, {.segments = segments})});
  };
  for (const Kind& kind : kinds(options.quick))
    for (std::uint64_t seed = options.seed; seed < options.seed + kind.scans; ++seed)
      measure(kind.name, "seed " + std::to_string(seed), [&] { return simulate(kind.options(seed)); });
  const auto file = std::filesystem::path(options.data_folder) /
                    "rotavirus-cryo-ptycho/subscan_A_rows048-095_cols028-075_u8.h5";
  if (options.data_folder.empty() || !std::filesystem::exists(file)) return rows;
  const scanfile::SeriesReader reader(file, {.data = "dp", .positions = "raster:48x48"});
  measure("rotavirus", "rows 0 to 23", [&] { return recorded_half(reader, 0, 24); });
  measure("rotavirus", "rows 24 to 47", [&] { return recorded_half(reader, 24, 48); });
  return rows;
}

std::string churn_markdown(const std::vector<ChurnRow>& rows) {
  std::map<std::string, std::vector<Churn>> by_kind;
  std::vector<std::string> order;
  for (const ChurnRow& row : rows) {
    if (!by_kind.contains(row.kind)) order.push_back(row.kind);
    by_kind[row.kind].push_back(row.churn);
  }
  std::string out =
      "| scans | | retracted, median | worst | never final, median | worst | 90/90 from, median | worst |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const std::string& kind : order) {
    out += fmt::format("| {} | {}", kind, by_kind[kind].size());
    for (const auto value : {&Churn::retracted, &Churn::never_final, &Churn::unsettled_until}) {
      std::vector<double> values;
      for (const Churn& churn : by_kind[kind]) values.push_back(churn.*value);
      out += fmt::format(" | {:.1f} % | {:.1f} %", median_of(values),
                         *std::max_element(values.begin(), values.end()));
    }
    out += " |\n";
  }
  out +=
      "\n| scan | final set | retracted | never final | 90/90 from | |\n| --- | ---: | ---: | ---: | ---: | "
      "--- |\n";
  for (const ChurnRow& row : rows) {
    const Churn& c = row.churn;
    const bool within =
        c.retracted <= most_retracted && c.never_final <= most_never_final && c.unsettled_until <= latest;
    out += fmt::format("| {}, {} | {}{} | {:.1f} % | {:.1f} % | {:.1f} % | {} |\n", row.kind, row.scan,
                       c.selected, c.no_contrast ? ", `no_contrast`" : "", c.retracted, c.never_final,
                       c.unsettled_until, within ? "" : "**outside**");
  }
  return out;
}

std::string churn_json(const std::vector<ChurnRow>& rows) {
  nlohmann::ordered_json out;
  for (const ChurnRow& row : rows)
    out["scans"].push_back({{"kind", row.kind},
                            {"scan", row.scan},
                            {"selected", row.churn.selected},
                            {"retracted_percent", row.churn.retracted},
                            {"never_final_percent", row.churn.never_final},
                            {"unsettled_until_percent", row.churn.unsettled_until},
                            {"no_contrast", row.churn.no_contrast}});
  return out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ptero::tools
