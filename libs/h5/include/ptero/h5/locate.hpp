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

/// The unit a dataset says its numbers are in (attribute `units`, or `unit`, in any case, of any kind of
/// text, one or a list); nullopt: it says none.
std::optional<std::string> unit_of(const Dataset& dataset);

}  // namespace ptero::h5
