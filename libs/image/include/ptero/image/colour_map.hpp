#pragma once

#include <cstdint>
#include <ptero/image/rgb.hpp>

namespace ptero::image {

/// Colour maps with equal steps to the eye, the coloured ones made in the OKLab space. None relies on telling
/// red from green: lightness alone orders `sequential` and `grey`, and tells the four quarters of `cyclic`
/// with hue.
enum class ColourMap : std::uint8_t {
  sequential,  ///< dark violet, blue, teal, green, yellow: lightness rises evenly
  grey,        ///< black to white
  cyclic,      ///< for phases: white, blue, black, red and back to white; both ends are the same colour
};

/// The colour at t in [0, 1]; t outside is clamped, NaN counts as 0.
Rgb colour_at(ColourMap map, double t);

/// A colour whose hue tells a phase in radians and whose lightness tells an amplitude in [0, 1]: black at 0.
Rgb colour_of_complex(double phase_rad, double amplitude);

}  // namespace ptero::image
