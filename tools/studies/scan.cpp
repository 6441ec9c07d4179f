#include "studies/scan.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>

namespace ptero::tools {

namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Frames made by any thread: their sum, the patterns cut out of them, how many there were.
class Harvest {
 public:
  Harvest(const FigureScanOptions& options, const SeriesInfo& info, const std::string& name,
          const Progress& progress)
      : options_(options), name_(name), progress_(progress), sum_(info.frame_shape) {
    intake_.n = options.patch;
    intake_.centre_row = *info.centre_row;
    intake_.centre_col = *info.centre_col;
  }

  void take(const Frame& frame) {
    const RasterPlan& plan = options_.simulator.grid;
    std::optional<ptycho::Pattern> pattern;
    if (plan.row_of(frame.id) % options_.thin == 0 && plan.col_of(frame.id) % options_.thin == 0)
      if (auto made = ptycho::make_pattern({frame.payload.span(), frame.shape, frame.dtype}, intake_))
        pattern = std::move(*made);
    const std::lock_guard lock(mutex_);
    if (pattern) patterns_[frame.id] = std::move(*pattern);
    if (frame.id % mean_stride == 0) {
      const auto* counts = reinterpret_cast<const std::uint16_t*>(frame.payload.span().data());
      for (std::size_t i = 0; i < sum_.size(); ++i) sum_.data()[i] += counts[i];
    }
    if (++taken_ % 64 == 0) progress_(fmt::format("{}: frame {} of {}", name_, taken_, plan.count()));
  }

  std::map<FrameId, ptycho::Pattern> patterns() && { return std::move(patterns_); }
  Image<double> mean() && {
    const double frames = std::ceil(static_cast<double>(options_.simulator.grid.count()) / mean_stride);
    for (double& v : sum_.pixels()) v /= frames;
    return std::move(sum_);
  }

 private:
  static constexpr std::size_t mean_stride = 16;
  const FigureScanOptions& options_;
  const std::string& name_;
  const Progress& progress_;
  ptycho::IntakeOptions intake_;
  std::mutex mutex_;
  Image<double> sum_;
  std::map<FrameId, ptycho::Pattern> patterns_;
  std::size_t taken_ = 0;
};

/// Seconds for T and CoM of one frame, measured on some that were made before.
double feature_seconds(const synth::Simulator& simulator) {
  constexpr FrameId frames = 64;
  constexpr int rounds = 5;
  const SeriesInfo& info = simulator.info();
  const roi::FeatureExtractor extractor(info.frame_shape, info.dtype, {*info.centre_row, *info.centre_col},
                                        1);
  std::vector<Frame> some;
  for (FrameId id = 0; id < std::min<FrameId>(frames, simulator.count()); ++id)
    some.push_back(simulator.frame(id));
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double start = now_s();
    for (const Frame& frame : some) extractor.extract(frame.payload.span());
    best = std::min(best, (now_s() - start) / static_cast<double>(some.size()));
  }
  return best;
}

}  // namespace

double FigureScan::pixel_m() const {
  return simulator.truth().pixel_m * static_cast<double>(simulator.options().pattern) /
         static_cast<double>(patch);
}

std::complex<float> FigureScan::truth_at(std::int64_t row, std::int64_t col) const {
  const synth::Truth& truth = simulator.truth();
  const auto finer = static_cast<std::int64_t>(simulator.options().pattern / patch);
  const std::int64_t r = row * finer - truth.extent.row, c = col * finer - truth.extent.col;
  if (r < 0 || c < 0 || r >= static_cast<std::int64_t>(truth.object.rows()) ||
      c >= static_cast<std::int64_t>(truth.object.cols()))
    return 1;
  return truth.object(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
}

FigureScan make_scan(const FigureScanOptions& options, const std::string& name, const Progress& progress) {
  const double start = now_s();
  FigureScan scan{.simulator = synth::Simulator(options.simulator), .patch = options.patch};
  scan.features.layout = roi::ScanLayout::raster(options.simulator.grid);
  if (options.with_truth) find_truth(scan.features, scan.simulator);
  const SeriesInfo& info = scan.simulator.info();
  Harvest harvest(options, info, name, progress);
  extract_features(
      scan.features, info, {*info.centre_row, *info.centre_col}, options.segments,
      [&](FrameId id) { return scan.simulator.frame(id); }, options.threads,
      [&](const Frame& frame) { harvest.take(frame); });
  scan.mean_pattern = std::move(harvest).mean();
  scan.patterns = std::move(harvest).patterns();
  scan.simulation_s = now_s() - start;
  scan.feature_s = feature_seconds(scan.simulator);
  return scan;
}

}  // namespace ptero::tools
