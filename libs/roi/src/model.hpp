#pragma once

#include <limits>
#include <ptero/roi/classification.hpp>
#include <ptero/roi/options.hpp>
#include <span>
#include <vector>

#include "cohort.hpp"
#include "neighbours.hpp"

namespace ptero::roi {

/// Where centres of mass of one segment lie and how far they scatter, pixels: over the scan [Lin23, eq. 2],
/// or over its background, there with the segment's share of the frame's counts. A sigma of zero silences its
/// component.
struct Scatter {
  double mean_x = 0, mean_y = 0, mean_share = 0;
  double sigma_x = 0, sigma_y = 0, sigma_share = 0;

  double z_x(double com_x) const { return sigma_x > 0 ? (com_x - mean_x) / sigma_x : 0; }
  double z_y(double com_y) const { return sigma_y > 0 ? (com_y - mean_y) / sigma_y : 0; }
  double z_share(double share) const { return sigma_share > 0 ? (share - mean_share) / sigma_share : 0; }
};

/// The thresholds in force: enough to label a frame at once.
struct Model {
  Mode mode = Mode::paper;
  bool no_contrast = false;
  /// Variance of the background's shares of counts over their shot noise, less one; NaN: not known.
  double excess = std::numeric_limits<double>::quiet_NaN();
  /// Without contrast, and not because nothing is there: select at once.
  bool everywhere = false;
  Intensity intensity;
  DarkFrames dark = DarkFrames::exclude;
  double step_m = 0;
  std::vector<Scatter> scatter;  ///< by segment
  std::vector<Scatter> single;   ///< robust: the same of single frames; empty: they do not vote
  /// paper: two a segment, T first; threshold: T of the whole; robust: T of the whole, scattering in common,
  /// scattering of single frames.
  std::vector<Cut> cuts;
};

/// How far a frame is on the side of the region, in scales of the cut; above 0: selected, NaN: no vote.
double margin(const Cut& cut, double value);

/// Frames in a full neighbourhood of a grid.
inline constexpr double full_neighbourhood = 9;

/// One segment averaged over a neighbourhood, or of one frame.
struct MeanSegment {
  double com_x = 0, com_y = 0;
  double share = 0;  ///< of the frame's counts
  int averaged = 0;  ///< frames
};

/// Mean of the squared z-scores, sigmas being those of means over `full` frames: fewer frames scatter more.
inline double mean_square_z(const Scatter& scatter, const MeanSegment& mean, double full) {
  const double x = scatter.z_x(mean.com_x), y = scatter.z_y(mean.com_y), share = scatter.z_share(mean.share);
  const double components = scatter.sigma_share > 0 ? 3 : 2;
  return (x * x + y * y + share * share) / components * mean.averaged / full;
}

/// What a mode says of each frame that takes part.
struct Verdicts {
  std::vector<std::uint8_t> chosen;  ///< by index into the cohort
  std::vector<double> margins;       ///< the largest over the features
};

/// Adds the votes of one cut to the verdicts and counts them in it.
void vote(Cut& cut, const std::vector<double>& values, Verdicts& verdicts);

/// All fill in the model's scatter, cuts and no_contrast.
Verdicts decide_paper(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options,
                      Model& model);
Verdicts decide_by_threshold(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options,
                             Model& model);
Verdicts decide_robust(const Cohort& cohort, const Neighbours& neighbours, Model& model);

/// The margin of one frame by the thresholds in force. around: it and the neighbours that have come.
double judge(const Model& model, std::span<const FrameRecord* const> around);

/// 0 on the boundary .. 1 certain.
float confidence_of(double margin);

}  // namespace ptero::roi
