#include <ptero/scan/option_effects.hpp>

#include <algorithm>

namespace ptero::scan {

namespace {

using ptycho::Algorithm;

/// Keys that need something, and why they had no effect where it is missing.
struct Need {
  std::vector<std::string> keys;  ///< whole keys, or their beginning where they end in _
  bool met;
  std::string why;
};

bool names(const Need& need, const std::string& key) {
  return std::any_of(need.keys.begin(), need.keys.end(), [&](const std::string& name) {
    return name.ends_with('_') ? key.starts_with(name) : key == name;
  });
}

std::vector<Need> needs_of(const SolverOptions& o) {
  const auto& e = o.engine;
  const bool pie = e.algorithm == Algorithm::rpie || e.algorithm == Algorithm::epie;
  const bool dm = e.algorithm == Algorithm::difference_map;
  const bool given = !o.probe.empty() || !o.start_from.empty();
  const auto model = [&](const char* name) { return !given && o.probe_model == name; };
  return {
      {{"lsqml_"}, !pie && !dm, "the algorithm is not LSQ-ML"},
      {{"compact_first_epochs"}, e.algorithm == Algorithm::lsqml, "the algorithm is not lsqml"},
      {{"object_momentum"},
       e.algorithm == Algorithm::lsqml_compact || e.compact_first > 0,
       "the algorithm is not lsqml-compact"},
      {{"momentum_memory"},
       e.algorithm == Algorithm::lsqml_compact || e.compact_first > 0 || e.momentum.probe_gain > 0,
       "neither object nor probe has momentum"},
      {{"rpie_alpha"}, e.algorithm == Algorithm::rpie, "the algorithm is not rpie"},
      {{"pie_"}, pie, "the algorithm is neither rpie nor epie"},
      {{"dm_"}, dm, "the algorithm is not dm"},
      {{"regularisation"}, !pie && !dm, "the algorithm is not LSQ-ML"},
      {{"batch_fraction", "min_batch", "max_batch"}, !pie && !dm, "the algorithm is not LSQ-ML"},
      {{"position_"}, e.positions.refine, "refine_positions is off"},
      {{"opr_start_epoch", "opr_gain", "opr_limit"},
       e.variations.count > 0 || e.variations.intensity,
       "opr_modes is 0"},
      {{"opr_smooth_frames"},
       e.variations.count > 0 || e.variations.intensity,
       "neither opr_modes nor variable_intensity is on"},
      {{"intensity_gain"}, e.variations.intensity, "variable_intensity is off"},
      {{"probe_mode_power", "orthogonalise_every"}, e.modes.count > 1, "probe_modes is 1"},
      {{"depth_regularisation", "slice_spacing_m"}, o.slices > 1, "slices is 1"},
      {{"slice_guesses"}, !o.start_from.empty(), "start_from is not given"},
      {{"focus_distance_m"}, o.near_field, "near_field is off"},
      {{"probe_model", "defocus_m"}, !given, "a first probe is given"},
      {{"zone_plate_diameter_m", "outer_zone_width_m", "central_stop_m"},
       model("zoneplate"),
       "probe_model is not zoneplate"},
      {{"beam_fwhm_m"}, model("gaussian") || model("pinhole"), "probe_model is neither gaussian nor pinhole"},
      {{"semi_angle_rad"}, model("electron"), "probe_model is not electron"},
      {{"probe_support", "probe_start_epoch", "probe_momentum"}, e.update_probe, "refine_probe is off"},
  };
}

/// What begins with an epoch that was not reached, or only just.
struct Late {
  std::string key, start_key;
  bool on;
  std::size_t start;
};
constexpr std::size_t enough_epochs = 5;

std::string reached(const Late& late, std::size_t epochs) {
  const auto begins = late.key + " begins with epoch " + std::to_string(late.start);
  const auto ended = " and the run ended with " + std::to_string(epochs);
  return epochs <= late.start ? begins + ended : begins + ended + ": too few to show";
}

}  // namespace

Warnings options_without_effect(const SolverOptions& options, const ptycho::Snapshot& snapshot) {
  Warnings warnings;
  const auto needs = needs_of(options);
  for (const auto& option : SolverOptions::declared().options()) {
    if (option.get(options) == option.standard) continue;
    for (const Need& need : needs)
      if (!need.met && names(need, option.key))
        warnings.push_back({"option_without_effect", option.key + " = " +
                                                         settings::text_of(option.get(options)) +
                                                         " had no effect (" + need.why + ")"});
  }
  if (snapshot.epochs == 0) return warnings;
  const auto& e = options.engine;
  for (const Late& late :
       {Late{"refine_positions", "position_start_epoch", e.positions.refine, e.positions.start_epoch},
        Late{"opr_modes", "opr_start_epoch", e.variations.count > 0, e.variations.start_epoch},
        Late{"variable_intensity", "opr_start_epoch", e.variations.intensity, e.variations.start_epoch}})
    if (late.on && snapshot.epochs < late.start + enough_epochs)
      warnings.push_back(
          {"option_without_effect", late.key + " had no effect (" + reached(late, snapshot.epochs) +
                                        "); give more --epochs or a smaller " + late.start_key});
  return warnings;
}

}  // namespace ptero::scan
