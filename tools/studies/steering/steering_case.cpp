#include "studies/steering/steering_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <ptero/core/error.hpp>
#include <ptero/roi/batch.hpp>
#include <ptero/steering/desk.hpp>
#include <ptero/steering/travel.hpp>

#include "studies/reconstruction.hpp"

namespace ptero::tools {

namespace {

using ptycho::Complex;

constexpr int segments = 8;
constexpr double around_m = 0.15e-6;

struct Exposure {
  FrameId id;
  Position position;
  ptycho::Pattern pattern;
};

/// One sample under one beam.
class Bench {
 public:
  Bench(const SteeringCaseOptions& options, const std::string& name, const Progress& progress)
      : options_(options), name_(name), progress_(progress), simulator_(options.simulator) {
    const synth::Truth& truth = simulator_.truth();
    result_.name = name;
    result_.truth = truth.object;
    result_.pixel_m = truth.pixel_m;
    result_.finest = options.simulator.grid;
    result_.mask = mask_around_sample(truth);
  }

  SteeringCaseResult run() && {
    for (const std::size_t side : options_.uniform) result_.uniform.push_back(scan_uniformly(side));
    result_.adaptive = scan_as_advised();
    return std::move(result_);
  }

 private:
  quality::Mask mask_around_sample(const synth::Truth& truth) const {
    quality::Mask mask(truth.object.shape(), std::uint8_t{0});
    const auto reach = static_cast<std::int64_t>(around_m / truth.pixel_m);
    const auto rows = static_cast<std::int64_t>(mask.rows()), cols = static_cast<std::int64_t>(mask.cols());
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < cols; ++c) {
        if (std::abs(truth.object.data()[r * cols + c] - Complex(1)) < 0.01F) continue;
        for (auto y = std::max<std::int64_t>(r - reach, 0); y <= std::min(r + reach, rows - 1); ++y)
          for (auto x = std::max<std::int64_t>(c - reach, 0); x <= std::min(c + reach, cols - 1); ++x)
            mask.data()[y * cols + x] = 1;
      }
    return mask;
  }

  Exposure expose(const synth::Simulator& simulator, FrameId id) {
    const Frame frame = simulator.frame(id);
    const SeriesInfo& info = simulator.info();
    auto pattern = ptycho::make_pattern(
        {frame.payload.span(), frame.shape, frame.dtype},
        {.n = options_.simulator.pattern, .centre_row = *info.centre_row, .centre_col = *info.centre_col});
    if (!pattern) throw Error("a simulated pattern was refused", std::string(name_of(pattern.reason())));
    return {id, simulator.truth().positions[id], std::move(*pattern)};
  }

  roi::FrameRecord features(const synth::Simulator& simulator, FrameId id) const {
    const SeriesInfo& info = simulator.info();
    const roi::FeatureExtractor extractor(info.frame_shape, info.dtype, {*info.centre_row, *info.centre_col},
                                          segments);
    return {.id = id,
            .position = simulator.truth().positions[id],
            .features = extractor.extract(simulator.frame(id).payload.span())};
  }

  void reconstruct(const std::vector<Exposure>& exposures, const std::string& scan, ScanResult& into) const {
    ptycho::ReconstructionOptions options{.pixel_m = result_.pixel_m, .threads = options_.threads};
    options.intake.n = options_.simulator.pattern;
    // Batches of one size: else a scan of more frames would get more updates of each.
    options.batch_fraction = 1;
    options.max_batch = 32;
    options.defocus_phase = ptycho::defocus_phase(options_.simulator.zone_plate.defocus_m,
                                                  simulator_.info().wavelength_m, result_.pixel_m);
    ptycho::Reconstruction reconstruction(options);
    for (const Exposure& e : exposures)
      if (const auto taken = reconstruction.add_pattern(e.id, e.pattern, e.position); !taken)
        throw Error("a pattern of " + name_ + " was refused", std::string(name_of(taken.reason())));
    while (reconstruction.epochs() < options_.epochs) {
      if (reconstruction.run_epoch().status == ptycho::RunStatus::diverged)
        throw Error("the reconstruction of " + name_ + ", " + scan + ", diverged",
                    std::string(ptycho::why_diverged));
      progress_(fmt::format("{}, {}: epoch {} of {}, {} exposures", name_, scan, reconstruction.epochs(),
                            options_.epochs, exposures.size()));
    }
    into.object = cut_to(simulator_.truth().extent, reconstruction.snapshot()).object;
    into.ssim = phase_ssim(into.object, result_.truth, result_.mask);
    into.exposures = exposures.size();
    into.seconds = options_.stage.seconds(into.exposures, into.travel_m);
  }

  ScanResult scan_uniformly(std::size_t side) {
    const RasterPlan& finest = options_.simulator.grid;
    synth::SimulatorOptions options = options_.simulator;
    options.grid.rows = options.grid.cols = side;
    options.grid.step_x_m =
        finest.step_x_m * static_cast<double>(finest.cols - 1) / static_cast<double>(side - 1);
    options.grid.step_y_m =
        finest.step_y_m * static_cast<double>(finest.rows - 1) / static_cast<double>(side - 1);
    options.grid.order = ScanOrder::snake;
    options.object = result_.truth;
    const synth::Simulator simulator(options);
    std::vector<Exposure> exposures;
    roi::FeatureTable table;
    for (FrameId id = 0; id < simulator.count(); ++id) {
      exposures.push_back(expose(simulator, id));
      if (side == finest.rows) table.add(features(simulator, id));
    }
    if (table.size() > 0)
      result_.roi_share =
          roi::classify(table, roi::ScanLayout::raster(options.grid), {.segments = segments}).fraction;
    ScanResult scan{.travel_m = steering::travel_m(simulator.truth().positions)};
    reconstruct(exposures, fmt::format("uniform {} x {}", side, side), scan);
    return scan;
  }

  steering::SteeringOptions steering_options() const {
    const RasterPlan& grid = options_.simulator.grid;
    const double x = grid.step_x_m * static_cast<double>(grid.cols - 1) / 2;
    const double y = grid.step_y_m * static_cast<double>(grid.rows - 1) / 2;
    return {.mode = steering::Mode::automatic,
            .bounds = steering::Bounds{-x, -y, x, y},
            .finest_step_m = grid.step_x_m,
            .levels = options_.levels,
            .margin_m = options_.margin_m};
  }

  /// The frame of the finest grid at a place of the advice.
  FrameId frame_at(const Position& place) const {
    const RasterPlan& grid = options_.simulator.grid;
    const auto index = [](double at_m, double step_m, std::size_t count) {
      return static_cast<std::size_t>(std::lround(at_m / step_m + (static_cast<double>(count) - 1) / 2));
    };
    return index(place.y_m, grid.step_y_m, grid.rows) * grid.cols +
           index(place.x_m, grid.step_x_m, grid.cols);
  }

  ScanResult scan_as_advised() {
    steering::Desk desk(steering_options());
    steering::Situation situation{.revision = 1};
    roi::FeatureTable table;
    std::vector<Exposure> exposures;
    ScanResult scan;
    result_.pass_of.assign(options_.simulator.grid.count(), 0);
    // The clock of a stage that is never late.
    for (std::int64_t now_ns = 0;; ++now_ns) {
      desk.revise(situation, now_ns);
      const auto advice = desk.current(now_ns);
      if (!advice) throw Error("there is no advice for " + name_, "its frames have no contrast");
      if (advice->action == steering::Action::stop) break;
      const auto stage = situation.stage;
      scan.travel_m += steering::travel_m(advice->points, stage);
      result_.pass_sizes.push_back(advice->points.size());
      for (const Position& place : advice->points) {
        const FrameId id = frame_at(place);
        result_.pass_of[id] = static_cast<std::uint8_t>(result_.pass_sizes.size());
        exposures.push_back(expose(simulator_, id));
        table.add(features(simulator_, id));
      }
      const auto labels = roi::classify(table, roi::ScanLayout::scattered(), {.segments = segments});
      const auto seen = steering::situation_of(table, labels, situation.revision + 1);
      if (!seen) throw Error("there is no advice for " + name_, "its frames have no contrast");
      situation = *seen;
      situation.stage = advice->points.back();
      situation.dose_spent = static_cast<double>(exposures.size());
    }
    reconstruct(exposures, "adaptive", scan);
    return scan;
  }

  const SteeringCaseOptions& options_;
  const std::string& name_;
  const Progress& progress_;
  synth::Simulator simulator_;
  SteeringCaseResult result_;
};

}  // namespace

const ScanResult& SteeringCaseResult::best_uniform() const {
  return *std::max_element(uniform.begin(), uniform.end(),
                           [](const ScanResult& a, const ScanResult& b) { return a.ssim < b.ssim; });
}

SteeringCaseResult::Cost SteeringCaseResult::uniform_cost_of(double ssim) const {
  std::vector<const ScanResult*> grids;
  for (const ScanResult& scan : uniform) grids.push_back(&scan);
  std::sort(grids.begin(), grids.end(),
            [](const ScanResult* a, const ScanResult* b) { return a->exposures < b->exposures; });
  const auto cost = [](const ScanResult& scan) {
    return Cost{static_cast<double>(scan.exposures), scan.seconds};
  };
  for (std::size_t i = 0; i < grids.size(); ++i) {
    if (grids[i]->ssim < ssim) continue;
    const Cost after = cost(*grids[i]);
    if (i == 0) return after;
    const Cost before = cost(*grids[i - 1]);
    const double share = (ssim - grids[i - 1]->ssim) / (grids[i]->ssim - grids[i - 1]->ssim);
    const auto between = [share](double a, double b) { return a * std::pow(b / a, share); };
    return {between(before.exposures, after.exposures), between(before.seconds, after.seconds)};
  }
  return cost(*grids.back());
}

SteeringCaseResult run_steering_case(const SteeringCaseOptions& options, const std::string& name,
                                     const Progress& progress) {
  return Bench(options, name, progress).run();
}

}  // namespace ptero::tools
