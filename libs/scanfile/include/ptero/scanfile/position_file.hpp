#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ptero::scanfile {

/// Positions that lie in an HDF5 file of their own, as recorded: no unit, sign or order is applied.
struct PositionFile {
  std::vector<std::array<double, 2>> rows;  ///< the first two columns
  std::vector<double> monitor;              ///< as many, or none
  std::optional<double> unit_m;             ///< metres in the recorded unit, where the file states it
};

/// positions: a dataset of (N,2), (N,3), (2,N) or (3,N); two datasets of N joined by a comma; empty: the
/// standard places of CXI, ptychodus and fold_slice. monitor: a dataset of N; empty: none. Throws InputError
/// naming file and dataset.
PositionFile read_position_file(const std::filesystem::path& path, const std::string& positions,
                                const std::string& monitor);

/// The file begins as HDF5 does.
bool is_hdf5(const std::filesystem::path& path);

}  // namespace ptero::scanfile
