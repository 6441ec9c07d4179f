#pragma once
// Numbers with units in a file: lengths, and the energy or wavelength of what illuminates the sample.

#include <optional>
#include <ptero/core/warning.hpp>
#include <span>

#include <ptero/h5/locate.hpp>

namespace ptero::scanfile {

/// In metres, of the first of these datasets that holds a number above zero. Without a unit: metres, as CXI
/// has it. Throws InputError naming a unit that is none of length; `option`: what to give instead.
std::optional<double> read_length_m(const h5::Source& source, std::span<const char* const> paths,
                                    const char* option);

/// The first number of a dataset; nullopt: none, or not finite.
std::optional<double> first_number(const h5::Dataset& dataset);

enum class Radiation : std::uint8_t { photons, electrons };

/// What the file says of the beam's wavelength, in metres; nullopt: nothing. An energy of the beam comes
/// before one of the source, which may be that of a storage ring and is then left out with a warning. A
/// number without unit is taken for the one unit in which it is possible (50 eV to 200 keV of photons, 1 keV
/// to 1.5 MeV of electrons), with a warning where that is a guess. Throws InputError for a unit that is none,
/// and for what cannot be meant.
std::optional<double> read_wavelength_m(const h5::Source& source, Radiation radiation, Warnings& warnings);

/// The file says that its probe is electrons.
bool says_electrons(const h5::Source& source);

double wavelength_of(double energy_ev, Radiation radiation);

}  // namespace ptero::scanfile
