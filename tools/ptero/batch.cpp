#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include <ptero/codec/codec.hpp>
#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/scan/feature_stage.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/scan/report.hpp>
#include <ptero/scan/roi_outputs.hpp>
#include <ptero/scan/summary.hpp>
#include <ptero/scanfile/marked_frames.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "ptero/commands.hpp"
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
  std::uint64_t missing = 0;
};

Features extract(scanfile::SeriesReader& reader, const scan::MethodOptions& method, ProgressLine& progress) {
  Features features;
  scan::FeatureStage stage(reader.info(), method);
  const auto keep = [&](std::vector<scan::FeatureStage::Item> items) {
    for (auto& item : items) features.table.add(std::move(item.record));
  };
  for (std::uint64_t i = 0; i < reader.size(); ++i) {
    if (!reader.present(i)) {
      ++features.missing;
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

scan::Finished reconstruct(scanfile::SeriesReader& reader, const SeriesInfo& info,
                           const scan::SolverOptions& options, const roi::Classification& labels,
                           ProgressLine& progress) {
  scan::Finished finished{.info = info, .remove_ramp = options.remove_ramp};
  if (!options.enabled) {
    finished.problem = "switched off";
    return finished;
  }
  auto set_up = scan::set_up(options, info);
  if (!set_up) {
    finished.problem = set_up.reason();
    return finished;
  }
  ptycho::Reconstruction reconstruction(std::move(set_up.value()));
  for (std::size_t i = 0; i < labels.ids.size(); ++i) {
    if (labels.labels[i] != roi::Label::selected) continue;
    const Frame frame = reader.frame(labels.ids[i]);
    const auto position = position_of(info, frame);
    const auto pixels = codec::decode(frame);
    if (!position || !pixels) continue;
    if (reconstruction.add_frame(frame.id, {pixels->span(), frame.shape, frame.dtype}, *position))
      finished.positions.emplace(frame.id, *position);
  }
  if (reconstruction.frames() == 0) {
    finished.problem = "no selected frame can be used: each needs counts and a position";
    return finished;
  }
  const auto start_ns = runtime::steady_now_ns();
  while (reconstruction.epochs() < options.epochs &&
         !(options.stop_converged && reconstruction.converged())) {
    const auto report = reconstruction.run_epoch();
    if (report.status == ptycho::RunStatus::diverged) {
      finished.problem = ptycho::why_diverged;
      break;
    }
    progress.show(fmt::format("reconstruction {} {}/{} epochs, amplitude error {:.3f} %",
                              bar(double(reconstruction.epochs()) / double(options.epochs)),
                              reconstruction.epochs(), options.epochs, 100 * report.amplitude_error));
  }
  finished.seconds = seconds_since(start_ns);
  finished.snapshot = reconstruction.snapshot();
  finished.quality = scan::measure_quality(reconstruction, options);
  scan::compare_with_truth(options, finished.snapshot, finished.quality);
  return finished;
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
  ledger["missing"] = features.missing;
  ledger["selected"] = labels.count(roi::Label::selected);
  ledger["background"] = labels.count(roi::Label::background);
  ledger["excluded"] = labels.count(roi::Label::dark) + labels.count(roi::Label::bad);
  ledger["unpositioned"] = labels.count(roi::Label::unpositioned);
  return ledger;
}

}  // namespace

int run_batch(const BatchArguments& arguments) {
  const auto start_ns = runtime::steady_now_ns();
  scan::MethodOptions method;
  scan::SolverOptions solver;
  apply(arguments.scan, arguments.file, method, solver);
  scanfile::SeriesReader reader(arguments.file, arguments.scan.read);
  scan::check_before_start(solver);
  auto info = reader.info();
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
    report["options"]["roi"]["keep_marked"] = arguments.keep_marked;
    roi_part = scan::roi_report(method, labels, features.centre);

    auto finished = reconstruct(reader, info, solver, labels, progress);
    scan::write_reconstruction(arguments.out, finished);
    reconstruction_part = scan::reconstruction_report(solver, finished);
  }
  const auto text =
      scan::write_report(arguments.out, {.series_uid = info.uid,
                                         .source = "batch:" + arguments.file,
                                         .seconds = seconds_since(start_ns),
                                         .parts = {report.dump(), roi_part, reconstruction_part}});
  if (arguments.json)
    std::cout << text << "\n";
  else
    std::cout << scan::summary(text) << "  results          " << arguments.out << "\n";
  return 0;
}

}  // namespace ptero::tools
