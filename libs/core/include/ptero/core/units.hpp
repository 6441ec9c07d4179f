#pragma once
// What people call units. One list for files, tables, streams, configuration and command line.

#include <optional>
#include <string>
#include <string_view>

namespace ptero {

/// Metres in one of a unit of length: SI symbols and words, singular and plural, British and American, any
/// case, both micro signs ("um", "\u00b5m", "\u03bcm", "micron"), angstrom; blanks and brackets about it do
/// not matter. nullopt: no unit of length.
std::optional<double> metres_in(std::string_view unit);

/// Electronvolts in one of a unit of energy: eV to GeV, joule. Of "MeV" and "meV" the case of the m counts.
std::optional<double> electronvolts_in(std::string_view unit);

/// "px", "pixel", "pixels".
bool is_pixels(std::string_view unit);

/// The units of length that a sentence offers.
inline constexpr const char* usual_lengths = "m, mm, um or nm";

/// The wavelength of electrons accelerated by so many volts, relativistic; energy_ev > 0. In metres.
double electron_wavelength_m(double energy_ev);

}  // namespace ptero
