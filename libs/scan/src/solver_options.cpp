#include <ptero/scan/solver_options.hpp>

#include <ptero/config/declared.hpp>
#include <ptero/ptycho/declared_options.hpp>

namespace ptero::scan {

namespace {

using settings::Table;
using settings::Touches;
using S = SolverOptions;

Table<S> run_options(Table<S> table) {
  return std::move(table)
      .option("enabled", &S::enabled, {.help = "reconstruct at all", .touches = Touches::nothing})
      .option("epochs", &S::epochs,
              {.help = "passes over all frames after the last one came",
               .unit = "epochs",
               .low = 0,
               .high = 1e6,
               .flag = "--epochs",
               .touches = Touches::product})
      .option("stop_converged", &S::stop_converged,
              {.help = "end before that once more of them change nothing",
               .flag = "--stop-converged",
               .touches = Touches::product})
      .option("frc_epochs", &S::frc_epochs,
              {.help = "of each half-data reconstruction for the ring correlation; 0: none",
               .unit = "epochs",
               .low = 0,
               .high = 1000,
               .flag = "--frc-epochs",
               .touches = Touches::product})
      .option("remove_ramp", &S::remove_ramp,
              {.help = "the slope of the object's phase goes into the probe, in product and pictures",
               .flag = "--remove-ramp",
               .flag_off = "--keep-ramp",
               .touches = Touches::product})
      .option("truth", &S::truth,
              {.help = "product to compare the result with: a simulation's",
               .unit = "FILE",
               .flag = "--truth",
               .touches = Touches::product});
}

Table<S> beam_options(Table<S> table) {
  return std::move(table)
      .option("probe", &S::probe,
              {.help = "first guess of the probe: a dataset of the file, FILE:DATASET, or a file; empty: "
                       "from probe_model",
               .unit = "PATH",
               .flag = "--probe"})
      .given(&S::probe_transposed, "the reading options")
      .option("probe_model", &S::probe_model,
              {.help = "without a probe: data (the mean pattern) or a model",
               .choices = {"data", "zoneplate", "pinhole", "gaussian", "electron"},
               .flag = "--probe-model"})
      .option("defocus_m", &S::defocus_m,
              {.help = "of the probe's model; positive: sample downstream of the focus",
               .unit = "m",
               .low = -10,
               .high = 10,
               .flag = "--defocus"})
      .option(
          "find_defocus", &S::find_defocus,
          {.help =
               "ptero batch: defocus and its sign from the data; taken where they are sure, else it is said",
           .flag = "--find-defocus"})
      .option(
          "axes", &S::axes,
          {.help =
               "ptero batch: how the stage's axes lie in the detector's, as given or from the data; taken "
               "where they are sure, else it is said",
           .choices = {"given", "auto"},
           .flag = "--axes"})
      .option("zone_plate_diameter_m", &S::zone_plate_diameter_m,
              {.help = "of zoneplate", .unit = "m", .low = 1e-9, .high = 1})
      .option("outer_zone_width_m", &S::outer_zone_width_m,
              {.help = "of zoneplate", .unit = "m", .low = 1e-10, .high = 1})
      .option("central_stop_m", &S::central_stop_m,
              {.help = "of zoneplate, its diameter", .unit = "m", .low = 0, .high = 1})
      .option("beam_fwhm_m", &S::beam_fwhm_m,
              {.help = "of gaussian; the diameter of pinhole", .unit = "m", .low = 1e-10, .high = 1})
      .option(
          "semi_angle_rad", &S::semi_angle_rad,
          {.help = "of the electron aperture", .unit = "rad", .low = 0, .high = 1, .flag = "--semi-angle"});
}

Table<S> depth_options(Table<S> table) {
  return std::move(table)
      .option("slices", &S::slices,
              {.help = "along the beam, slice_spacing_m apart",
               .low = 1,
               .high = 64,
               .source = "[Mai12]",
               .flag = "--slices"})
      .option("slice_spacing_m", &S::slice_spacing_m,
              {.help = "between two slices", .unit = "m", .low = 0, .high = 10, .flag = "--slice-spacing"})
      .option("start_from", &S::start_from,
              {.help = "product whose object, probe and, of the same series, places are the first guess",
               .unit = "FILE",
               .flag = "--start-from"})
      .option("slice_guesses", &S::slice_guesses,
              {.help = "phase of slice K in radians on that product's grid, such as from fluorescence",
               .unit = "K:FILE.tiff",
               .flag = "--slice-guess"})
      .option("near_field", &S::near_field,
              {.help = "the detector is near: propagate to it; the first probe comes from the data",
               .flag = "--near-field"})
      .option("focus_distance_m", &S::focus_distance_m,
              {.help = "near field: from the focus to the sample; 0: a parallel beam",
               .unit = "m",
               .low = -1e6,
               .high = 1e6,
               .flag = "--focus-distance"});
}

}  // namespace

const Table<SolverOptions>& SolverOptions::declared() {
  static const auto table = depth_options(beam_options(run_options(Table<S>())))
                                .nested(&S::engine, ptycho::declared_options())
                                .complete();
  return table;
}

SolverOptions SolverOptions::from(const config::Section& section) {
  SolverOptions o;
  config::read_declared(section, declared(), o);
  if (o.engine.intake.n % 2 != 0) throw section.error("pattern", "is odd", "give an even number of pixels");
  if (o.slices > 1 && !(o.slice_spacing_m > 0))
    throw section.error("slices", "need the distance between them",
                        "give --slice-spacing M (slice_spacing_m)");
  return o;
}

}  // namespace ptero::scan
