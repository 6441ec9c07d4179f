#pragma once
// Which dataset a user means.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ptero/h5/h5.hpp>

namespace ptero::h5 {

/// An open file and its name, as messages say it.
struct Source {
  Id file;
  std::string name;

  Dataset open(const std::string& path) const { return open_dataset(file, name, path); }
  std::optional<Dataset> find(const std::string& path) const { return find_dataset(file, name, path); }
  /// Names of the links in a group, in alphabetical order; empty when there is no such group.
  std::vector<std::string> links_in(const std::string& group) const;
  std::optional<Dataset> find_first(std::span<const char* const> paths) const;
};

/// The file beside this one that holds positions and probe to its frames: PREFIXpara.hdf5 to PREFIXdp.hdf5
/// (pty-chi, fold_slice), product-in.h5 to diffraction.h5 (ptychodus).
std::optional<Source> companion_of(const Source& source);

/// A dataset of `source`, or FILE:PATH. Throws InputError that says what is there.
Dataset locate(const Source& source, const std::string& spec);

/// The only complex dataset of two or more dimensions. Throws InputError listing the candidates.
Dataset only_complex(const Source& source);

/// A dataset of numbers for `what` with this many values. Throws InputError.
std::vector<double> read_column(const Source& source, const std::string& spec, const char* what);

/// The first of a dataset's numbers in SI units, by its `units` attribute; nullopt when absent or not finite.
std::optional<double> read_length_m(const Source& source, std::span<const char* const> paths);
/// Photon energy in joules; a value above 1 without unit can only be eV.
std::optional<double> read_energy_j(const Source& source, std::span<const char* const> paths);

/// Metres in a unit's name; nullopt when it is not one of length.
std::optional<double> metres_in(const std::string& unit);

}  // namespace ptero::h5
