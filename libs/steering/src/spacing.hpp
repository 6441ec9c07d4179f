#pragma once

#include <ptero/steering/planner.hpp>
#include <vector>

namespace ptero::steering {

/// How densely each frame's surroundings were measured: the mean distance to its four nearest others, metres,
/// at most `most_m` (which a frame alone gets).
std::vector<double> local_spacing(const std::vector<Seen>& seen, double most_m);

}  // namespace ptero::steering
