#include "ptero/cli_options.hpp"

#include <array>
#include <functional>

#include <ptero/scan/solver_options.hpp>

#include "ptero/cli_declared.hpp"

namespace ptero::tools {

namespace {

/// "A<separator>B" as two numbers; "A" alone twice where `one_will_do`.
template <class T>
std::array<T, 2> two(const std::string& text, char separator, bool one_will_do, const std::string& form) {
  const auto bad = [&] { return CLI::ValidationError("'" + text + "' is not of the form " + form); };
  const auto number = [&](const std::string& part) {
    T value{};
    if (part.empty() || !CLI::detail::lexical_cast(part, value)) throw bad();
    return value;
  };
  const auto at = text.find(separator);
  if (at == std::string::npos) {
    if (!one_will_do) throw bad();
    return {number(text), number(text)};
  }
  return {number(text.substr(0, at)), number(text.substr(at + 1))};
}

using Text = std::function<void(const std::string&)>;

CLI::Option* text_option(CLI::App& app, const std::string& name, const std::string& help, Text set,
                         const std::string& type) {
  return app.add_option_function<std::string>(name, std::move(set), help)->type_name(type);
}

}  // namespace

void add_reading_options(CLI::App& app, scanfile::ReadOptions& read, ReadsPositions positions) {
  const std::string group = "Reading";
  app.add_option("--data", read.data, "dataset of the frames; default: the file's only 3-D one")
      ->type_name("PATH");
  if (positions == ReadsPositions::yes)
    app.add_option(
           "--positions", read.positions,
           "dataset, FILE or FILE:X,Y[,INDEX] (text, NPY, NPZ, HDF5), raster:ROWSxCOLS, snake:ROWSxCOLS or "
           "none")
        ->type_name("PATH|PLAN");
  text_option(
      app, "--step", "scan step: along a row[, from row to row]",
      [&](const std::string& t) {
        const auto steps = two<double>(t, ',', true, "M or M,M");
        read.step_x_m = steps[0];
        read.step_y_m = steps[1];
      },
      "M[,M]");
  app.add_option("--rotation", read.rotation_deg, "of the positions against the detector")->type_name("DEG");
  app.add_flag("--transpose", read.transpose, "of each frame, before centre and crop");
  text_option(
      app, "--position-unit", "m, mm, um, nm or px (object pixels); default: as the file says, else m",
      [&](const std::string& t) {
        using Unit = scanfile::PositionUnit;
        read.position_unit = t == "m"    ? Unit::m
                             : t == "mm" ? Unit::mm
                             : t == "um" ? Unit::um
                             : t == "nm" ? Unit::nm
                                         : Unit::px;
      },
      "UNIT")
      ->check(CLI::IsMember({"m", "mm", "um", "nm", "px"}));
  app.add_option("--index-offset", read.index_offset,
                 "added to the numbers of positions to give those of frames: -1 where triggers count from 1")
      ->type_name("N");
  text_option(
      app, "--position-axes", "order of the columns: xy or yx",
      [&](const std::string& t) {
        read.position_axes = t == "xy" ? scanfile::PositionAxes::xy : scanfile::PositionAxes::yx;
      },
      "xy|yx")
      ->check(CLI::IsMember({"xy", "yx"}));
  text_option(
      app, "--position-sign",
      "factors of the two columns: -1,-1 where the sample was moved and its own position recorded",
      [&](const std::string& t) { read.position_sign = two<double>(t, ',', false, "A,B"); }, "A,B");
  app.add_option("--monitor", read.monitor, "dataset of the incident intensity")->type_name("PATH");
  app.add_option("--mask", read.mask, "dataset of a frame's shape, or one a frame; 0 = good")
      ->type_name("PATH");
  text_option(
      app, "--mask-sense", "what 1 means in it: bad or good; default: bad, or found out",
      [&](const std::string& t) {
        read.mask_sense = t == "good" ? scanfile::MaskSense::good : scanfile::MaskSense::bad;
      },
      "bad|good")
      ->check(CLI::IsMember({"bad", "good"}));
  app.add_option("--bin", read.bin, "sum N x N pixels")->type_name("N")->check(CLI::PositiveNumber);
  app.add_option("--crop", read.crop, "keep N x N pixels around the centre")->type_name("N");
  app.add_option("--pixel-size", read.detector_pixel_m, "of the detector")
      ->type_name("M")
      ->check(CLI::PositiveNumber);
  app.add_option("--object-pixel", read.object_pixel_m,
                 "of the object, of whole frames (before --crop), where distance or wavelength are not known")
      ->type_name("M")
      ->check(CLI::PositiveNumber);
  app.add_option("--distance", read.distance_m, "from sample to detector")
      ->type_name("M")
      ->check(CLI::PositiveNumber);
  auto* energy = app.add_option("--energy-ev", read.energy_ev, "of the photons")
                     ->type_name("E")
                     ->check(CLI::PositiveNumber);
  app.add_option("--wavelength", read.wavelength_m, "instead of an energy")
      ->type_name("M")
      ->check(CLI::PositiveNumber)
      ->excludes(energy);
  text_option(
      app, "--centre", "of the patterns on the detector, pixels; default: found from the mean pattern",
      [&](const std::string& t) { read.centre = two<double>(t, ',', false, "ROW,COL"); }, "ROW,COL");
  text_option(
      app, "--frames", "rows A up to, not including, B",
      [&](const std::string& t) { read.frames = two<std::uint64_t>(t, ':', false, "A:B"); }, "A:B");
  for (auto* option : app.get_options())
    if (option->get_group() == "Options" && option->get_lnames().size() == 1 &&
        option->get_lnames()[0] != "help")
      option->group(group);
}

void add_scan_options(CLI::App& app, ScanArguments& scan) {
  const auto roi = [](CLI::Option* option) { option->group("Region of interest"); };
  roi(app.add_option("--roi-mode", scan.roi_mode, "paper ([Lin23] to the letter) or robust")
          ->check(CLI::IsMember({"paper", "robust"})));
  roi(app.add_option("--threshold", scan.threshold,
                     "instead of a mode: counts below this share of the background's, such as 0.98")
          ->excludes("--roi-mode"));
  roi(app.add_option("--segments", scan.segments, "azimuthal segments; default 8")
          ->check(CLI::Range(1, 256)));
  roi(app.add_option("--roi-clusters", scan.clusters, "of k-means; default 2")->check(CLI::Range(2, 8)));
  roi(app.add_option("--border", scan.border, "grow (or shrink) by scan steps")
          ->check(CLI::Range(-1000, 1000)));
  roi(app.add_flag("--fill-in", scan.fill_in, "enclosed background joins the region"));
  roi(app.add_flag("--keep-dark", scan.keep_dark, "do not set dark frames apart"));
  roi(app.add_flag("--no-roi", scan.no_roi, "select every frame"));
  roi(app.add_flag("--roi-only", scan.roi_only, "no reconstruction"));
  add_declared(app, {"reconstructor", "", scan::SolverOptions::declared().described()}, "Reconstruction",
               scan.switches);
  app.add_option("-c,--config", scan.config, "TOML configuration")->type_name("FILE");
  app.add_option("--set", scan.overrides,
                 "section.key=value, over the configuration; `ptero options` lists them")
      ->take_all()
      ->allow_extra_args(false);
}

void add_batch_options(CLI::App& app, BatchArguments& a) {
  app.add_flag("--keep-marked", a.keep_marked, "keep the frames that a person marked bad during the scan")
      ->group("Region of interest");
}

void add_simulation_options(CLI::App& app, synth::SimulatorOptions& sim) {
  const auto group = [](CLI::Option* option) { option->group("Simulation"); };
  group(text_option(
      app, "--scan", "rows and columns; default 48x64",
      [&sim](const std::string& t) {
        const auto shape = two<std::size_t>(t, 'x', false, "ROWSxCOLS");
        sim.grid.rows = shape[0];
        sim.grid.cols = shape[1];
      },
      "ROWSxCOLS"));
  group(text_option(
      app, "--scan-step", "along a row[, from row to row]; default 150e-9",
      [&sim](const std::string& t) {
        const auto steps = two<double>(t, ',', true, "M or M,M");
        sim.grid.step_x_m = steps[0];
        sim.grid.step_y_m = steps[1];
      },
      "M[,M]"));
  group(app.add_option("--photons", sim.photons, "in a frame")
            ->check(CLI::PositiveNumber)
            ->capture_default_str());
  group(app.add_option("--pattern", sim.pattern, "side of the patterns, pixels")->capture_default_str());
  group(app.add_option("--outer-zone-width", sim.zone_plate.outer_zone_width_m, "of the zone plate")
            ->type_name("M")
            ->check(CLI::PositiveNumber));
  group(
      app.add_option("--jitter", sim.position_jitter_m, "of the stage, standard deviation")->type_name("M"));
  group(app.add_option("--smear", sim.sub_exposures, "sub-exposures along the motion of the fly scan")
            ->capture_default_str());
  group(app.add_option("--drift", sim.intensity_drift, "relative change of the beam over the scan"));
  group(app.add_option("--sim-seed", sim.seed, "of sample, stage and photons")->capture_default_str());
}

}  // namespace ptero::tools
