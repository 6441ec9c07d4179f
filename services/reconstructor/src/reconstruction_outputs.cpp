#include <ptero/services/reconstructor/reconstruction_outputs.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/render.hpp>
#include <ptero/quality/compare.hpp>
#include <ptero/quality/placed.hpp>
#include <ptero/spool/product.hpp>

namespace ptero::reconstructor {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// The smallest rectangle around the area covered; what is not covered in it is hidden.
Image<float> show_covered(const Image<float>& map, const Image<std::uint8_t>& mask) {
  std::size_t top = map.rows(), bottom = 0, left = map.cols(), right = 0;
  for (std::size_t r = 0; r < map.rows(); ++r)
    for (std::size_t c = 0; c < map.cols(); ++c)
      if (mask(r, c) != 0) {
        top = std::min(top, r);
        bottom = std::max(bottom, r + 1);
        left = std::min(left, c);
        right = std::max(right, c + 1);
      }
  if (top >= bottom) return map;
  Image<float> out({bottom - top, right - left}, nan);
  for (std::size_t r = top; r < bottom; ++r)
    for (std::size_t c = left; c < right; ++c)
      if (mask(r, c) != 0) out(r - top, c - left) = map(r, c);
  return out;
}

void write_pictures(const std::filesystem::path& path, const Finished& finished) {
  const auto& snapshot = finished.snapshot;
  const auto mask = covered(snapshot.coverage);
  image::MapOptions look;
  // One metre a pixel stands for "not known": a scale bar would lie.
  look.pixel_x_m = finished.info.object_pixel_m == 1 ? 0 : snapshot.pixel_m;
  look.title = "phase";
  look.unit = "rad";
  look.colours = image::ColourMap::grey;
  look.min_side = 600;
  const auto phase_picture = image::render_map(show_covered(image::phase_of(snapshot.object), mask), look);
  look.title = "amplitude";
  look.unit = "";
  const auto amplitude_picture =
      image::render_map(show_covered(image::amplitude_of(snapshot.object), mask), look);
  const auto probe_look = image::MapOptions{.title = "probe", .pixel_x_m = look.pixel_x_m, .min_side = 300};
  const auto probe_picture = image::render_complex(snapshot.probe, probe_look);
  const Image<image::Rgb> pictures[] = {phase_picture, amplitude_picture, probe_picture};
  image::write_png(
      path, image::panel(pictures, finished.info.uid + ": " + std::to_string(snapshot.frames) + " frames, " +
                                       std::to_string(snapshot.epochs) + " iterations"));
}

spool::Product product_of(const Finished& finished) {
  const auto& [info, snapshot, positions, problem, seconds] = finished;
  spool::Product product;
  product.name = info.uid;
  product.comments = info.object_pixel_m == 1
                         ? "ptero, LSQ-ML; lengths are in pixels: the size of a pixel is not known"
                         : "ptero, LSQ-ML";
  product.detector_object_distance_m = info.distance_m;
  product.probe_energy_ev = info.wavelength_m > 0 ? hc_ev_m / info.wavelength_m : 0;
  // As refined, where they were.
  for (const auto& pattern : snapshot.patterns) {
    product.position_indexes.push_back(static_cast<std::int64_t>(pattern.id));
    product.positions.push_back(pattern.position);
  }
  product.probe = snapshot.modes.empty() ? std::vector{snapshot.probe} : snapshot.modes;
  for (const auto& mode : product.probe)
    for (const auto& value : mode.pixels()) product.probe_photon_count += std::norm(value);
  product.probe_pixel_width_m = product.probe_pixel_height_m = snapshot.pixel_m;
  product.object = snapshot.slices.empty() ? std::vector{snapshot.object} : snapshot.slices;
  product.layer_spacing_m = snapshot.slice_spacing_m;
  product.object_centre = snapshot.centre;
  product.object_pixel_width_m = product.object_pixel_height_m = snapshot.pixel_m;
  for (std::size_t i = 0; i < snapshot.errors.size(); ++i) {
    product.loss_epochs.push_back(static_cast<std::int64_t>(i));
    product.loss_values.push_back(snapshot.errors[i]);
  }
  product.coverage = snapshot.coverage;
  return product;
}

/// SSIM of the phase against the truth inside the area covered. Throws when they cannot be compared.
double ssim_truth(const std::string& path, const ptycho::Snapshot& snapshot) {
  const auto truth = spool::read_object(path);
  const auto common = quality::common_area({snapshot.object, snapshot.pixel_m, snapshot.centre},
                                           {truth.layers.at(0), truth.pixel_width_m, truth.centre},
                                           covered(snapshot.coverage));
  if (!common)
    throw Error("no area in common with " + path, "", "compare objects of one scan and one pixel size");
  return quality::compare(common->image, common->reference, common->mask, snapshot.pixel_m).ssim_phase;
}

}  // namespace

Image<std::uint8_t> covered(const Image<float>& coverage) {
  Image<std::uint8_t> mask(coverage.shape());
  if (coverage.empty()) return mask;
  const float limit = covered_share * *std::max_element(coverage.pixels().begin(), coverage.pixels().end());
  for (std::size_t i = 0; i < mask.size(); ++i) mask.pixels()[i] = coverage.pixels()[i] >= limit ? 1 : 0;
  return mask;
}

void write_reconstruction(const std::filesystem::path& folder, const Finished& finished) {
  if (finished.snapshot.object.empty()) return;
  std::filesystem::create_directories(folder);
  spool::write_product(folder / "product.h5", product_of(finished));
  write_pictures(folder / "phase.png", finished);
}

std::string reconstruction_report(const SolverOptions& options, const Finished& finished) {
  const auto& snapshot = finished.snapshot;
  nlohmann::json report;
  auto& r = report["reconstruction"];
  r["algorithm"] = options.algorithm;
  r["backend"] = options.backend;
  r["frames"] = snapshot.frames;
  r["iterations"] = snapshot.epochs;
  r["amplitude_error"] = snapshot.errors;
  r["pixel_m"] = snapshot.pixel_m;
  r["r_factor"] = snapshot.r_factor;
  r["recoveries"] = snapshot.recoveries;
  // Not computed yet; the keys are part of the report's form.
  r["frc"] = nullptr;
  r["ssim_truth"] = nullptr;
  if (!finished.problem.empty()) r["problem"] = finished.problem;
  if (!options.truth.empty() && !snapshot.object.empty()) {
    // The truth is an extra: the report is written without it too.
    try {
      r["ssim_truth"] = ssim_truth(options.truth, snapshot);
    } catch (const std::exception& error) {
      r["truth_problem"] = error.what();
    }
  }
  report["seconds"]["reconstruction"] = finished.seconds;
  auto& o = report["options"]["reconstruction"];
  o["epochs"] = options.epochs;
  o["subpixel"] = options.subpixel;
  o["refine_probe"] = options.refine_probe;
  o["refine_positions"] = options.refine_positions;
  o["noise"] = options.noise;
  o["probe_modes"] = options.probe_modes;
  o["slices"] = options.slices;
  o["probe"] = options.probe.empty() ? options.probe_model : options.probe;
  o["defocus_m"] = options.defocus_m;
  o["seed"] = options.seed;
  // Paths are bytes and need not be UTF-8.
  return report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ptero::reconstructor
