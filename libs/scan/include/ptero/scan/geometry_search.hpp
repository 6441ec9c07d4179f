#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <ptero/core/warning.hpp>
#include <ptero/ptycho/trials.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {

/// What the data say of how the stage lies in the detector and of the defocus.
struct Geometry {
  std::optional<ptycho::AxesTrial> axes;  ///< to be applied to each position
  std::optional<double> defocus_m;        ///< for the probe from the mean pattern
  Warnings warnings;                      ///< `geometry_unsure`: the two best and what would decide
  std::string report;                     ///< JSON object with the rankings; empty: nothing was asked for

  Position place(const Position& p) const { return axes ? axes->apply(p) : p; }
};

/// Frames whose patterns are tried.
inline constexpr std::size_t trial_frames = 250;

/// Tries what `axes = "auto"` and `find_defocus` ask for, on the frames in the middle of the scan.
/// `pattern_of` gives a frame's pattern, nullopt where it cannot be used. An answer that is not sure is not
/// taken.
Geometry find_geometry(const SolverOptions& options, const ptycho::ReconstructionOptions& engine,
                       const std::map<FrameId, Position>& positions,
                       const std::function<std::optional<ptycho::Pattern>(FrameId)>& pattern_of);

}  // namespace ptero::scan
