#include <fmt/format.h>

#include <cmath>

#include <ptero/image/picture.hpp>

#include "studies/lin2023/lin2023.hpp"
#include "studies/roi_table/roi_table.hpp"

namespace ptero::tools {

namespace {

struct Dose {
  double photons = 0;
  const char* name;
  image::Rgb colour;
};

/// Four samples at one dose, counted as one.
std::vector<RoiCase> scans_at(const Lin2023Options& o, double photons, const std::vector<int>& segments,
                              const Progress& progress) {
  std::vector<RoiCase> scans;
  for (std::size_t k = 0; k < (o.quick ? 1 : particle_samples); ++k) {
    progress(fmt::format("small particles, {:.3g} photons, sample {}", photons, k + 1));
    auto simulator = paper_simulator(
        o, o.quick ? RasterPlan{20, 28, 0.3e-6, 0.4e-6} : RasterPlan{36, 51, 0.3e-6, 0.4e-6}, 1);
    simulator.sample = synth::SampleKind::particles;
    if (o.quick) simulator.sample_coverage = 0.12;
    simulator.pattern = o.quick ? 96 : 128;
    simulator.photons = photons;
    simulator.seed = o.seed + k;
    const synth::Simulator simulated(simulator);
    const SeriesInfo& info = simulated.info();
    RoiCase& scan = scans.emplace_back();
    find_truth(scan, simulated);
    extract_features(
        scan, info, {*info.centre_row, *info.centre_col}, segments,
        [&](FrameId id) { return simulated.frame(id); }, o.threads);
  }
  return scans;
}

}  // namespace

void make_dose_figure(const Lin2023Options& o, FigureNumbers& numbers, const Progress& progress) {
  const std::vector<int> segments = o.quick ? std::vector{1, 8} : std::vector{1, 4, 8, 16, 24, 40};
  std::vector<Dose> doses{{2.67e6, "2.67e6 photons", image::blue}};
  if (!o.quick) {
    doses.push_back({2.85e5, "2.85e5 photons", image::green});
    doses.push_back({1e5, "1e5 photons", image::orange});
  }
  image::Curve paper{.name = "[Lin23, fig. 5]", .colour = {0, 0, 0}, .style = image::CurveStyle::dashed};
  for (const int s : {1, 4, 8, 16, 24, 40}) {
    paper.x.push_back(s);
    paper.y.push_back(*paper_kept(s));
  }
  std::vector<image::Curve> kept{std::move(paper)};
  std::vector<image::Curve> found, noise;
  for (const Dose& dose : doses) {
    const auto scans = scans_at(o, dose.photons, segments, progress);
    std::size_t particles = 0;
    for (const RoiCase& scan : scans) particles += scan.particles.size();
    image::Curve share{.name = dose.name, .colour = dose.colour}, seen = share, wrong = share;
    for (const int s : segments) {
      std::vector<roi::Classification> answers;
      for (const RoiCase& scan : scans)
        answers.push_back(
            roi::classify(scan.tables.at(s), scan.layout, {.mode = roi::Mode::paper, .segments = s}));
      const RoiScore result = score(scans, answers);
      const double particles_seen = 6.0 * result.particles_found / static_cast<double>(particles);
      for (image::Curve* curve : {&share, &seen, &wrong}) curve->x.push_back(s);
      share.y.push_back(100 * result.kept);
      seen.y.push_back(particles_seen);
      wrong.y.push_back(100 * result.false_positives);
      numbers.add({"fig. 5", fmt::format("{}: RoI, % of the frames, S = {}", dose.name, s), paper_kept(s),
                   share.y.back(), fmt::format("mean of {} samples", scans.size())});
      numbers.add({"fig. 5",
                   fmt::format("{}: found of 6, mean of {} samples, S = {}", dose.name, scans.size(), s),
                   std::nullopt, particles_seen, ""});
      numbers.add({"fig. 5", fmt::format("{}: background selected, %, S = {}", dose.name, s), std::nullopt,
                   100 * result.false_positives, ""});
    }
    kept.push_back(std::move(share));
    found.push_back(std::move(seen));
    noise.push_back(std::move(wrong));
  }
  const auto plot = [](const std::vector<image::Curve>& curves, std::string title, std::string unit,
                       image::Range range, image::LegendPlace legend) {
    return image::render_curves(curves, {.title = std::move(title),
                                         .x_label = "segments S",
                                         .y_label = std::move(unit),
                                         .x_range = image::Range{0, 42},
                                         .y_range = range,
                                         .x_ticks = {1, 4, 8, 16, 24, 40},
                                         .legend = legend,
                                         .width = 430,
                                         .height = 340});
  };
  const std::vector<Picture> plots{
      plot(kept, "frames in the RoI, mode paper", "%", {0, 100}, image::LegendPlace::top_left),
      plot(found, "small particles found", "of 6", {0, 6.4}, image::LegendPlace::bottom_right),
      plot(noise, "background in the RoI", "%", {0, 100}, image::LegendPlace::top_left)};
  image::write_picture((o.out / "fig5_dose.png").replace_extension(o.format), image::panel(plots));
  if (!o.quick) numbers.reduced("figure 5 by dose: four samples of 36 x 51 frames of 128 x 128 pixels");
}

}  // namespace ptero::tools
