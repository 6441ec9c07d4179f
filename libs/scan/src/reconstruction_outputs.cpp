#include <ptero/scan/reconstruction_outputs.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <ptero/image/picture.hpp>
#include <ptero/image/render.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/product/cxi_image.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::scan {

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

void write_pictures(const std::filesystem::path& folder, const Finished& finished,
                    const ptycho::Snapshot& snapshot) {
  const auto mask = covered(snapshot.coverage);
  image::MapOptions look;
  // One metre a pixel stands for "not known": a scale bar would lie.
  look.pixel_x_m = scanfile::in_pixels(finished.info) ? 0 : snapshot.pixel_m;
  look.title = "phase";
  look.unit = "rad";
  look.colours = image::ColourMap::grey;
  look.min_side = 600;
  const auto phase = show_covered(image::phase_of(snapshot.object), mask);
  const auto phase_picture = image::render_map(phase, look);
  look.title = "amplitude";
  look.unit = "";
  const auto amplitude = show_covered(image::amplitude_of(snapshot.object), mask);
  const auto amplitude_picture = image::render_map(amplitude, look);
  const auto probe_look = image::MapOptions{.title = "probe", .pixel_x_m = look.pixel_x_m, .min_side = 300};
  const auto probe_picture = image::render_complex(snapshot.probe, probe_look);
  const image::Picture pictures[] = {phase_picture, amplitude_picture, probe_picture};
  image::write_tiff(folder / "phase.tiff", phase, look.pixel_x_m);
  image::write_tiff(folder / "amplitude.tiff", amplitude, look.pixel_x_m);
  image::write_picture(folder / "amplitude.png", amplitude_picture);
  image::write_picture(
      folder / "phase.png",
      image::panel(pictures, finished.info.uid + ": " + std::to_string(snapshot.frames) + " frames, " +
                                 std::to_string(snapshot.epochs) + " iterations"));
}

/// Variations are groups of modes behind the modes themselves; only a group's first mode varies.
void add_probe(const ptycho::Snapshot& snapshot, product::Product& product) {
  product.probe = snapshot.modes.empty() ? std::vector{snapshot.probe} : snapshot.modes;
  for (const auto& mode : product.probe)
    for (const auto& value : mode.pixels()) product.probe_photon_count += std::norm(value);
  product.opr_count = 1 + snapshot.variations.size();
  for (const auto& variation : snapshot.variations) {
    product.probe.push_back(variation);
    for (std::size_t m = 1; m < snapshot.modes.size(); ++m) product.probe.emplace_back(variation.shape());
  }
  if (snapshot.patterns.empty() || snapshot.patterns[0].weights.size() != product.opr_count) return;
  Image<double> weights({snapshot.patterns.size(), product.opr_count});
  for (std::size_t i = 0; i < weights.rows(); ++i)
    std::copy_n(snapshot.patterns[i].weights.begin(), product.opr_count, weights.row(i).begin());
  product.opr_weights = std::move(weights);
}

void add_numbers(const Finished& finished, product::Product& product) {
  const auto& quality = finished.quality;
  auto& numbers = product.numbers;
  numbers["converged"] = finished.snapshot.converged ? 1 : 0;
  numbers["frames_selected"] = static_cast<double>(finished.use.selected());
  numbers["frames_in_image"] = static_cast<double>(finished.use.in_image);
  numbers["frames_waiting"] = static_cast<double>(finished.use.waiting);
  for (const LeftOut why : all_left_out)
    numbers["frames_left_out_" + std::string(name_of(why))] = static_cast<double>(finished.use[why]);
  if (quality.sums) {
    numbers["amplitude_error"] = quality.sums->amplitude_error();
    numbers["r_factor"] = quality.sums->r_factor();
    numbers["nll_per_frame"] =
        quality.sums->likelihood / static_cast<double>(std::max<std::size_t>(1, quality.sums->frames));
  }
  if (quality.frc && quality.frc->half_bit_crossing)
    numbers["frc_half_bit_crossing_per_px"] = *quality.frc->half_bit_crossing;
  if (quality.frc && quality.frc->one_bit_crossing)
    numbers["frc_1_bit_crossing_per_px"] = *quality.frc->one_bit_crossing;
  if (quality.ssim_truth) numbers["ssim_truth"] = *quality.ssim_truth;
}

ptycho::Snapshot shown(const Finished& finished) {
  auto snapshot = finished.snapshot;
  if (finished.remove_ramp) ptycho::move_ramp_to_probe(snapshot);
  return snapshot;
}

product::Product product_of(const Finished& finished, const ptycho::Snapshot& snapshot) {
  const auto& info = finished.info;
  product::Product product;
  product.name = info.uid;
  product.comments =
      scanfile::in_pixels(info) ? "ptero; lengths are in pixels: the size of a pixel is not known" : "ptero";
  product.detector_object_distance_m = info.distance_m;
  product.probe_energy_ev = info.wavelength_m > 0 ? hc_ev_m / info.wavelength_m : 0;
  // As refined, where they were.
  for (const auto& pattern : snapshot.patterns) {
    product.position_indexes.push_back(static_cast<std::int64_t>(pattern.id));
    product.positions.push_back(pattern.position);
  }
  add_probe(snapshot, product);
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
  add_numbers(finished, product);
  product.record = finished.record;
  return product;
}

}  // namespace

void write_reconstruction(const std::filesystem::path& folder, const Finished& finished) {
  if (finished.snapshot.object.empty()) return;
  std::filesystem::create_directories(folder);
  const auto snapshot = shown(finished);
  const auto product = product_of(finished, snapshot);
  product::write_product(folder / "product.h5", product);
  product::write_cxi_image(folder / "product.cxi", product);
  write_pictures(folder, finished, snapshot);
}

void write_product_of(const std::filesystem::path& folder, const Finished& finished) {
  if (!finished.snapshot.object.empty())
    product::write_product(folder / "product.h5", product_of(finished, shown(finished)));
}

}  // namespace ptero::scan
