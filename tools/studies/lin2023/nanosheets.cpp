#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include <ptero/image/picture.hpp>

#include "studies/lin2023/lin2023.hpp"

namespace ptero::tools {

namespace {

using image::panel;

constexpr double snr = 5.6;
/// Of the field under the sample: so much that the RoI holds 20 % of the frames, as in [Lin23, fig. 10c].
constexpr double coverage = 0.15;

FigureScanOptions scan_options(const Lin2023Options& o) {
  const RasterPlan plan =
      o.quick ? RasterPlan{22, 47, 0.24e-6, 0.4e-6} : RasterPlan{85, 188, 0.06e-6, 0.1e-6};
  FigureScanOptions scan{.simulator = paper_simulator(o, plan, snr), .segments = {1}, .threads = o.threads};
  scan.simulator.sample_coverage = coverage;
  scan.patch = o.quick ? 96 : 128;
  scan.thin = o.quick ? 1 : 2;
  return scan;
}

/// Everything that the figures share.
class Nanosheets {
 public:
  Nanosheets(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress)
      : o_(options),
        numbers_(numbers),
        progress_(progress),
        scan_(make_scan(scan_options(options), "nanosheets", progress)),
        plan_(scan_.plan()),
        grid_(grid_of(scan_)),
        maps_(segment_maps(scan_.features, plan_, 1, 0)) {
    const auto start = std::chrono::steady_clock::now();
    answer_ = classify(0);
    classify_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    roi_ = selected_in(answer_);
    mask_ = mask_of(grid_, roi_);
    full_ = run(FrameMask(plan_.count(), 1), o_.seed, "nanosheets, all frames");
    // Towards the sample itself, so that vacuum has phase 0; everything else is aligned to this.
    const auto truth = truth_on(grid_, scan_);
    const auto everywhere = mask_of(grid_, FrameMask(plan_.count(), 1));
    full_.object = quality::align(full_.object, truth, everywhere).image;
    range_ = phase_range(phase(full_));
    numbers_.add({"fig. 8a", "SSIM of the full reconstruction with the sample, inside the RoI", std::nullopt,
                  phase_ssim(full_.object, truth, mask_), ""});
  }

  void counts();
  void figure_1();
  void figure_2();
  void figures_8_to_10();
  void times();

 private:
  roi::Classification classify(int border) const {
    return roi::classify(scan_.features.tables.at(1), scan_.features.layout,
                         {.mode = roi::Mode::paper, .segments = 1, .border = border});
  }
  FigureObject run(const FrameMask& frames, std::uint64_t seed, const std::string& name) const {
    return reconstruct(scan_, frames, {.epochs = epochs(), .seed = seed, .threads = o_.threads}, name,
                       progress_);
  }
  std::size_t epochs() const { return o_.quick ? 3 : 20; }
  Image<float> phase(const FigureObject& object) const {
    return phase_over_field(object, full_.object, mask_, grid_);
  }
  Picture picture(const FigureObject& object, const std::string& title, std::size_t side) const {
    return render_phase(phase(object), grid_.pixel_m, range_, title,
                        fmt::format("{} of {} patterns, SSIM {:.3f}", object.frames, full_.frames,
                                    phase_ssim(object.object, full_.object, mask_)),
                        side);
  }
  void write(const char* name, std::span<const Picture> pictures, std::size_t per_row) const {
    image::write_picture((o_.out / name).replace_extension(o_.format), panel(pictures, {}, per_row));
  }

  const Lin2023Options& o_;
  FigureNumbers& numbers_;
  const Progress& progress_;
  FigureScan scan_;
  RasterPlan plan_;
  FigureGrid grid_;
  SegmentMaps maps_;
  roi::Classification answer_;
  double classify_s_ = 0;
  FrameMask roi_;
  quality::Mask mask_;  ///< the RoI at border 0, for every SSIM
  FigureObject full_, by_roi_;
  image::Range range_;
};

void Nanosheets::counts() {
  const double frames = static_cast<double>(plan_.count());
  const auto add = [&](const char* figure, const char* name, double paper, double ours,
                       std::string note = {}) {
    numbers_.add({figure, name, paper, ours, std::move(note)});
  };
  add("methods", "nanosheets: frames", 15980, frames);
  add("methods", "nanosheets: SNR = sqrt(mean counts a pixel)", snr,
      std::sqrt(scan_.simulator.options().photons) / 256, "the paper does not define its SNR");
  add("fig. 10a", "nanosheets: frames of low T", 1832, static_cast<double>(answer_.cuts[0].votes));
  add("fig. 10b", "nanosheets: frames of high |CoM|", 2998, static_cast<double>(answer_.cuts[1].votes));
  add("fig. 10c", "nanosheets: frames of the RoI", 3260, static_cast<double>(count_of(roi_)));
  add("fig. 10c", "nanosheets: RoI, % of the frames", 20, 100 * answer_.fraction,
      "the sample was made as wide as this asks for");
  add("fig. 1a", "nanosheets: RoI with border +4, % of the frames", 26, 100 * classify(4).fraction);
  add("fig. 1b", "nanosheets: RoI with border -8, % of the frames", 10, 100 * classify(-8).fraction);
}

void Nanosheets::figure_1() {
  constexpr std::size_t side = 470;
  const int grow = o_.quick ? 1 : 4, shrink = o_.quick ? -1 : -8;
  const FrameMask wide = selected_in(classify(grow)), narrow = selected_in(classify(shrink));
  const std::vector<Picture> pictures{
      render_roi(wide, plan_, fmt::format("(a) RoI, border +{}", grow), {side}),
      render_roi(narrow, plan_, fmt::format("(b) RoI, border {}", shrink), {side}),
      picture(run(wide, o_.seed, "figure 1c"), "(c) reconstructed from (a)", side),
      picture(run(narrow, o_.seed, "figure 1d"), "(d) reconstructed from (b)", side)};
  write("fig1.png", pictures, 2);
}

void Nanosheets::figure_2() {
  const std::vector<int> borders =
      o_.quick ? std::vector{-1, 0, 1} : std::vector{-8, -6, -4, -2, -1, 0, 1, 2, 3, 4};
  const std::uint64_t repeats = o_.quick ? 1 : 2;
  image::Curve curve{.name = fmt::format("from the RoI, mean of {}", repeats)};
  for (const int border : borders) {
    const FrameMask frames = selected_in(classify(border));
    double sum = 0, squares = 0;
    std::size_t used = 0;
    for (std::uint64_t k = 0; k < repeats; ++k) {
      FigureObject object = run(frames, o_.seed + 1 + k, fmt::format("figure 2, border {}", border));
      const double ssim = phase_ssim(object.object, full_.object, mask_);
      sum += ssim;
      squares += ssim * ssim;
      used = object.frames;
      if (border == 0) by_roi_ = std::move(object);
    }
    const double n = static_cast<double>(repeats), mean = sum / n;
    curve.x.push_back(border);
    curve.y.push_back(mean);
    curve.spread.push_back(std::sqrt(std::max(0.0, squares / n - mean * mean)));
    numbers_.add({"fig. 2", fmt::format("SSIM with the full reconstruction, border {:+d}", border),
                  std::nullopt, mean, fmt::format("{} of {} patterns", used, full_.frames)});
  }
  const auto at = [&](int border) {
    for (std::size_t i = 0; i < curve.x.size(); ++i)
      if (curve.x[i] == border) return curve.y[i];
    return curve.y.back();
  };
  if (!o_.quick)
    numbers_.add({"fig. 2", "SSIM gained from border +2 to +4", std::nullopt, at(4) - at(2),
                  "the paper's curve is flat from about +2"});
  const double again = phase_ssim(
      run(FrameMask(plan_.count(), 1), o_.seed + 1, "all frames once more").object, full_.object, mask_);
  numbers_.add({"fig. 2", "SSIM of a second full reconstruction with the first", std::nullopt, again,
                "no reconstruction can come closer"});
  const std::vector<image::Curve> curves{curve,
                                         {.name = "all frames once more",
                                          .colour = image::orange,
                                          .x = {double(borders.front()), double(borders.back())},
                                          .y = {again, again},
                                          .style = image::CurveStyle::dashed}};
  const auto plot =
      image::render_curves(curves, {.title = "SSIM with the full reconstruction",
                                    .x_label = "border, scan steps",
                                    .y_label = "SSIM",
                                    .caption = "phase, inside the RoI at border 0; bars: standard deviation",
                                    .x_ticks = std::vector<double>(borders.begin(), borders.end()),
                                    .legend = image::LegendPlace::bottom_right});
  image::write_picture((o_.out / "fig2.png").replace_extension(o_.format), plot);
}

void Nanosheets::figures_8_to_10() {
  constexpr std::size_t large = 804, side = 600;
  const auto& [x, y, log_total, log_magnitude] = maps_;
  const std::vector<Picture> eight{
      render_phase(phase(full_), grid_.pixel_m, range_, "(a) reconstructed from all patterns",
                   fmt::format("{} patterns", full_.frames), large),
      image::render_arrows(x, y, o_.quick ? 1 : 4, [&] {
        auto options = scan_map(plan_, "(b) centre of mass of the patterns", {large});
        options.caption = o_.quick ? "standardised" : "standardised; an arrow for 4 x 4 frames";
        return options;
      }())};
  write("fig8.png", eight, 2);
  const std::vector<Picture> nine{
      image::render_map(log_total, scan_map(plan_, "(a) ln T, mean of 3 x 3", {side})),
      image::render_map(log_magnitude, scan_map(plan_, "(b) ln |CoM|, mean of 3 x 3", {side}))};
  write("fig9.png", nine, 2);

  const auto cut = [&](const Image<float>& map, bool low, double threshold) {
    FrameMask mask(plan_.count());
    for (FrameId id = 0; id < mask.size(); ++id) {
      const double value = map(plan_.row_of(id), plan_.col_of(id));
      mask[id] = low ? value < threshold : value > threshold;
    }
    return mask;
  };
  const FrameMask low = cut(log_total, true, answer_.cuts[0].threshold);
  const FrameMask high = cut(log_magnitude, false, answer_.cuts[1].threshold);
  const std::vector<Picture> ten{
      render_roi(low, plan_, fmt::format("(a) low T: {} frames", count_of(low)), {side}),
      render_roi(high, plan_, fmt::format("(b) high |CoM|: {} frames", count_of(high)), {side}),
      render_roi(roi_, plan_, fmt::format("(c) RoI, (a) or (b): {} frames", count_of(roi_)), {side}),
      picture(by_roi_, "(d) reconstructed from (c)", side)};
  write("fig10.png", ten, 2);
}

void Nanosheets::times() {
  const double frames = static_cast<double>(plan_.count());
  numbers_.add({"text", "time of the RoI reconstruction, % of the full one", 100.0 * 23 / 104,
                100 * by_roi_.seconds / full_.seconds, "processor time, as many epochs of both"});
  numbers_.add({"text", "patterns in the RoI reconstruction, % of all", 20,
                100.0 * static_cast<double>(by_roi_.frames) / static_cast<double>(full_.frames), ""});
  numbers_.add({"text", "full reconstruction, processor s", 104.0 * 60, full_.seconds,
                "ours is much smaller: see reduced"});
  numbers_.add({"text", "RoI reconstruction, processor s", 23.0 * 60, by_roi_.seconds,
                "ours is much smaller: see reduced"});
  numbers_.add(
      {"text", "T and CoM of 1,000 patterns, s", 10 / 15.98, 1000 * scan_.feature_s,
       fmt::format("one thread, {} x {} pixels", scan_.mean_pattern.rows(), scan_.mean_pattern.cols())});
  numbers_.add({"text", "T and CoM of all patterns, s", 10, frames * scan_.feature_s, ""});
  numbers_.add({"text", "k-means on all patterns, s", 1, classify_s_,
                "the paper: less than 1 s; ours: the whole decision"});
}

}  // namespace

void make_nanosheet_figures(const Lin2023Options& options, FigureNumbers& numbers, const Progress& progress) {
  Nanosheets nanosheets(options, numbers, progress);
  nanosheets.counts();
  nanosheets.figure_1();
  nanosheets.figure_2();
  nanosheets.figures_8_to_10();
  nanosheets.times();
  if (options.quick) {
    numbers.reduced(
        "nanosheets: 22 x 47 frames of 96 x 96 pixels instead of 85 x 188 of 256 x 256; 3 epochs");
    return;
  }
  numbers.reduced(
      "nanosheets: T, CoM and the RoI from all 15,980 frames of 256 x 256 pixels, as in the paper");
  numbers.reduced(
      "nanosheets, reconstructions: every second row and column of the scan, patterns cropped to 128 x 128 "
      "(object pixel 28.2 nm instead of 14.1), 20 epochs, one probe mode, on the CPU");
  numbers.reduced("figure 2: two reconstructions a border instead of five; 10 borders from -8 to +4");
}

}  // namespace ptero::tools
