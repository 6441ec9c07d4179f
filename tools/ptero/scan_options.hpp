#pragma once

#include <filesystem>

#include <ptero/scan/method_options.hpp>
#include <ptero/scan/solver_options.hpp>

#include "ptero/arguments.hpp"

namespace ptero::tools {

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
  if (scan.epochs) solver.epochs = *scan.epochs;
  if (scan.probe) {
    std::error_code ignored;
    const bool names_a_file =
        scan.probe->find(':') != std::string::npos || std::filesystem::is_regular_file(*scan.probe, ignored);
    solver.probe_transposed = !names_a_file && scan.read.transpose;
    solver.probe = names_a_file || file.empty() ? *scan.probe : file + ":" + *scan.probe;
  }
  if (scan.probe_model) solver.probe_model = *scan.probe_model;
  if (scan.defocus_m) solver.defocus_m = *scan.defocus_m;
  if (scan.semi_angle_rad) solver.semi_angle_rad = *scan.semi_angle_rad;
  if (scan.algorithm) solver.algorithm = *scan.algorithm;
  if (scan.noise) solver.noise = *scan.noise;
  if (scan.probe_modes) solver.probe_modes = *scan.probe_modes;
  if (scan.refine_positions) solver.refine_positions = true;
  if (scan.slices) solver.slices = *scan.slices;
  if (scan.slice_spacing_m) solver.slice_spacing_m = *scan.slice_spacing_m;
  if (scan.start_from) solver.start_from = *scan.start_from;
  if (!scan.slice_guesses.empty()) solver.slice_guesses = scan.slice_guesses;
  if (scan.opr_modes) solver.opr_modes = *scan.opr_modes;
  if (scan.variable_intensity) solver.variable_intensity = true;
  if (scan.opr_smoothing) solver.opr_smoothing = *scan.opr_smoothing;
  if (scan.saturation) solver.saturation = *scan.saturation;
  if (scan.keep_ramp) solver.remove_ramp = false;
  if (scan.near_field) solver.near_field = true;
  if (scan.focus_distance_m) solver.focus_distance_m = *scan.focus_distance_m;
  if (scan.no_refine_probe) solver.refine_probe = false;
  if (scan.no_subpixel) solver.subpixel = false;
  if (scan.truth) solver.truth = *scan.truth;
  if (scan.seed) solver.seed = *scan.seed;
  if (scan.threads) solver.threads = *scan.threads;
  if (scan.backend) solver.backend = *scan.backend;
}

}  // namespace ptero::tools
