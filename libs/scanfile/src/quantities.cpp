#include "quantities.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ptero/core/series.hpp>
#include <ptero/core/units.hpp>

namespace ptero::scanfile {

namespace {

constexpr std::array wavelengths = {"/entry_1/instrument_1/beam_1/incident_wavelength",
                                    "/entry_1/instrument_1/source_1/wavelength",
                                    "/entry/instrument/beam/incident_wavelength",
                                    "/entry/instrument/beam/wavelength",
                                    "/entry/instrument/source/wavelength",
                                    "/entry/instrument/monochromator/wavelength",
                                    "/entry/sample/beam/incident_wavelength"};

/// Of the beam, surely of what reaches the sample; then of the source.
constexpr std::array beam_energies = {"/entry_1/instrument_1/beam_1/incident_beam_energy",
                                      "/entry_1/instrument_1/beam_1/incident_energy",
                                      "/entry_1/instrument_1/beam_1/energy",
                                      "/entry/instrument/beam/incident_beam_energy",
                                      "/entry/instrument/beam/incident_energy",
                                      "/entry/instrument/beam/energy",
                                      "/entry/instrument/monochromator/energy",
                                      "/entry/instrument/detector/detectorSpecific/photon_energy"};
constexpr std::array source_energies = {"/entry_1/instrument_1/source_1/energy",
                                        "/entry/instrument/source/energy"};

struct Bounds {
  double least, most;
  bool hold(double value) const { return value >= least && value <= most; }
};

Bounds energies_of(Radiation radiation) {
  return radiation == Radiation::photons ? Bounds{50, 200e3} : Bounds{1e3, 1.5e6};
}

const char* name_of(Radiation radiation) {
  return radiation == Radiation::photons ? "photons" : "electrons";
}

/// A number without unit: the first of CXI's joules, eV and keV in which it is possible.
std::optional<double> guessed_ev(double value, Radiation radiation, const std::string& name,
                                 Warnings& warnings) {
  struct Guess {
    double in_ev;
    const char* unit;
  };
  const std::array guesses{Guess{*electronvolts_in("J"), "joule"}, Guess{1, "eV"}, Guess{1e3, "keV"}};
  std::vector<Guess> possible;
  for (const Guess& guess : guesses)
    if (energies_of(radiation).hold(value * guess.in_ev)) possible.push_back(guess);
  if (possible.empty()) return std::nullopt;
  const Guess& taken = possible.front();
  if (possible.size() > 1 || std::string(taken.unit) == "keV")
    warnings.push_back(
        {"energy_without_unit", fmt::format("the energy {} is {:g} without a unit and was taken for {}; "
                                            "give --energy-ev if it is another",
                                            name, value, taken.unit)});
  return value * taken.in_ev;
}

/// nullopt: there is no number, or none that can be an energy of this radiation.
std::optional<double> energy_ev(const h5::Dataset& dataset, Radiation radiation, Warnings& warnings) {
  const auto value = first_number(dataset);
  if (!value || !(*value > 0)) return std::nullopt;
  const auto unit = h5::unit_of(dataset);
  if (!unit) return guessed_ev(*value, radiation, dataset.name(), warnings);
  const auto ev = electronvolts_in(*unit);
  if (!ev)
    throw InputError(
        "the energy " + dataset.name() + " is in '" + *unit + "', which is no unit of energy known here", {},
        "give --energy-ev");
  return energies_of(radiation).hold(*value * *ev) ? std::optional(*value * *ev) : std::nullopt;
}

std::optional<double> recorded_energy_ev(const h5::Source& source, Radiation radiation, Warnings& warnings) {
  const Bounds bounds = energies_of(radiation);
  for (const char* path : beam_energies) {
    const auto dataset = source.find(path);
    const auto value = dataset ? first_number(*dataset) : std::nullopt;
    if (!value || !(*value > 0)) continue;
    if (const auto ev = energy_ev(*dataset, radiation, warnings)) return ev;
    throw InputError(
        fmt::format("the energy {} is {:g} {}", dataset->name(), *value, h5::unit_of(*dataset).value_or("")),
        fmt::format("{} between {:g} eV and {:g} eV were expected", name_of(radiation), bounds.least,
                    bounds.most),
        "give --energy-ev");
  }
  for (const char* path : source_energies) {
    const auto dataset = source.find(path);
    const auto value = dataset ? first_number(*dataset) : std::nullopt;
    if (!value || !(*value > 0)) continue;
    if (const auto ev = energy_ev(*dataset, radiation, warnings)) return ev;
    warnings.push_back(
        {"source_energy",
         fmt::format("the energy {} is {:g} {}, perhaps that of the storage ring; it is "
                     "not used, give --energy-ev",
                     dataset->name(), *value, h5::unit_of(*dataset).value_or("without a unit"))});
  }
  return std::nullopt;
}

/// CXI's metres, NeXus' angstrom where it says so, and where it says nothing what is possible.
std::optional<double> recorded_wavelength_m(const h5::Source& source, Warnings& warnings) {
  for (const char* path : wavelengths) {
    const auto dataset = source.find(path);
    const auto value = dataset ? first_number(*dataset) : std::nullopt;
    if (!value || !(*value > 0)) continue;
    constexpr double longest_m = 1e-6;
    if (!h5::unit_of(*dataset) && *value > longest_m) {
      if (*value > 300 || *value < 0.005)
        throw InputError(fmt::format("the wavelength {} is {:g} without a unit", dataset->name(), *value), {},
                         "give --wavelength in metres");
      warnings.push_back({"wavelength_without_unit",
                          fmt::format("the wavelength {} is {:g} without a unit and was taken for "
                                      "angstrom; give --wavelength if it is another",
                                      dataset->name(), *value)});
      return *value * 1e-10;
    }
    const std::array one{path};
    return read_length_m(source, one, "--wavelength in metres");
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> first_number(const h5::Dataset& dataset) {
  if (!dataset.numeric() || h5::count_of(dataset.dims) == 0) return std::nullopt;
  const double value = h5::read<double>(dataset).front();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<double> read_length_m(const h5::Source& source, std::span<const char* const> paths,
                                    const char* option) {
  for (const char* path : paths) {
    const auto dataset = source.find(path);
    const auto value = dataset ? first_number(*dataset) : std::nullopt;
    if (!value || !(*value > 0)) continue;
    const auto unit = h5::unit_of(*dataset);
    const auto metres = unit ? metres_in(*unit) : std::optional(1.0);
    if (!metres)
      throw InputError(dataset->name() + " is in '" + *unit + "', which is no unit of length known here", {},
                       std::string("give ") + option);
    return *value * *metres;
  }
  return std::nullopt;
}

bool says_electrons(const h5::Source& source) {
  for (const char* path : {"/entry_1/instrument_1/source_1/probe", "/entry/instrument/source/probe"})
    if (const auto probe = source.find(path))
      if (const std::string said = h5::read_text(probe->id, false); said == "electron" || said == "electrons")
        return true;
  return false;
}

double wavelength_of(double energy_ev, Radiation radiation) {
  return radiation == Radiation::photons ? hc_ev_m / energy_ev : electron_wavelength_m(energy_ev);
}

std::optional<double> read_wavelength_m(const h5::Source& source, Radiation radiation, Warnings& warnings) {
  const auto wavelength = recorded_wavelength_m(source, warnings);
  if (!wavelength) {
    const auto energy = recorded_energy_ev(source, radiation, warnings);
    return energy ? std::optional(wavelength_of(*energy, radiation)) : std::nullopt;
  }
  Warnings unheeded;
  std::optional<double> energy;
  try {
    energy = recorded_energy_ev(source, radiation, unheeded);
  } catch (const InputError&) {
    return wavelength;
  }
  if (energy && std::abs(wavelength_of(*energy, radiation) / *wavelength - 1) > 0.01)
    warnings.push_back(
        {"energy_against_wavelength",
         fmt::format("{} says a wavelength of {:.4g} m and an energy of {:.5g} eV, which is {:.4g} m; the "
                     "wavelength is used",
                     source.name, *wavelength, *energy, wavelength_of(*energy, radiation))});
  return wavelength;
}

}  // namespace ptero::scanfile
