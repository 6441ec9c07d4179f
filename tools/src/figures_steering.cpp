#include "figures_steering.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include <ptero/image/plot.hpp>
#include <ptero/image/png.hpp>
#include <ptero/image/render.hpp>

#include "figures_maps.hpp"

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

Picture render_curves(const std::vector<SteeringCaseResult>& results) {
  const std::vector<Rgb> colours{image::blue, image::orange, image::green, image::purple, {90, 90, 90}};
  std::vector<image::Curve> curves;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Rgb colour = colours[i % colours.size()];
    image::Curve grids{.name = results[i].name, .colour = colour, .style = image::CurveStyle::line};
    for (const ScanResult& scan : results[i].uniform) {
      grids.x.push_back(static_cast<double>(scan.exposures));
      grids.y.push_back(scan.ssim);
    }
    curves.push_back(grids);
    curves.push_back({.colour = colour,
                      .x = {static_cast<double>(results[i].adaptive.exposures)},
                      .y = {results[i].adaptive.ssim},
                      .style = image::CurveStyle::marked});
  }
  return image::render_curves(curves, {.title = "SSIM inside the region",
                                       .x_label = "exposures",
                                       .y_label = "SSIM",
                                       .caption = "lines: uniform grids; marks: adaptive scans",
                                       .legend = image::LegendPlace::bottom_right});
}

/// Whether the adaptive scan is as good as the best grid: SSIM differs from seed to seed by as much.
constexpr double equal_ssim = 0.005;

}  // namespace

std::vector<std::pair<std::string, SteeringCaseOptions>> steering_cases(const SteeringFiguresOptions& o) {
  SteeringCaseOptions base{
      .levels = 2, .margin_m = 0.125e-6, .uniform = {13, 21, 33}, .epochs = 30, .threads = o.threads};
  base.simulator.pattern = 64;
  base.simulator.distance_m = 1.2;  // patches of 2.25 um in 64 pixels
  base.simulator.grid = {33, 33, 0.25e-6, 0.25e-6, ScanOrder::raster};
  base.simulator.position_jitter_m = 0.02e-6;
  if (o.quick) {
    base.simulator.grid.rows = base.simulator.grid.cols = 25;
    base.uniform = {13, 25};
    base.epochs = 20;
  }
  const auto sample = [&](synth::SampleKind kind, double coverage, std::uint64_t seed) {
    SteeringCaseOptions options = base;
    options.simulator.sample = kind;
    options.simulator.sample_coverage = coverage;
    options.simulator.seed = seed;
    return options;
  };
  using synth::SampleKind;
  if (o.quick) return {{"nanosheets", sample(SampleKind::nanosheets, 0.04, o.seed)}};
  return {{"nanosheets 1", sample(SampleKind::nanosheets, 0.022, o.seed)},
          {"nanosheets 2", sample(SampleKind::nanosheets, 0.018, o.seed + 1)},
          {"nanosheets 3", sample(SampleKind::nanosheets, 0.026, o.seed + 2)},
          {"nanosheets 4", sample(SampleKind::nanosheets, 0.014, o.seed + 3)},
          {"nanosheets 5", sample(SampleKind::nanosheets, 0.03, o.seed + 4)}};
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
    image::write_png(options.out / ("steering-" + file + ".png"), render(results.back()));
  }
  image::write_png(options.out / "steering.png", render_curves(results));
  return results;
}

std::string steering_table(const std::vector<SteeringCaseResult>& results) {
  std::string out =
      "| sample | RoI, % of the field | adaptive: exposures (passes) | SSIM | best uniform grid: exposures | "
      "SSIM | "
      "exposures, ratio | travel, um: adaptive / uniform | time, s: adaptive / uniform | time, ratio | "
      "uniform exposures "
      "for the adaptive SSIM |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const SteeringCaseResult& r : results) {
    const ScanResult &a = r.adaptive, &u = r.best_uniform();
    std::string passes;
    for (const std::size_t n : r.pass_sizes) passes += (passes.empty() ? "" : " + ") + std::to_string(n);
    out += fmt::format(
        "| {} | {:.1f} | {} ({}) | {:.3f} | {} | {:.3f} | {:.2f} | {:.0f} / {:.0f} | {:.1f} / {:.1f} | "
        "{:.2f} | {:.0f} |\n",
        r.name, 100 * r.roi_share, a.exposures, passes, a.ssim, u.exposures, u.ssim,
        static_cast<double>(a.exposures) / static_cast<double>(u.exposures), a.travel_m * 1e6,
        u.travel_m * 1e6, a.seconds, u.seconds, a.seconds / u.seconds, r.uniform_exposures_for(a.ssim));
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
    const ScanResult& best = r.best_uniform();
    one["exposure_ratio"] =
        rounded(static_cast<double>(r.adaptive.exposures) / static_cast<double>(best.exposures));
    one["time_ratio"] = rounded(r.adaptive.seconds / best.seconds);
    one["equal_ssim"] = r.adaptive.ssim >= best.ssim - equal_ssim;
    out["samples"].push_back(std::move(one));
  }
  return out.dump(2) + "\n";
}

}  // namespace ptero::tools
