#pragma once
// What a file and the reading options say of a scan besides its frames and positions.

#include <array>
#include <optional>
#include <ptero/core/series.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <string>
#include <vector>

#include <ptero/core/warning.hpp>
#include <ptero/h5/locate.hpp>

#include "file_mask.hpp"

namespace ptero::scanfile {

struct Metadata {
  /// As recorded: without the mask, pixel not yet binned, the raster the file's own.
  SeriesInfo info;
  std::optional<std::array<double, 2>> centre;  ///< row, col as recorded
  std::string monitor;                          ///< dataset, empty when there is none
  std::string probe;                            ///< dataset, empty when there is none
  FileMask mask;                                ///< not yet settled: it takes a look at the frames
  Warnings warnings;
};

/// Options win over the file. recorded: the shape of its frames; frames: how many it has room for. Throws
/// InputError.
Metadata read_metadata(const h5::Source& source, const ReadOptions& options, Shape recorded,
                       std::uint64_t frames);

}  // namespace ptero::scanfile
