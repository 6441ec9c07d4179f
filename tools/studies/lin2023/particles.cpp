#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <ptero/image/picture.hpp>

#include "studies/lin2023/lin2023.hpp"
#include "studies/roi_table/roi_table.hpp"

namespace ptero::tools {

namespace {

constexpr double snr = 6.38;
std::vector<int> segments_of(const Lin2023Options& o) {
  return o.quick ? std::vector{1, 4, 8} : std::vector{1, 4, 8, 16, 24, 40};
}

FigureScanOptions scan_options(const Lin2023Options& o) {
  const RasterPlan plan = o.quick ? RasterPlan{20, 28, 0.3e-6, 0.4e-6} : RasterPlan{36, 51, 0.3e-6, 0.4e-6};
  FigureScanOptions scan{.simulator = paper_simulator(o, plan, snr),
                         .segments = segments_of(o),
                         .threads = o.threads,
                         .with_truth = true};
  scan.simulator.sample = synth::SampleKind::particles;
  // The small field of the quick form would be full of its sample.
  if (o.quick) scan.simulator.sample_coverage = 0.12;
  scan.patch = o.quick ? 96 : 128;
  return scan;
}

roi::Classification classify(const RoiCase& scan, int segments, roi::Mode mode = roi::Mode::paper) {
  return roi::classify(scan.tables.at(segments), scan.layout, {.mode = mode, .segments = segments});
}

/// Frames of the small particles that were not selected.
FrameMask missed_by(const RoiCase& scan, const FrameMask& selected) {
  FrameMask missed(selected.size(), 0);
  for (const auto& frames : scan.particles)
    for (const FrameId id : frames) missed[id] = selected[id] == 0;
  return missed;
}

class Particles {
 public:
  Particles(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress)
      : o_(options),
        numbers_(numbers),
        progress_(progress),
        scan_(make_scan(scan_options(options), "small particles", progress)),
        plan_(scan_.plan()),
        grid_(grid_of(scan_)) {
    const FrameMask all(plan_.count(), 1);
    everywhere_ = mask_of(grid_, all);
    full_ = run(all, "small particles, all frames");
    full_.object = quality::align(full_.object, truth_on(grid_, scan_), everywhere_).image;
    range_ = phase_range(phase(full_));
  }

  void figure_3();
  void figure_5();
  void figure_6();
  void figure_7();

 private:
  FigureObject run(const FrameMask& frames, const std::string& name) const {
    return reconstruct(scan_, frames, {.epochs = o_.quick ? 3U : 30U, .seed = o_.seed, .threads = o_.threads},
                       name, progress_);
  }
  Image<float> phase(const FigureObject& object) const {
    return phase_over_field(object, full_.object, everywhere_, grid_);
  }
  image::MapOptions map(std::string title) const { return scan_map(plan_, std::move(title), {side}); }

  static constexpr std::size_t side = 460;
  const Lin2023Options& o_;
  FigureNumbers& numbers_;
  const Progress& progress_;
  FigureScan scan_;
  RasterPlan plan_;
  FigureGrid grid_;
  quality::Mask everywhere_;
  FigureObject full_;
  image::Range range_;
};

/// |P|^2 on the screen at the scale of the reconstruction.
Picture render_probe(const Image<ptycho::Complex>& probe, double pixel_m, std::size_t screen) {
  Image<float> intensity(probe.shape());
  float most = 0;
  for (std::size_t i = 0; i < probe.size(); ++i) {
    intensity.data()[i] = std::norm(probe.data()[i]);
    most = std::max(most, intensity.data()[i]);
  }
  for (float& v : intensity.pixels()) v /= most;
  return image::render_map(intensity, {.title = "beam at the scale of (a)",
                                       .range = image::Range{0, 1},
                                       .pixel_x_m = pixel_m,
                                       .min_side = screen,
                                       .max_side = screen});
}

/// The inner part of the mean pattern, cut along the borders of four segments.
Picture render_segments(const Image<double>& pattern, std::size_t side) {
  const std::size_t n = pattern.rows() / 2, first = pattern.rows() / 4;
  Image<float> inner(Shape{n, n});
  const double most = *std::max_element(pattern.pixels().begin(), pattern.pixels().end());
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      inner(r, c) = r == n / 2 || c == n / 2 ? std::numeric_limits<float>::quiet_NaN()
                                             : static_cast<float>(pattern(first + r, first + c));
  return image::render_map(inner, {.title = "(c) mean pattern, four segments",
                                   .unit = "counts",
                                   .caption = "third segment: upper left",
                                   .scaling = image::Scaling::logarithmic,
                                   .range = image::Range{0.1, most},
                                   .nan_colour = {255, 255, 255},
                                   .min_side = side,
                                   .max_side = side});
}

void Particles::figure_3() {
  const SegmentMaps whole = segment_maps(scan_.features, plan_, 1, 0),
                    third = segment_maps(scan_.features, plan_, 4, 2);
  const Image<float> phase_map = phase(full_);
  const std::size_t large = 612;
  const double zoom =
      static_cast<double>(large) / static_cast<double>(std::max(phase_map.rows(), phase_map.cols()));
  const auto arrows = [&](const SegmentMaps& maps, std::string title) {
    return image::render_arrows(maps.com_x, maps.com_y, 1, scan_map(plan_, std::move(title), {large}));
  };
  const auto probe_side = static_cast<std::size_t>(zoom * static_cast<double>(full_.probe.rows()));
  const std::vector<Picture> pictures{
      render_phase(phase_map, grid_.pixel_m, range_, "(a) reconstructed from all patterns",
                   fmt::format("{} patterns", full_.frames), large),
      arrows(whole, "(b) centre of mass, whole pattern"),
      render_probe(full_.probe, grid_.pixel_m, probe_side), render_segments(scan_.mean_pattern, large),
      arrows(third, "(d) centre of mass, third segment")};
  image::write_picture((o_.out / "fig3.png").replace_extension(o_.format), panel(pictures, {}, 3));
}

void Particles::figure_5() {
  std::vector<Picture> pictures;
  char letter = 'a';
  for (const int s : segments_of(o_)) {
    const auto answer = classify(scan_.features, s);
    const FrameMask selected = selected_in(answer);
    const RoiScore paper = score(scan_.features, answer);
    const RoiScore robust = score(scan_.features, classify(scan_.features, s, roi::Mode::robust));
    auto title = fmt::format("({}) S = {}: {:.1f} %, in [Lin23] {} %", letter++, s, 100 * answer.fraction,
                             *paper_kept(s));
    pictures.push_back(render_roi(selected, plan_, title, {side}, missed_by(scan_.features, selected)));
    const auto add = [&](const std::string& name, std::optional<double> value, double ours) {
      numbers_.add({"fig. 5", fmt::format("{}, S = {}", name, s), value, ours, ""});
    };
    add("small particles: RoI, % of the frames", *paper_kept(s), 100 * answer.fraction);
    add("small particles found, of 6", std::nullopt, paper.particles_found);
    add("small particles: background selected, %", std::nullopt, 100 * paper.false_positives);
    add("small particles found by the mode robust, of 6", std::nullopt, robust.particles_found);
    add("small particles: background selected by robust, %", std::nullopt, 100 * robust.false_positives);
  }
  image::write_picture((o_.out / "fig5.png").replace_extension(o_.format), panel(pictures, {}, 3));
}

void Particles::figure_6() {
  std::vector<Picture> pictures;
  char letter = 'a';
  for (const int s : {1, 4, 8}) {
    const FrameMask selected = selected_in(classify(scan_.features, s));
    const FigureObject object = run(selected, fmt::format("figure 6, S = {}", s));
    pictures.push_back(render_phase(phase(object), grid_.pixel_m, range_,
                                    fmt::format("({}) from the RoI, S = {}", letter++, s),
                                    fmt::format("{} of {} patterns", object.frames, full_.frames), side));
  }
  image::write_picture((o_.out / "fig6.png").replace_extension(o_.format), panel(pictures));
}

void Particles::figure_7() {
  const std::array<std::pair<roi::Rival, const char*>, 3> shown{
      {{roi::Rival::hilbert_dpc, "Hilbert DPC"},
       {roi::Rival::stxm, "STXM"},
       {roi::Rival::dark_field_circular, "dark field"}}};
  std::vector<Picture> contrasts, regions;
  for (std::size_t k = 0; k < shown.size(); ++k) {
    const auto [rival, name] = shown[k];
    const auto at = static_cast<std::size_t>(std::find(roi::rivals.begin(), roi::rivals.end(), rival) -
                                             roi::rivals.begin());
    std::vector<double> values;
    for (const auto& frame : scan_.features.rivals) values.push_back(frame[at]);
    contrasts.push_back(render_frames(values, plan_, map(fmt::format("({}) {}", char('a' + k), name))));
    const FrameMask region = roi::classify_by(rival, values);
    const FrameMask missed = missed_by(scan_.features, region);
    regions.push_back(render_roi(
        region, plan_, fmt::format("({}) k-means on ({})", char('d' + k), char('a' + k)), {side}, missed));
    int found = 0;
    for (const auto& frames : scan_.features.particles) {
      std::size_t hits = 0;
      for (const FrameId id : frames) hits += region[id];
      found += !frames.empty() && 2 * hits >= frames.size();
    }
    numbers_.add({"fig. 7", fmt::format("small particles found by {}, of 6", name), 0, found, ""});
  }
  contrasts.insert(contrasts.end(), regions.begin(), regions.end());
  image::write_picture((o_.out / "fig7.png").replace_extension(o_.format), panel(contrasts, {}, 3));
}

}  // namespace

void make_particle_figures(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress) {
  numbers.add({"fig. 5", "small particles: frames", 1836,
               static_cast<double>(scan_options(options).simulator.grid.count()), ""});
  numbers.add({"fig. 5", "small particles: SNR = sqrt(mean counts a pixel)", snr, snr,
               "the paper does not define its SNR"});
  Particles particles(options, numbers, progress);
  particles.figure_3();
  particles.figure_5();
  particles.figure_6();
  particles.figure_7();
  make_dose_figure(options, numbers, progress);
  if (options.quick)
    numbers.reduced(
        "small particles: 20 x 28 frames of 96 x 96 pixels instead of 36 x 51 of 256 x 256; 3 epochs");
  else
    numbers.reduced(
        "small particles, reconstructions: patterns cropped to 128 x 128, 30 epochs, one probe mode");
}

}  // namespace ptero::tools
