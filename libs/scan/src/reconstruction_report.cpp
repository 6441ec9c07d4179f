#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <ptero/ptycho/verdict.hpp>
#include <ptero/scan/option_effects.hpp>
#include <ptero/scan/option_text.hpp>
#include <ptero/scan/reconstruction_outputs.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "warnings_json.hpp"

namespace ptero::scan {

namespace {

nlohmann::json maybe(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

/// Null where there is none, or the size of a pixel is not known.
nlohmann::json resolution(const std::optional<double>& crossing, const Finished& finished) {
  if (scanfile::in_pixels(finished.info)) return nullptr;
  return maybe(quality::resolution_m(*finished.quality.frc, crossing, finished.snapshot.pixel_m));
}

nlohmann::json rings(const Finished& finished) {
  if (!finished.quality.frc) return nullptr;
  const auto& frc = *finished.quality.frc;
  return {{"half_bit_crossing_per_px", maybe(frc.half_bit_crossing)},
          {"1_bit_crossing_per_px", maybe(frc.one_bit_crossing)},
          {"resolution_half_bit_m", resolution(frc.half_bit_crossing, finished)},
          {"resolution_1_bit_m", resolution(frc.one_bit_crossing, finished)},
          {"frequency_per_px", frc.frequency},
          {"correlation", frc.correlation}};
}

nlohmann::json json_of(const ptycho::Finding& finding) {
  return {{"code", finding.code}, {"number", finding.number}, {"sentence", finding.sentence}};
}

nlohmann::json frames_of(const ImageFrames& use) {
  auto left_out = nlohmann::json::object();
  for (const LeftOut why : all_left_out)
    if (use[why] > 0) left_out[std::string(name_of(why))] = use[why];
  return {{"selected", use.selected()},
          {"in_image", use.in_image},
          {"waiting", use.waiting},
          {"left_out", left_out}};
}

}  // namespace

std::string what_is_wrong(const Finished& finished) {
  const auto& use = finished.use;
  if (!finished.problem.empty() || finished.snapshot.object.empty() || !use.too_few())
    return finished.problem;
  const auto reasons = describe_left_out(use);
  return fmt::format("only {} of {} selected frames are in the image{}", use.in_image, use.selected(),
                     reasons.empty() ? "" : " (" + reasons + ")");
}

std::string reconstruction_report(const SolverOptions& options, const Finished& finished) {
  const auto& snapshot = finished.snapshot;
  const auto& quality = finished.quality;
  nlohmann::json report;
  auto& r = report["reconstruction"];
  r["algorithm"] = std::string(ptycho::name_of(options.engine.algorithm));
  r["backend"] = options.engine.backend == ptycho::Backend::cuda ? "cuda" : "cpu";
  r["frames"] = frames_of(finished.use);
  r["iterations"] = snapshot.epochs;
  r["converged"] = snapshot.converged;
  r["amplitude_error"] = snapshot.errors;
  r["pixel_m"] = snapshot.pixel_m;
  r["r_factor"] = quality.sums ? quality.sums->r_factor() : snapshot.r_factor;
  r["final_amplitude_error"] =
      quality.sums ? nlohmann::json(quality.sums->amplitude_error()) : nlohmann::json(nullptr);
  r["nll_per_frame"] =
      quality.sums && quality.sums->frames > 0
          ? nlohmann::json(quality.sums->likelihood / static_cast<double>(quality.sums->frames))
          : nlohmann::json(nullptr);
  r["recoveries"] = snapshot.recoveries;
  r["noise_floor"] =
      snapshot.noise_floor > 0 ? nlohmann::json(snapshot.noise_floor) : nlohmann::json(nullptr);
  r["verdict"] = json_of(ptycho::verdict(snapshot));
  r["findings"] = nlohmann::json::array();
  for (const auto& finding : ptycho::findings(snapshot)) r["findings"].push_back(json_of(finding));
  if (finished.resumed_at > 0) r["resumed_at"] = finished.resumed_at;
  r["frc"] = rings(finished);
  r["ssim_truth"] = maybe(quality.ssim_truth);
  if (!quality.truth_problem.empty()) r["truth_problem"] = quality.truth_problem;
  if (const auto wrong = what_is_wrong(finished); !wrong.empty()) r["problem"] = wrong;
  Warnings warnings = finished.warnings;
  merge(warnings, finished.geometry.warnings);
  if (!finished.snapshot.object.empty()) merge(warnings, options_without_effect(options, snapshot));
  if (finished.geometry.report.empty() && (options.find_defocus || options.axes == "auto"))
    merge(warnings,
          {{"option_without_effect",
            "axes or defocus were not looked for (only ptero batch does, with two frames at least)"}});
  if (!warnings.empty()) report["warnings"] = json_of(warnings);
  report["seconds"]["reconstruction"] = finished.seconds;
  if (finished.age)
    report["latency_ms"]["frame_to_snapshot"] = {
        {"p50", finished.age->p50_ms}, {"p99", finished.age->p99_ms}, {"max", finished.age->max_ms}};
  report["options"]["reconstruction"] =
      nlohmann::json::parse(option_text(SolverOptions::declared().values(options)));
  if (!finished.geometry.report.empty()) r["geometry"] = nlohmann::json::parse(finished.geometry.report);
  // Paths are bytes and need not be UTF-8.
  return report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ptero::scan
