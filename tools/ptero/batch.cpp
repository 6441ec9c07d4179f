#include <fmt/format.h>

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/scan/feature_stage.hpp>
#include <ptero/scan/image_job.hpp>
#include <ptero/scan/report.hpp>
#include <ptero/scan/roi_outputs.hpp>
#include <ptero/scan/summary.hpp>
#include <ptero/scanfile/marked_frames.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include <ptero/services/classifier/classifier.hpp>
#include <ptero/services/reconstructor/reconstructor.hpp>

#include "ptero/commands.hpp"
#include "ptero/outcome.hpp"
#include "ptero/scan_options.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

namespace {

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(runtime::steady_now_ns() - start_ns) * 1e-9;
}

struct Features {
  roi::FeatureTable table;
  std::optional<roi::PatternCentre> centre;
  std::map<std::string, std::uint64_t> faults;
  std::map<std::string, std::uint64_t> missing;  ///< by reason
};

Features extract(scanfile::SeriesReader& reader, const scan::MethodOptions& method, ProgressLine& progress) {
  Features features;
  scan::FeatureStage stage(reader.info(), method);
  const auto keep = [&](std::vector<scan::FeatureStage::Item> items) {
    for (auto& item : items) features.table.add(std::move(item.record));
  };
  for (std::uint64_t i = 0; i < reader.size(); ++i) {
    if (const auto why = reader.absence(i); why != scanfile::Absence::none) {
      ++features.missing[std::string(words_of(why))];
      continue;
    }
    auto outcome = stage.take(reader.frame(i), i);
    if (outcome.fault) ++features.faults[std::string(name_of(*outcome.fault))];
    keep(std::move(outcome.items));
    progress.show(
        fmt::format("features {} {}/{}", bar(double(i + 1) / double(reader.size())), i + 1, reader.size()));
  }
  keep(stage.finish());
  features.centre = stage.centre();
  return features;
}

struct Selected {
  std::vector<FrameId> ids;
  std::map<FrameId, Position> places;  ///< of those that have one
};

Selected selected_of(const Features& features, const roi::Classification& labels) {
  Selected out;
  for (std::size_t i = 0; i < labels.ids.size(); ++i)
    if (labels.labels[i] == roi::Label::selected) out.ids.push_back(labels.ids[i]);
  const std::set<FrameId> selected(out.ids.begin(), out.ids.end());
  for (std::size_t i = 0; i < features.table.size(); ++i) {
    const auto& record = features.table.row(i);
    if (record.position && selected.contains(record.id)) out.places.emplace(record.id, *record.position);
  }
  return out;
}

std::optional<ptycho::Pattern> pattern_of(const Frame& frame, const ptycho::IntakeOptions& intake) {
  const auto pixels = codec::decode(frame);
  if (!pixels) return std::nullopt;
  auto pattern = ptycho::make_pattern({pixels->span(), frame.shape, frame.dtype}, intake);
  if (!pattern) return std::nullopt;
  return std::move(*pattern);
}

/// What the data say of it, where they are asked, goes into options and places.
scan::Geometry take_geometry(scanfile::SeriesReader& reader, const SeriesInfo& info,
                             scan::SolverOptions& options, Selected& selected) {
  if (!options.enabled || (options.axes != "auto" && !options.find_defocus)) return {};
  const auto engine = scan::set_up(options, info);
  if (!engine) return {};
  auto geometry = scan::find_geometry(options, *engine, selected.places, [&](FrameId id) {
    return pattern_of(reader.frame(id), engine->intake);
  });
  if (geometry.defocus_m) options.defocus_m = *geometry.defocus_m;
  for (auto& [id, place] : selected.places) place = geometry.place(place);
  return geometry;
}

scan::Finished reconstruct(scanfile::SeriesReader& reader, const SeriesInfo& info,
                           scan::SolverOptions options, Selected selected, ProgressLine& progress) {
  const auto geometry = take_geometry(reader, info, options, selected);
  scan::ImageJob job(info, options, 1);
  job.announce(selected.ids);
  job.expect(selected.places);
  for (const FrameId id : selected.ids)
    if (job.works()) {
      Frame frame = reader.frame(id);
      if (geometry.axes && selected.places.contains(id)) frame.position = selected.places.at(id);
      job.take(frame);
    }
  job.finalise();
  while (job.can_run()) {
    job.run();
    progress.show(fmt::format("reconstruction {} {}/{} epochs, amplitude error {:.3f} %",
                              bar(double(job.epochs()) / double(options.epochs)), job.epochs(),
                              options.epochs, 100 * job.last_error()));
  }
  auto finished = job.finish();
  finished.geometry = geometry;
  finished.quality = job.quality([] { return true; });
  scan::compare_with_truth(options, finished.snapshot, finished.quality);
  return finished;
}

/// Before anything is computed.
void refuse_implausible(const SeriesInfo& info, const scan::SolverOptions& options) {
  const auto judgement = scan::judge(scan::quantities_of(info, options.probe_model == "electron", 0));
  if (!judgement.refused.empty())
    throw InputError(judgement.refused, {}, "give --energy-ev, --wavelength, --distance or --pixel-size");
}

/// Numbered as the reader does.
roi::BadFrames marked_bad(const BatchArguments& arguments) {
  roi::BadFrames bad;
  if (arguments.keep_marked) return bad;
  const auto range = arguments.scan.read.frames.value_or(std::array<std::uint64_t, 2>{0, UINT64_MAX});
  for (const FrameId id : scanfile::frames_marked_bad(arguments.file))
    if (id >= range[0] && id < range[1]) bad.apply({id - range[0], id - range[0]});
  return bad;
}

std::map<std::string, std::uint64_t> ledger_of(const Features& features, const roi::Classification& labels) {
  std::map<std::string, std::uint64_t> ledger;
  for (const auto& [reason, count] : features.faults) ledger["corrupt"] += count;
  ledger["missing"] = 0;
  for (const auto& [reason, count] : features.missing) ledger["missing"] += count;
  ledger["selected"] = labels.count(roi::Label::selected);
  ledger["background"] = labels.count(roi::Label::background);
  ledger["excluded"] =
      labels.count(roi::Label::dark) + labels.count(roi::Label::outlying) + labels.count(roi::Label::bad);
  ledger["unpositioned"] = labels.count(roi::Label::unpositioned);
  return ledger;
}

struct Options {
  scan::MethodOptions method;
  scan::SolverOptions solver;
};

/// Of the same file as a live run's: what only that needs is known and not used.
Options options_of(const BatchArguments& arguments) {
  const auto document = configuration(arguments.scan);
  for (const char* other : {"live", "ingest", "dashboard", "log", "curve", "ddip"})
    document.allow_section(other);
  for (const char* service : {"classifier", "reconstructor"})
    for (const char* key :
         {"http_address", "http_port", "http_token_file", "http_insecure", "watchdog_exit_s"})
      document.section(service).has(key);
  Options options{classifier::ClassifierOptions::from(document.section("classifier")).method,
                  reconstructor::ReconstructorOptions::from(document.section("reconstructor")).solver};
  document.check_all_used();
  apply(arguments.scan, arguments.file, options.method, options.solver);
  return options;
}

}  // namespace

int run_batch(const BatchArguments& arguments) {
  const auto start_ns = runtime::steady_now_ns();
  auto [method, solver] = options_of(arguments);
  scanfile::ReadOptions read = arguments.scan.read;
  read.electrons = solver.probe_model == "electron";
  scanfile::SeriesReader reader(arguments.file, read);
  scan::check_before_start(solver);
  auto info = reader.info();
  if (solver.enabled) {
    refuse_implausible(info, solver);
    // A file of the options that does not fit is refused now; what is not known costs the image alone.
    (void)scan::set_up(solver, info);
  }
  if (info.uid.empty()) info.uid = std::filesystem::path(arguments.file).stem().string();
  std::error_code error;
  std::filesystem::create_directories(arguments.out, error);
  if (error) throw InputError("cannot make the folder " + arguments.out, error.message());

  nlohmann::json report;
  std::string roi_part, reconstruction_part;
  {
    ProgressLine progress;
    const auto features_ns = runtime::steady_now_ns();
    const Features features = extract(reader, method, progress);
    report["seconds"]["features"] = seconds_since(features_ns);
    const auto classify_ns = runtime::steady_now_ns();
    const auto layout = scan::layout_of(info);
    const auto bad = marked_bad(arguments);
    const auto labels = method.select_all ? scan::select_everything(features.table, layout, bad)
                                          : roi::classify(features.table, layout, method.roi, bad);
    report["seconds"]["classification"] = seconds_since(classify_ns);
    scan::write_roi_files(arguments.out, info, features.table, labels);
    report["ledger"] = ledger_of(features, labels);
    report["missing"] = features.missing;
    report["options"]["roi"]["keep_marked"] = arguments.keep_marked;
    roi_part = scan::roi_report(method, features.table, labels, features.centre);

    const auto finished = reconstruct(reader, info, solver, selected_of(features, labels), progress);
    scan::write_reconstruction(arguments.out, finished);
    reconstruction_part = scan::reconstruction_report(solver, finished);
  }
  const auto text = scan::write_report(
      arguments.out, {.series_uid = info.uid,
                      .source = "batch:" + arguments.file,
                      .seconds = seconds_since(start_ns),
                      .warnings = reader.warnings(),
                      .parts = {report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                roi_part, reconstruction_part}});
  if (arguments.json)
    std::cout << text << "\n";
  else
    std::cout << scan::summary(text) << "  results          " << arguments.out << "\n";
  return exit_code(text);
}

}  // namespace ptero::tools
