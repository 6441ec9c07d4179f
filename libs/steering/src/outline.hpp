#pragma once

#include <ptero/core/image.hpp>
#include <ptero/steering/advice.hpp>
#include <vector>

#include "lattice.hpp"

namespace ptero::steering {

/// The rings around the marked places, each place a square of one step, cut off at the bounds. Outer rings
/// and holes alike; places that touch at a corner alone are kept apart.
std::vector<Ring> outline(const Image<std::uint8_t>& places, const Lattice& lattice);

}  // namespace ptero::steering
