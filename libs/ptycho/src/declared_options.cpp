#include <ptero/ptycho/declared_options.hpp>

namespace ptero::ptycho {

namespace {

using settings::Table;
using settings::Touches;

constexpr double all_epochs = 1e6;

Table<IntakeOptions> intake_options() {
  using O = IntakeOptions;
  return Table<O>()
      .option("pattern", &O::n,
              {.help = "side of the patterns used, even; 0: the largest even square of the frame",
               .unit = "px",
               .low = 8,
               .high = 8192})
      .given(&O::centre_row, "the series")
      .given(&O::centre_col, "the series")
      .given(&O::mask, "the series")
      .option("min_counts", &O::min_counts,
              {.help = "patterns with fewer are left out", .unit = "counts", .low = 0, .high = 1e30})
      .option("saturation", &O::saturation,
              {.help = "pixels with so many or more measure nothing; 0: off",
               .unit = "counts",
               .low = 0,
               .high = 1e30,
               .flag = "--saturation"})
      .given(&O::regime, "near_field")
      .complete();
}

Table<ModeOptions> mode_options() {
  using O = ModeOptions;
  return Table<O>()
      .option(
          "probe_modes", &O::count,
          {.help = "incoherent modes of the probe: more where the beam is not coherent or moves during the "
                   "exposure",
           .low = 1,
           .high = 64,
           .source = "[Thi13]",
           .flag = "--probe-modes"})
      .given(&O::guesses, "start_from")
      .option(
          "probe_mode_power", &O::extra_power,
          {.help = "of each further mode at the start, as a share of the main one's", .low = 1e-9, .high = 1})
      .option("orthogonalise_every", &O::orthogonalise_every,
              {.help = "how often modes are made orthogonal; 0: never",
               .unit = "epochs",
               .low = 0,
               .high = all_epochs})
      .complete();
}

Table<PositionOptions> position_options() {
  using O = PositionOptions;
  return Table<O>()
      .option("refine_positions", &O::refine, {.help = "correct the positions", .flag = "--refine-positions"})
      .option("position_start_epoch", &O::start_epoch,
              {.help = "positions move from then on: before, the object is too coarse",
               .unit = "epochs",
               .low = 0,
               .high = all_epochs})
      .option("position_gain", &O::gain, {.help = "of a position's first steps", .low = 1e-6, .high = 1e3})
      .option("position_most_acceleration", &O::most_acceleration,
              {.help = "the gain grows to at most this many times while positions keep going",
               .low = 1,
               .high = 1e6})
      .option("position_max_step_px", &O::max_step_px,
              {.help = "longest step of one update", .unit = "px", .low = 1e-6, .high = 1e3})
      .option("position_damping", &O::damping,
              {.help = "share of the batch's strongest gradient that every pattern is held against",
               .low = 0,
               .high = 1e3})
      .option("position_pull", &O::pull,
              {.help = "share by which a frame without features is drawn back to its place in an epoch",
               .low = 0,
               .high = 1})
      .option("position_stage_error_px", &O::stage_error_px,
              {.help = "error of the stage: positions beyond it are drawn back hard",
               .unit = "px",
               .low = 1e-3,
               .high = 1e6})
      .given(&O::known, "start_from")
      .complete();
}

Table<VariationOptions> variation_options() {
  using O = VariationOptions;
  return Table<O>()
      .option("opr_modes", &O::count,
              {.help = "variations of the main mode from pattern to pattern",
               .low = 0,
               .high = 64,
               .source = "[Ods16]",
               .flag = "--opr-modes"})
      .option("variable_intensity", &O::intensity,
              {.help = "refine the intensity of each pattern", .flag = "--variable-intensity"})
      .option("opr_start_epoch", &O::start_epoch,
              {.help = "variations and intensities move from then on",
               .unit = "epochs",
               .low = 0,
               .high = all_epochs})
      .option("opr_gain", &O::gain, {.help = "of the steps of their weights", .low = 1e-6, .high = 10})
      .option("intensity_gain", &O::intensity_gain,
              {.help = "of the steps of the intensities", .low = 1e-6, .high = 10})
      .option("opr_limit", &O::limit,
              {.help = "weights end at this many times their 95 % quantile", .low = 1, .high = 1e3})
      .option("opr_smooth_frames", &O::smooth_frames,
              {.help = "both follow straight lines over so many frames; 0: each pattern for itself",
               .unit = "frames",
               .low = 0,
               .high = 1e6,
               .flag = "--opr-smooth",
               .formerly = {"opr_smoothing"}})
      .complete();
}

Table<SliceOptions> slice_options() {
  using O = SliceOptions;
  return Table<O>()
      .given(&O::spacing_m, "slices and slice_spacing_m")
      .given(&O::objects, "start_from and slice_guesses")
      .given(&O::objects_extent, "start_from")
      .option("depth_regularisation", &O::regularisation,
              {.help = "strength of what damps, between slices, details that the data cannot place in depth",
               .low = 0,
               .high = 1})
      .complete();
}

Table<MomentumOptions> momentum_options() {
  using O = MomentumOptions;
  return Table<O>()
      .option("object_momentum", &O::object_gain,
              {.help = "acceleration of the object while its updates agree; of lsqml-compact alone; 0: off",
               .low = 0,
               .high = 2})
      .option("probe_momentum", &O::probe_gain,
              {.help = "the same of the main mode of the probe; 0: off", .low = 0, .high = 2})
      .option("momentum_memory", &O::memory,
              {.help = "updates that must agree in direction", .unit = "epochs", .low = 1, .high = 100})
      .complete();
}

Table<PieOptions> pie_options() {
  using O = PieOptions;
  return Table<O>()
      .option("rpie_alpha", &O::alpha,
              {.help = "rPIE: share of the largest |P|^2 in its denominator; ePIE's is 1",
               .low = 1e-6,
               .high = 1,
               .source = "[Mai17]"})
      .option("pie_object_step", &O::object_step,
              {.help = "rPIE and ePIE: step of the object", .low = 1e-6, .high = 10, .source = "[Mai09]"})
      .option("pie_probe_step", &O::probe_step, {.help = "the same of the probe", .low = 0, .high = 10})
      .option("pie_batch", &O::batch, {.help = "patterns in a batch of rPIE and ePIE", .low = 1, .high = 1e6})
      .option("dm_relaxation", &O::relaxation,
              {.help = "difference map: 1 is to the letter, which noise drives away",
               .low = 1e-3,
               .high = 1,
               .source = "[Luk05]"})
      .option("dm_probe_step", &O::difference_probe_step,
              {.help = "difference map: share of the way that the probe goes", .low = 0, .high = 1})
      .complete();
}

Table<LsqmlOptions> lsqml_options() {
  using O = LsqmlOptions;
  return Table<O>()
      .option("lsqml_damping", &O::beta,
              {.help = "LSQ-ML: factor of the optimal steps; smaller where it diverges",
               .low = 1e-3,
               .high = 2,
               .source = "[Ods18]"})
      .option("lsqml_coupling", &O::coupling,
              {.help = "LSQ-ML: share of the batch's mean added to the diagonal of the step equations",
               .low = 0,
               .high = 10,
               .source = "[Ods18]"})
      .option(
          "lsqml_trim", &O::trim,
          {.help = "LSQ-ML: share of extreme object steps left out of their mean", .low = 0, .high = 0.49})
      .option("lsqml_step_samples", &O::step_samples,
              {.help = "LSQ-ML: patterns of a batch whose step equations are solved; 0: all",
               .unit = "patterns",
               .low = 0,
               .high = 1e6})
      .complete();
}

using R = ReconstructionOptions;

/// What runs, and on what.
Table<R> machine_options(Table<R> table) {
  return std::move(table)
      .choice("backend", &R::backend, {{"cpu", Backend::cpu}, {"cuda", Backend::cuda}},
              {.help = "what computes: cuda where it was built with PTERO_CUDA",
               .flag = "--backend",
               .touches = Touches::nothing})
      .option("threads", &R::threads,
              {.help = "of the processor; 0: one a core",
               .low = 0,
               .high = 1024,
               .flag = "--threads",
               .touches = Touches::nothing})
      .option(
          "subpixel", &R::subpixel,
          {.help = "shift the probe by fractions of a pixel; whole pixels are twice as fast and less exact",
           .flag = "--subpixel"})
      .choice("algorithm", &R::algorithm, algorithm_names(),
              {.help = "the solver", .source = "[Ods18]", .flag = "--algorithm"})
      .choice("noise", &R::noise, {{"gaussian", Noise::gaussian}, {"poisson", Noise::poisson}},
              {.help = "statistics of the counts", .flag = "--noise"});
}

Table<R> probe_options(Table<R> table) {
  return std::move(table)
      .given(&R::probe, "probe or probe_model")
      .given(&R::defocus_phase, "defocus_m")
      .option("rescale_probe", &R::rescale_probe, {.help = "scale the first probe to the photons measured"})
      .option("refine_probe", &R::update_probe, {.help = "the probe is refined", .flag = "--refine-probe"})
      .option("probe_start_epoch", &R::probe_start_epoch,
              {.help = "the probe moves from then on", .unit = "epochs", .low = 0, .high = all_epochs})
      .option(
          "probe_support", &R::probe_support,
          {.help = "the probe vanishes where its blurred modulus is below this share of its largest; 0: off, "
                   "0.005 is usual",
           .low = 0,
           .high = 0.5})
      .option("centre_probe_every", &R::centre_probe_every,
              {.help = "how often the shift shared by object and probe is removed; 0: never",
               .unit = "epochs",
               .low = 0,
               .high = all_epochs});
}

Table<R> batch_options(Table<R> table) {
  return std::move(table)
      .option(
          "compact_first_epochs", &R::compact_first,
          {.help =
               "lsqml: so many epochs of compact batches come first, against a grid of the raster's period "
               "in the object",
           .unit = "epochs",
           .low = 0,
           .high = all_epochs,
           .flag = "--compact-first"})
      .option(
          "regularisation", &R::regularisation,
          {.help = "floor of the illumination that the object's direction is divided by, as a share of its "
                   "largest",
           .low = 1e-6,
           .high = 1,
           .source = "[Ods18]"})
      .option("batch_fraction", &R::batch_fraction,
              {.help = "patterns of a batch, as a share of those present", .low = 1e-6, .high = 1})
      .option("min_batch", &R::min_batch, {.help = "but at least", .unit = "patterns", .low = 1, .high = 1e6})
      .option(
          "max_batch", &R::max_batch,
          {.help = "and at most",
           .unit = "patterns",
           .low = 1,
           .high = 1e6,
           .source = "SSIM with the truth after 40 epochs of 3,072 simulated frames: 0.96 with 64, 0.91 with "
                     "154, 0.80 with 307"})
      .option("catch_up_visits", &R::catch_up_visits,
              {.help = "frames that came late are drawn more often until they were seen so many times",
               .low = 0,
               .high = 1e6})
      .option("catch_up_factor", &R::catch_up_factor,
              {.help = "how many times as often; 1: off", .low = 1, .high = 1e3});
}

Table<R> object_options(Table<R> table) {
  return std::move(table)
      .option(
          "object_limit", &R::object_limit,
          {.help = "largest modulus of the object, held after every epoch; 0: off", .low = 0, .high = 1e6})
      .option("rebalance_every", &R::rebalance_every,
              {.help = "how often the scale shared by object and probe is removed; 0: never",
               .unit = "epochs",
               .low = 0,
               .high = all_epochs})
      .option("object_noise", &R::object_noise,
              {.help = "the object starts as 1 and this much noise", .low = 0, .high = 1})
      .option("max_object_pixels", &R::max_object_pixels,
              {.help = "frames whose position would need a larger object are left out",
               .unit = "px",
               .low = 64,
               .high = 1e12,
               .touches = Touches::nothing})
      .option("seed", &R::seed,
              {.help = "of the order of the batches and of the object's noise",
               .low = 0,
               .high = 9e18,
               .flag = "--seed"});
}

}  // namespace

const settings::Table<ReconstructionOptions>& declared_options() {
  static const Table<R> table = object_options(batch_options(probe_options(machine_options(Table<R>()))))
                                    .given(&R::pixel_m, "the series")
                                    .given(&R::wavelength_m, "the series")
                                    .given(&R::near_field_m, "near_field and the series")
                                    .nested(&R::intake, intake_options())
                                    .nested(&R::modes, mode_options())
                                    .nested(&R::positions, position_options())
                                    .nested(&R::variations, variation_options())
                                    .nested(&R::slices, slice_options())
                                    .nested(&R::momentum, momentum_options())
                                    .nested(&R::pie, pie_options())
                                    .nested(&R::lsqml, lsqml_options())
                                    .complete();
  return table;
}

}  // namespace ptero::ptycho
