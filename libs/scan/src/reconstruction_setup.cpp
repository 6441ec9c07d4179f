#include <fmt/format.h>

#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/product/product.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/scan/first_probe.hpp>
#include <ptero/scan/solver_options.hpp>
#include <ptero/scanfile/probe_file.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "starting_point.hpp"

namespace ptero::scan {

namespace {

std::size_t whole_side(const SeriesInfo& info) {
  return std::min(info.frame_shape.rows, info.frame_shape.cols) / 2 * 2;
}

std::size_t side(const SolverOptions& options, const SeriesInfo& info) {
  if (options.engine.intake.n != 0) return options.engine.intake.n;
  return whole_side(info);
}

}  // namespace

void check_before_start(const SolverOptions& options) {
  if (!options.enabled) return;
  if (options.slices > 1 && !(options.slice_spacing_m > 0))
    throw InputError("slices need their distance", {},
                     "give --slice-spacing M (slice_spacing_m in [reconstructor])");
  if (options.axes == "auto" && options.find_defocus)
    throw InputError("axes and defocus cannot both be found",
                     "turning both axes round fits as well, with the other sign of the defocus",
                     "give --defocus, or the axes");
  if (options.find_defocus && (!options.probe.empty() || options.probe_model != "data" || options.near_field))
    throw InputError("--find-defocus is for a first probe from the mean pattern in the far field", "",
                     "leave it out, or leave out --probe, --probe-model and --near-field");
  if (options.axes == "auto" && options.probe.empty() && options.start_from.empty() && options.defocus_m == 0)
    throw InputError("--axes auto needs the probe or the defocus",
                     "without them turning both axes round fits as well", "give --defocus or --probe");
  if (!options.probe.empty()) (void)scanfile::read_probe_file(options.probe);
  if (!options.truth.empty()) (void)product::read_object(options.truth);
  check_starting_point(options);
}

Result<ptycho::ReconstructionOptions, std::string> set_up(const SolverOptions& options,
                                                          const SeriesInfo& info) {
  ptycho::ReconstructionOptions out = options.engine;
  const std::size_t n = side(options, info);
  if (n < 8) return std::string("the patterns are smaller than 8 pixels");
  out.pixel_m = info.object_pixel_for(n);
  // One that is given is that of whole frames.
  if (info.object_pixel_m > 0) out.pixel_m *= static_cast<double>(whole_side(info)) / static_cast<double>(n);
  out.wavelength_m = info.wavelength_m;
  if (options.near_field) {
    if (info.wavelength_m <= 0 || info.distance_m <= 0 || info.detector_pixel_m <= 0)
      return std::string("the near field needs --wavelength or --energy-ev, --distance and --pixel-size");
    if (options.probe.empty() && options.probe_model != "data")
      return std::string("the near field takes its first probe from the data or from a file (--probe)");
    const auto near = ptycho::near_field_of(info.distance_m, info.detector_pixel_m, options.focus_distance_m);
    out.near_field_m = near.distance_m;
    out.pixel_m = info.object_pixel_m > 0 ? info.object_pixel_m : near.pixel_m;
  }
  if (out.pixel_m <= 0)
    return std::string(
        "the size of an object pixel is not known: give wavelength (or energy), distance and detector pixel, "
        "or "
        "positions in pixels");
  if (info.raster && (info.raster->step_x_m == 0 || info.raster->step_y_m == 0))
    return std::string("the scan's step is not known: give --step");
  out.intake.n = n;
  out.intake.centre_row = info.centre_row.value_or(static_cast<double>(info.frame_shape.rows / 2));
  out.intake.centre_col = info.centre_col.value_or(static_cast<double>(info.frame_shape.cols / 2));
  out.intake.mask = info.mask;
  if (options.slices > 1) {
    if (info.wavelength_m <= 0)
      return std::string("slices need the wavelength: give --wavelength or --energy-ev");
    if (!(options.slice_spacing_m > 0))
      return std::string("slices need their distance: give --slice-spacing");
    out.slices.spacing_m.assign(options.slices - 1, options.slice_spacing_m);
  }
  if (!options.start_from.empty()) begin_there(options, info, out);

  if (!options.probe.empty()) {
    out.probe = first_probe(options, n, out.pixel_m).wave;
    out.modes.guesses.clear();
  }
  if (out.probe) return out;
  if ((options.defocus_m != 0 || options.probe_model != "data") && info.wavelength_m <= 0)
    return std::string(
        "a defocus or a model of the probe needs the wavelength: give --wavelength or "
        "--energy-ev");
  if (options.probe_model == "zoneplate") {
    const ptycho::ZonePlate plate{options.zone_plate_diameter_m, options.outer_zone_width_m,
                                  options.central_stop_m, options.defocus_m};
    out.probe = ptycho::zone_plate_probe(n, out.pixel_m, info.wavelength_m, plate);
  } else if (options.probe_model == "gaussian") {
    out.probe =
        ptycho::gaussian_probe(n, out.pixel_m, info.wavelength_m, {options.beam_fwhm_m, options.defocus_m});
  } else if (options.probe_model == "pinhole") {
    out.probe =
        ptycho::pinhole_probe(n, out.pixel_m, info.wavelength_m, {options.beam_fwhm_m, options.defocus_m});
  } else if (options.probe_model == "electron") {
    out.probe = ptycho::electron_probe(n, out.pixel_m, info.wavelength_m,
                                       {options.semi_angle_rad, options.defocus_m});
  } else {
    out.defocus_phase = ptycho::defocus_phase(options.defocus_m, info.wavelength_m, out.pixel_m);
  }
  return out;
}

Warnings about_object_pixel(const SolverOptions& options, const SeriesInfo& info) {
  if (options.near_field || info.object_pixel_m <= 0 || scanfile::in_pixels(info)) return {};
  SeriesInfo measured = info;
  measured.object_pixel_m = 0;
  const double known_m = measured.object_pixel_for(whole_side(info));
  constexpr double alike = 0.01;
  if (known_m <= 0 || std::abs(info.object_pixel_m / known_m - 1) <= alike) return {};
  return {{"object_pixel_given",
           fmt::format("the object pixel was given as {:.4g} m, and wavelength, distance and detector pixel "
                       "make it {:.4g} m; the former is used",
                       info.object_pixel_m, known_m)}};
}

}  // namespace ptero::scan
