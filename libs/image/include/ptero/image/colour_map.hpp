#pragma once

#include <cstdint>
#include <ptero/image/rgb.hpp>

namespace ptero::image {

/// The usual colour maps, with equal steps to the eye. None relies on telling red from green: lightness alone
/// orders all but `cyclic`, and tells the four quarters of that with hue.
enum class ColourMap : std::uint8_t {
  viridis,  ///< dark violet, blue, teal, green, yellow
  magma,    ///< black, violet, red, orange, pale yellow: more steps in the dark
  grey,     ///< black to white
  cyclic,   ///< for phases: pale, blue, dark, red and back (twilight); both ends are the same colour
};

/// The colour at t in [0, 1]; t outside is clamped, NaN counts as 0.
Rgb colour_at(ColourMap map, double t);

/// A colour whose hue tells a phase in radians and whose lightness tells an amplitude in [0, 1]: black at 0.
Rgb colour_of_complex(double phase_rad, double amplitude);

}  // namespace ptero::image
