#pragma once
// Positions in HDF5 datasets.

#include <optional>
#include <ptero/core/image.hpp>
#include <ptero/scanfile/position_file.hpp>

#include <ptero/h5/locate.hpp>

namespace ptero::scanfile {

/// One dataset, or two joined by a comma, of this file or FILE:PATH. frames: tells (2, N) from (N, 2) where N
/// is 2 or 3 too. grid: of the scan; two datasets of a side each span it.
PositionTable read_position_datasets(const h5::Source& source, const std::string& spec, std::uint64_t frames,
                                     Shape grid);

/// At a standard place: CXI and NeXus, ptychodus' products, fold_slice, ptypy (order: its frames by number).
/// nullopt: there are none.
std::optional<PositionTable> read_standard_positions(const h5::Source& source, std::uint64_t frames,
                                                     const std::vector<std::uint64_t>& order);

}  // namespace ptero::scanfile
