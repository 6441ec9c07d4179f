#pragma once
// One simulated scan of [Lin23], seen once: features, truth, and the patterns to reconstruct from.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ptero/ptycho/pattern.hpp>
#include <ptero/synth/simulator.hpp>

#include "studies/roi_case.hpp"

namespace ptero::tools {

/// Hears what is being done, a line.
using Progress = std::function<void(const std::string&)>;

struct FigureScanOptions {
  synth::SimulatorOptions simulator;
  std::vector<int> segments;
  std::size_t patch = 128;  ///< patterns are cropped to this for the reconstruction
  std::size_t thin = 1;     ///< every so many rows and columns are kept for it
  unsigned threads = 2;
  bool with_truth = false;  ///< which frames touch what: needed for small particles alone
};

struct FigureScan {
  synth::Simulator simulator;
  RoiCase features;  ///< layout, tables and rivals; truth and particles where asked for
  Image<double> mean_pattern;
  std::map<FrameId, ptycho::Pattern> patterns;  ///< of the frames kept for the reconstruction
  std::size_t patch = 0;
  double feature_s = 0;     ///< T and CoM of one frame, S = 1, one thread
  double simulation_s = 0;  ///< the whole, all threads

  const RasterPlan& plan() const { return simulator.options().grid; }
  /// Object pixel of the cropped patterns.
  double pixel_m() const;
  /// The sample at a pixel of the reconstruction's grid; vacuum outside the simulated area.
  std::complex<float> truth_at(std::int64_t row, std::int64_t col) const;
};

/// Simulates every frame once, and 1 in 16 twice for the mean pattern.
FigureScan make_scan(const FigureScanOptions& options, const std::string& name, const Progress& progress);

}  // namespace ptero::tools
