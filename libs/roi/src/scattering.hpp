#pragma once

#include <span>
#include <vector>

#include "cohort.hpp"
#include "model.hpp"
#include "neighbours.hpp"

namespace ptero::roi {

/// Log of the mean over the segments of the squared z-scores of 3 x 3 means, by frame: scattering that a
/// neighbourhood has in common. `region`: frames that do not belong to the background. Fills model.scatter.
std::vector<double> log_common_scattering(const Cohort& cohort, const Neighbours& neighbours,
                                          std::span<const std::uint8_t> region, Model& model);

/// Log of the 3 x 3 mean of that of single frames. A particle smaller than the beam moves its shadow across
/// the pattern from frame to frame, which averages out of the means but not out of their squares.
///
/// It asks more of the background: that single frames scatter by shot noise, the same everywhere. Where it
/// has a structure of its own, more scattering may be more of the same. So it votes only where the
/// background's variance beyond shot noise is below the shot noise itself, measured on the segments' shares
/// of the counts, whose shot noise is known; else, and for one segment, model.single stays empty and every
/// value is NaN.
std::vector<double> log_single_scattering(const Cohort& cohort, const Neighbours& neighbours,
                                          std::span<const std::uint8_t> region, Model& model);

/// Sigma of a normal distribution from the median distance to its centre.
double robust_sigma(std::vector<double> distances);

}  // namespace ptero::roi
