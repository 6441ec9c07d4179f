#include <ptero/scan/reconstruction_outputs.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

#include <fmt/format.h>

#include <ptero/core/crc32c.hpp>
#include <ptero/image/picture.hpp>
#include <ptero/image/render.hpp>
#include <ptero/image/tiff.hpp>
#include <ptero/product/cxi_image.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scan/option_text.hpp>
#include <ptero/scanfile/series_reader.hpp>

namespace ptero::scan {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// A part of the object's array.
struct Crop {
  Image<float> values;
  std::size_t top = 0, left = 0;  ///< its first row and column in the whole
};

/// The smallest rectangle around the area covered; what is not covered in it is hidden.
Crop show_covered(const Image<float>& map, const Image<std::uint8_t>& mask) {
  std::size_t top = map.rows(), bottom = 0, left = map.cols(), right = 0;
  for (std::size_t r = 0; r < map.rows(); ++r)
    for (std::size_t c = 0; c < map.cols(); ++c)
      if (mask(r, c) != 0) {
        top = std::min(top, r);
        bottom = std::max(bottom, r + 1);
        left = std::min(left, c);
        right = std::max(right, c + 1);
      }
  if (top >= bottom) return {map};
  Image<float> out({bottom - top, right - left}, nan);
  for (std::size_t r = top; r < bottom; ++r)
    for (std::size_t c = left; c < right; ++c)
      if (mask(r, c) != 0) out(r - top, c - left) = map(r, c);
  return {std::move(out), top, left};
}

bool in_pixels(const Finished& finished) {
  return scanfile::in_pixels(finished.info);
}

std::string options_hash(const Finished& finished) {
  const std::string text = option_text(finished.options);
  return fmt::format("{:08x}", crc32c(std::as_bytes(std::span(text))));
}

/// What every picture of this image says of itself.
image::Notes notes_of(const Finished& finished, const ptycho::Snapshot& snapshot) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {{"series", finished.info.uid},
          {"date", date},
          {"frames", std::to_string(snapshot.frames)},
          {"iteration", std::to_string(snapshot.epochs)},
          {"pixel size", in_pixels(finished) ? "not known" : fmt::format("{} m", snapshot.pixel_m)},
          {"options hash", options_hash(finished)},
          {"software", "ptero"}};
}

/// And of its values, and where in the object they lie.
image::Notes with_crop(image::Notes notes, const char* unit, const Crop& crop,
                       const ptycho::Snapshot& snapshot, bool pixels) {
  const auto place = [&](std::size_t first, std::size_t whole, double centre) {
    return centre + (static_cast<double>(first) - static_cast<double>(whole) / 2) * snapshot.pixel_m;
  };
  notes.emplace_back("unit", unit);
  notes.emplace_back("offset", fmt::format("row {}, column {} of the object", crop.top, crop.left));
  notes.emplace_back("first pixel", fmt::format("x {} {unit}, y {} {unit}",
                                                place(crop.left, snapshot.object.cols(), snapshot.centre.x_m),
                                                place(crop.top, snapshot.object.rows(), snapshot.centre.y_m),
                                                fmt::arg("unit", pixels ? "px" : "m")));
  return notes;
}

double power_of(const Image<ptycho::Complex>& mode) {
  double power = 0;
  for (const auto& value : mode.pixels()) power += std::norm(value);
  return power;
}

/// Every mode and variation of the probe.
image::Picture picture_of_modes(const ptycho::Snapshot& snapshot, const std::string& headline,
                                image::MapOptions look) {
  const auto modes = snapshot.modes.empty() ? std::vector{snapshot.probe} : snapshot.modes;
  double all = 0;
  for (const auto& mode : modes) all += power_of(mode);
  std::vector<image::Picture> pictures;
  for (std::size_t i = 0; i < modes.size(); ++i) {
    look.title = fmt::format("mode {}, {:.1f} %", i + 1, all > 0 ? 100 * power_of(modes[i]) / all : 0);
    pictures.push_back(image::render_complex(modes[i], look));
  }
  for (std::size_t i = 0; i < snapshot.variations.size(); ++i) {
    look.title = fmt::format("variation {} of mode 1", i + 1);
    pictures.push_back(image::render_complex(snapshot.variations[i], look));
  }
  return image::panel(pictures, headline, 4);
}

void write_pictures(const std::filesystem::path& folder, const Finished& finished,
                    const ptycho::Snapshot& snapshot) {
  const auto mask = covered(snapshot.coverage);
  const auto notes = notes_of(finished, snapshot);
  const auto pixels = in_pixels(finished);
  image::MapOptions look;
  // One metre a pixel stands for "not known": a scale bar would lie.
  look.pixel_x_m = pixels ? 0 : snapshot.pixel_m;
  look.title = "phase";
  look.unit = "rad";
  look.colours = image::ColourMap::grey;
  look.min_side = 600;
  const auto phase = show_covered(image::phase_of(snapshot.object), mask);
  const auto phase_picture = image::render_map(phase.values, look);
  look.title = "amplitude";
  look.unit = "";
  const auto amplitude = show_covered(image::amplitude_of(snapshot.object), mask);
  const auto amplitude_picture = image::render_map(amplitude.values, look);
  const auto probe_look = image::MapOptions{.title = "probe", .pixel_x_m = look.pixel_x_m, .min_side = 300};
  const image::Picture pictures[] = {phase_picture, amplitude_picture,
                                     image::render_complex(snapshot.probe, probe_look)};
  const auto headline = finished.info.uid + ": " + std::to_string(snapshot.frames) + " frames, " +
                        std::to_string(snapshot.epochs) + " iterations";
  const auto of_phase = with_crop(notes, "rad", phase, snapshot, pixels);
  const auto of_amplitude = with_crop(notes, "1", amplitude, snapshot, pixels);
  image::write_tiff(folder / "phase.tiff", phase.values, look.pixel_x_m, of_phase);
  image::write_tiff(folder / "amplitude.tiff", amplitude.values, look.pixel_x_m, of_amplitude);
  image::write_picture(folder / "amplitude.png", amplitude_picture, of_amplitude);
  image::write_picture(folder / "probe.png", picture_of_modes(snapshot, headline, probe_look), notes);
  image::write_picture(folder / "phase.png", image::panel(pictures, headline), of_phase);
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
      in_pixels(finished) ? "ptero; lengths are in pixels: the size of a pixel is not known" : "ptero";
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
  product.options = finished.options;
  product.options_hash = options_hash(finished);
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
