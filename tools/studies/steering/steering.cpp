#include "studies/steering/steering.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include <ptero/image/picture.hpp>
#include <ptero/image/plot.hpp>
#include <ptero/image/render.hpp>

#include "studies/maps.hpp"
#include "studies/steering/steering_samples.hpp"

namespace ptero::tools {

namespace {

using image::Rgb;

constexpr std::size_t side = 420;

Image<float> phase_in_field(const Image<ptycho::Complex>& object, const SteeringCaseResult& result) {
  const Image<ptycho::Complex> aligned = quality::align(object, result.truth, result.mask).image;
  const auto half = [&](double step_m, std::size_t count) {
    return static_cast<std::size_t>(step_m * static_cast<double>(count - 1) / 2 / result.pixel_m);
  };
  const std::size_t rows = half(result.finest.step_y_m, result.finest.rows);
  const std::size_t cols = half(result.finest.step_x_m, result.finest.cols);
  Image<float> phase(Shape{2 * rows, 2 * cols});
  for (std::size_t r = 0; r < phase.rows(); ++r)
    for (std::size_t c = 0; c < phase.cols(); ++c)
      phase(r, c) = std::arg(aligned(aligned.rows() / 2 - rows + r, aligned.cols() / 2 - cols + c));
  return phase;
}

Picture render_passes(const SteeringCaseResult& result) {
  const std::vector<image::LabelStyle> styles{{"not measured", {235, 235, 235}},
                                              {"first pass", {68, 78, 99}},
                                              {"second pass", {90, 150, 190}},
                                              {"third pass", {253, 204, 77}},
                                              {"later", {200, 90, 60}}};
  Image<std::uint8_t> labels(Shape{result.finest.rows, result.finest.cols});
  for (std::size_t i = 0; i < labels.size(); ++i)
    labels.data()[i] = std::min<std::uint8_t>(result.pass_of[i], 4);
  const std::size_t used = std::min<std::size_t>(result.pass_sizes.size() + 1, styles.size());
  auto look =
      scan_map(result.finest, fmt::format("adaptive: {} exposures", result.adaptive.exposures), {side});
  return image::render_labels(labels, std::span(styles).first(used), look);
}

Picture render(const SteeringCaseResult& result) {
  const Image<float> truth = phase_in_field(result.truth, result);
  float low = 0;
  for (const float v : truth.pixels()) low = std::min(low, v);
  const auto look = [&](std::string title) {
    image::MapOptions options{.title = std::move(title), .unit = "rad", .pixel_x_m = result.pixel_m};
    options.range = image::Range{low, -0.1 * low};
    options.min_side = side;
    options.max_side = side;
    return options;
  };
  const ScanResult& best = result.best_uniform();
  const std::vector<Picture> pictures{
      render_passes(result),
      image::render_map(phase_in_field(result.adaptive.object, result),
                        look(fmt::format("adaptive, SSIM {:.3f}", result.adaptive.ssim))),
      image::render_map(phase_in_field(best.object, result),
                        look(fmt::format("uniform, {} exposures, SSIM {:.3f}", best.exposures, best.ssim))),
      image::render_map(truth, look("the sample"))};
  return image::panel(pictures,
                      fmt::format("{}: {:.0f} % of the field", result.name, 100 * result.roi_share));
}

/// A colour a kind: the name up to its number.
Picture render_curves(const std::vector<SteeringCaseResult>& results) {
  const std::vector<Rgb> colours{image::blue, image::orange, image::green, image::purple};
  std::vector<std::string> kinds;
  std::vector<image::Curve> curves;
  double lowest = 1, highest = 0;
  for (const SteeringCaseResult& result : results) {
    const std::string kind = result.name.substr(0, result.name.find_last_not_of("0123456789 ") + 1);
    const bool fresh = std::find(kinds.begin(), kinds.end(), kind) == kinds.end();
    if (fresh) kinds.push_back(kind);
    const auto number = std::find(kinds.begin(), kinds.end(), kind) - kinds.begin();
    const Rgb colour = colours[static_cast<std::size_t>(number) % colours.size()];
    image::Curve grids{.name = fresh ? kind : "", .colour = colour, .style = image::CurveStyle::line};
    for (const ScanResult& scan : result.uniform) {
      grids.x.push_back(static_cast<double>(scan.exposures));
      grids.y.push_back(scan.ssim);
      lowest = std::min(lowest, scan.ssim);
    }
    lowest = std::min(lowest, result.adaptive.ssim);
    highest = std::max({highest, grids.y.back(), result.adaptive.ssim});
    curves.push_back(grids);
    curves.push_back({.colour = colour,
                      .x = {static_cast<double>(result.adaptive.exposures)},
                      .y = {result.adaptive.ssim},
                      .style = image::CurveStyle::marked});
  }
  // The legend stands below all curves.
  const double span = highest - lowest;
  return image::render_curves(curves, {.title = "SSIM inside the sample",
                                       .x_label = "exposures",
                                       .y_label = "SSIM",
                                       .caption = "lines: uniform grids; marks: adaptive scans",
                                       .y_range = image::Range{lowest - 0.4 * span, highest + 0.05 * span},
                                       .legend = image::LegendPlace::bottom_right});
}

struct Ratios {
  double exposures, seconds;
};

Ratios ratios(const ScanResult& adaptive, const SteeringCaseResult::Cost& uniform) {
  return {static_cast<double>(adaptive.exposures) / uniform.exposures, adaptive.seconds / uniform.seconds};
}

Ratios to_best(const SteeringCaseResult& r) {
  return ratios(r.adaptive, {static_cast<double>(r.best_uniform().exposures), r.best_uniform().seconds});
}

Ratios at_equal_ssim(const SteeringCaseResult& r) {
  return ratios(r.adaptive, r.uniform_cost_of(r.adaptive.ssim));
}

}  // namespace

std::vector<std::pair<std::string, SteeringCaseOptions>> steering_cases(const SteeringFiguresOptions& o) {
  SteeringCaseOptions base{.levels = 2, .uniform = {21, 33}, .epochs = 60, .threads = o.threads};
  synth::SimulatorOptions& s = base.simulator;
  s.pattern = 64;
  s.distance_m = 1.2;  // patches of 2.25 um in 64 pixels
  s.grid = {33, 33, 0.25e-6, 0.25e-6, ScanOrder::raster};
  s.position_jitter_m = 0.02e-6;
  if (o.quick) {
    s.grid.rows = s.grid.cols = 25;
    base.uniform = {13, 25};
    base.epochs = 20;
  }
  std::vector<std::pair<std::string, SteeringCaseOptions>> cases;
  const auto nanosheets = [&](double coverage) {
    base.simulator.sample = synth::SampleKind::nanosheets;
    base.simulator.sample_coverage = coverage;
    base.simulator.seed = o.seed + cases.size();
    cases.emplace_back(fmt::format("nanosheets {}", cases.size() + 1), base);
    cases.back().second.simulator.object.reset();
  };
  if (o.quick) {
    nanosheets(0.02);
    cases.back().first = "nanosheets";
    return cases;
  }
  for (const double coverage : {0.01, 0.02, 0.04}) nanosheets(coverage);
  const double pixel_m =
      hc_ev_m / s.energy_ev * s.distance_m / (static_cast<double>(s.pattern) * s.detector_pixel_m);
  const Canvas canvas{static_cast<std::size_t>(8e-6 / pixel_m), pixel_m, s.energy_ev};
  const auto drawn = [&](std::string name, auto&& draw) {
    base.simulator.seed = o.seed + cases.size();
    base.simulator.object = draw(base.simulator.seed);
    cases.emplace_back(std::move(name), base);
  };
  int number = 0;
  for (const auto& diameters : std::vector<std::vector<double>>{
           {0.8e-6}, {0.6e-6, 0.9e-6}, {0.5e-6, 0.7e-6, 0.9e-6}, {0.6e-6, 0.8e-6, 1e-6}})
    drawn(fmt::format("particles {}", ++number), [&](auto seed) { return grains(canvas, diameters, seed); });
  number = 0;
  for (const double length : {3e-6, 5e-6, 6e-6})
    drawn(fmt::format("fibre {}", ++number), [&](auto seed) { return fibre(canvas, 0.4e-6, length, seed); });
  number = 0;
  for (const double diameter : {1.6e-6, 2.2e-6, 2.8e-6})
    drawn(fmt::format("cracked grain {}", ++number),
          [&](auto seed) { return cracked_grain(canvas, diameter, seed); });
  return cases;
}

std::vector<SteeringCaseResult> make_steering_figures(const SteeringFiguresOptions& options,
                                                      const Progress& progress) {
  std::vector<SteeringCaseResult> results;
  for (const auto& [name, one] : steering_cases(options)) {
    results.push_back(run_steering_case(one, name, progress));
    progress(fmt::format("{}: SSIM {:.3f} with {} exposures, {:.3f} with {}", name,
                         results.back().adaptive.ssim, results.back().adaptive.exposures,
                         results.back().best_uniform().ssim, results.back().best_uniform().exposures));
    std::string file = name;
    std::replace(file.begin(), file.end(), ' ', '-');
    image::write_picture((options.out / ("steering-" + file + ".png")).replace_extension(options.format),
                         render(results.back()));
  }
  image::write_picture((options.out / "steering.png").replace_extension(options.format),
                       render_curves(results));
  return results;
}

std::string steering_table(const std::vector<SteeringCaseResult>& results) {
  std::string out =
      "| sample | RoI, % | adaptive: exposures (passes) | SSIM | best grid: exposures | SSIM | "
      "exposures, ratio | at equal SSIM | travel, um: adaptive / grid | time, s: adaptive / grid | "
      "time, ratio | at equal SSIM |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const SteeringCaseResult& r : results) {
    const ScanResult &a = r.adaptive, &u = r.best_uniform();
    std::string passes;
    for (const std::size_t n : r.pass_sizes) passes += (passes.empty() ? "" : " + ") + std::to_string(n);
    const Ratios best = to_best(r), equal = at_equal_ssim(r);
    out += fmt::format(
        "| {} | {:.1f} | {} ({}) | {:.4f} | {} | {:.4f} | {:.2f} | {:.2f} | {:.0f} / {:.0f} | {:.1f} / "
        "{:.1f} "
        "| {:.2f} | {:.2f} |\n",
        r.name, 100 * r.roi_share, a.exposures, passes, a.ssim, u.exposures, u.ssim, best.exposures,
        equal.exposures, a.travel_m * 1e6, u.travel_m * 1e6, a.seconds, u.seconds, best.seconds,
        equal.seconds);
  }
  return out;
}

std::string steering_json(const std::vector<SteeringCaseResult>& results) {
  const auto rounded = [](double v) { return std::stod(fmt::format("{:.6g}", v)); };
  const auto scan_json = [&](const ScanResult& s) {
    return nlohmann::ordered_json{{"exposures", s.exposures},
                                  {"ssim", rounded(s.ssim)},
                                  {"travel_m", rounded(s.travel_m)},
                                  {"seconds", rounded(s.seconds)}};
  };
  nlohmann::ordered_json out;
  for (const SteeringCaseResult& r : results) {
    nlohmann::ordered_json one{
        {"name", r.name}, {"roi_share", rounded(r.roi_share)}, {"passes", r.pass_sizes}};
    one["adaptive"] = scan_json(r.adaptive);
    for (const ScanResult& s : r.uniform) one["uniform"].push_back(scan_json(s));
    const auto ratios_json = [&](const Ratios& ratio) {
      return nlohmann::ordered_json{{"exposure_ratio", rounded(ratio.exposures)},
                                    {"time_ratio", rounded(ratio.seconds)}};
    };
    one.update(ratios_json(to_best(r)));
    one["at_equal_ssim"] = ratios_json(at_equal_ssim(r));
    one["as_good"] = r.adaptive.ssim >= r.best_uniform().ssim;
    out["samples"].push_back(std::move(one));
  }
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ptero::tools
