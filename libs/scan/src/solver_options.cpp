#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

SolverOptions SolverOptions::from(const config::Section& section) {
  SolverOptions o;
  o.enabled = section.get("enabled", o.enabled);
  o.backend = section.get_choice("backend", o.backend, {"cpu", "cuda"});
  o.threads = section.get_in_range("threads", o.threads, 0, 1024);
  o.pattern = section.get_in_range("pattern", o.pattern, 8, 8192);
  if (o.pattern % 2 != 0) throw section.error("pattern", "is odd", "give an even number of pixels");
  o.epochs = section.get_in_range("epochs", o.epochs, 0, 1'000'000);
  o.stop_converged = section.get("stop_converged", o.stop_converged);
  o.frc_epochs = section.get_in_range("frc_epochs", o.frc_epochs, 0, 1000);
  o.subpixel = section.get("subpixel", o.subpixel);
  o.refine_probe = section.get("refine_probe", o.refine_probe);
  o.probe = section.get("probe", o.probe);
  o.probe_model = section.get_choice("probe_model", o.probe_model,
                                     {"data", "zoneplate", "pinhole", "gaussian", "electron"});
  o.algorithm =
      section.get_choice("algorithm", o.algorithm, {"lsqml", "lsqml-compact", "rpie", "epie", "dm"});
  o.noise = section.get_choice("noise", o.noise, {"gaussian", "poisson"});
  o.probe_modes = section.get_in_range("probe_modes", o.probe_modes, 1, 64);
  o.refine_positions = section.get("refine_positions", o.refine_positions);
  o.opr_modes = section.get_in_range("opr_modes", o.opr_modes, 0, 64);
  o.variable_intensity = section.get("variable_intensity", o.variable_intensity);
  o.opr_smoothing = section.get_in_range("opr_smoothing", o.opr_smoothing, 0, 1'000'000);
  o.saturation = section.get_in_range("saturation", o.saturation, 0.0, 1e30);
  o.remove_ramp = section.get("remove_ramp", o.remove_ramp);
  o.slices = section.get_in_range("slices", o.slices, 1, 64);
  o.slice_spacing_m = section.get("slice_spacing_m", o.slice_spacing_m);
  if (o.slices > 1 && !(o.slice_spacing_m > 0))
    throw section.error("slices", "need the distance between them", "give slice_spacing_m");
  o.start_from = section.get("start_from", o.start_from);
  o.slice_guesses = section.get("slice_guesses", o.slice_guesses);
  o.near_field = section.get("near_field", o.near_field);
  o.focus_distance_m = section.get("focus_distance_m", o.focus_distance_m);
  o.semi_angle_rad = section.get_in_range("semi_angle_rad", o.semi_angle_rad, 0.0, 1.0);
  o.defocus_m = section.get("defocus_m", o.defocus_m);
  o.zone_plate_diameter_m = section.get_in_range("zone_plate_diameter_m", o.zone_plate_diameter_m, 1e-9, 1.0);
  o.outer_zone_width_m = section.get_in_range("outer_zone_width_m", o.outer_zone_width_m, 1e-10, 1.0);
  o.central_stop_m = section.get_in_range("central_stop_m", o.central_stop_m, 0.0, 1.0);
  o.beam_fwhm_m = section.get_in_range("beam_fwhm_m", o.beam_fwhm_m, 1e-10, 1.0);
  o.truth = section.get("truth", o.truth);
  o.seed = section.get_in_range("seed", o.seed, 0, ~std::uint64_t{0} >> 1);
  return o;
}

}  // namespace ptero::scan
