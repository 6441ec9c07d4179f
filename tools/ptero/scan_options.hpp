#pragma once

#include <filesystem>

#include <ptero/config/document.hpp>
#include <ptero/scan/method_options.hpp>
#include <ptero/scan/solver_options.hpp>

#include "ptero/arguments.hpp"

namespace ptero::tools {

/// The configuration file, and over it what --set and the switches say.
inline config::Document configuration(const ScanArguments& scan) {
  auto document = scan.config.empty() ? config::Document::empty() : config::Document::load(scan.config);
  for (const auto& text : scan.overrides) document.override_key(text);
  for (const auto& text : scan.switches) document.override_key(text);
  return document;
}

/// Puts what the command line says over what the configuration says. file: where a bare DATASET of a probe
/// lies.
inline void apply(const ScanArguments& scan, const std::string& file, scan::MethodOptions& method,
                  scan::SolverOptions& solver) {
  if (scan.roi_mode) method.roi.mode = *scan.roi_mode == "paper" ? roi::Mode::paper : roi::Mode::robust;
  if (scan.threshold) {
    method.roi.mode = roi::Mode::threshold;
    method.roi.threshold = *scan.threshold;
  }
  if (scan.segments) method.roi.segments = *scan.segments;
  if (scan.clusters) method.roi.clusters = *scan.clusters;
  if (scan.border) method.roi.border = *scan.border;
  if (scan.fill_in) method.roi.fill_in = roi::FillIn::on;
  if (scan.keep_dark) method.roi.dark = roi::DarkFrames::keep;
  if (scan.no_roi) method.select_all = true;
  if (scan.roi_only) solver.enabled = false;
  // A bare DATASET lies in the file that is read.
  std::string& probe = solver.probe;
  std::error_code ignored;
  const bool names_a_file =
      probe.find(':') != std::string::npos || std::filesystem::is_regular_file(probe, ignored);
  solver.probe_transposed = !probe.empty() && !names_a_file && scan.read.transpose;
  if (!probe.empty() && !names_a_file && !file.empty()) probe = file + ":" + probe;
}

}  // namespace ptero::tools
