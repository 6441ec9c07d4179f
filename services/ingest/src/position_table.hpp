#pragma once

#include <vector>

#include <ptero/services/ingest/position_options.hpp>

namespace ptero::ingest {

/// All positions of a file (scanfile/position_file.hpp; FILE:X,Y,INDEX names columns), read at the start, in
/// order of their numbers. A unit that the file states is put into the
/// options where they name none. Throws InputError naming file and line, column or dataset.
std::vector<positions::Sample> read_position_table(const std::string& path, PositionOptions& options);

}  // namespace ptero::ingest
