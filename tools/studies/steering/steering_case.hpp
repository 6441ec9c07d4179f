#pragma once
// One simulated sample, scanned as steering advises and on uniform grids, to see what each exposure brings.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ptero/ptycho/pattern.hpp>
#include <ptero/quality/compare.hpp>
#include <ptero/steering/planner.hpp>
#include <ptero/synth/simulator.hpp>

#include "studies/scan.hpp"

namespace ptero::tools {

/// What an exposure and a move cost: a piezo stage that stops for every exposure.
struct StageCost {
  double dwell_s = 10e-3;
  double settle_s = 5e-3;
  double speed_m_s = 100e-6;
  double seconds(std::size_t exposures, double travel_m) const {
    return static_cast<double>(exposures) * (dwell_s + settle_s) + travel_m / speed_m_s;
  }
};

struct SteeringCaseOptions {
  synth::SimulatorOptions simulator;  ///< its grid is the finest: square steps
  unsigned levels = 2;
  double margin_m = 0;
  std::vector<std::size_t> uniform;  ///< frames along a side of each uniform grid over the same field
  std::size_t epochs = 0;
  unsigned threads = 2;
  StageCost stage;
};

/// A scan of the sample and what came of it.
struct ScanResult {
  std::size_t exposures = 0;
  double travel_m = 0;
  double seconds = 0;  ///< of the stage
  double ssim = 0;     ///< of the phase to the sample's inside the mask of the case
  Image<ptycho::Complex> object;
};

struct SteeringCaseResult {
  std::string name;
  double roi_share = 0;  ///< of the frames of the finest uniform grid that the classifier selects
  Image<ptycho::Complex> truth;
  quality::Mask mask;  ///< where the sample is, and 0.15 um around it
  double pixel_m = 0;
  RasterPlan finest;
  std::vector<ScanResult> uniform;  ///< in the order of the options
  ScanResult adaptive;
  std::vector<std::size_t> pass_sizes;
  std::vector<std::uint8_t> pass_of;  ///< by place of the finest grid: 1, 2, ...; 0 not measured

  /// The uniform grid of the highest SSIM.
  const ScanResult& best_uniform() const;
  /// What uniform grids need for an SSIM, between grids along the logarithms; what the largest grid needs
  /// where none reaches it.
  struct Cost {
    double exposures = 0;
    double seconds = 0;
  };
  Cost uniform_cost_of(double ssim) const;
};

/// Scans, classifies, reconstructs. Throws Error where a reconstruction diverges or no advice comes.
SteeringCaseResult run_steering_case(const SteeringCaseOptions& options, const std::string& name,
                                     const Progress& progress);

}  // namespace ptero::tools
