#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <ptero/core/warning.hpp>
#include <string>
#include <vector>

namespace ptero::scanfile {

/// Positions as recorded: no unit, sign or order is applied.
struct PositionTable {
  std::string name;                               ///< for messages
  std::vector<std::array<double, 2>> rows;        ///< x and y, where names tell them, else the first two
  std::vector<std::int64_t> numbers;              ///< one a row, where the file numbers its rows; else none
  std::vector<double> monitor;                    ///< as many as rows, or none
  std::array<std::optional<double>, 2> metres{};  ///< in the recorded unit of each, where the file states it
  bool in_pixels = false;                         ///< the file states object pixels
  std::string unknown_unit;                       ///< the file states one that is none of length
  Warnings warnings;
};

/// Which columns of a text table, arrays of an archive or datasets of an HDF5 file; empty: found out.
struct PositionColumns {
  std::string x;  ///< with y empty: one dataset of both
  std::string y;
  std::string monitor;  ///< empty: none
  std::string index;
};

/// One reader for text (positions/text_table.hpp), NPY, NPZ, and HDF5, MATLAB 7.3 and products included: a
/// dataset of (N,2), (N,3), (2,N), (3,N) or of a grid, or two of N or of a grid each. Throws InputError
/// naming file, line or dataset.
PositionTable read_position_file(const std::filesystem::path& path, const PositionColumns& columns = {});

/// "FILE" or "FILE:X,Y[,INDEX]" (columns by name or number, datasets) of a file that is there; "file:" may
/// stand before it. nullopt: no such file.
struct PositionSpec {
  std::string path;
  PositionColumns columns;
};
std::optional<PositionSpec> parse_position_file(const std::string& text);

/// The numbers of the rows as numbers of frames: where they count from another than 0, what was taken off is
/// said. frames: 0 where it is not known how many there are.
void number_from_zero(PositionTable& table, std::uint64_t frames);

/// Throws InputError naming the unit that the file states and that is none of length; `option`: where to say
/// it.
void expect_known_unit(const PositionTable& table, const std::string& option);

/// Throws InputError when the positions, without a unit, reach over more metres than a stage does; `option`:
/// where to say it.
void expect_metres(const PositionTable& table, const std::string& option);

/// The file begins as HDF5 does, or as HDF5 with a user block before it (MATLAB).
bool is_hdf5(const std::filesystem::path& path);

}  // namespace ptero::scanfile
