#pragma once
// Positions of the frames of a file, from its datasets, a file of their own or a scan plan.

#include <array>
#include <optional>
#include <ptero/core/position.hpp>
#include <ptero/core/series.hpp>
#include <ptero/core/warning.hpp>
#include <ptero/scanfile/read_options.hpp>
#include <string>
#include <vector>

#include <ptero/h5/locate.hpp>

namespace ptero::scanfile {

/// What the positions are matched with.
struct ScanFrames {
  std::string name;            ///< of the dataset, for messages
  std::uint64_t recorded = 0;  ///< frames in the file
  std::uint64_t first = 0;     ///< of the selection
  std::uint64_t count = 0;
  std::array<double, 2> object_pixel_m{};  ///< x and y of the uncropped frame, for positions in pixels
  std::optional<RasterPlan> raster;        ///< the file's own
  std::vector<std::uint64_t> order;        ///< as FrameParts has it
  std::vector<std::int64_t> numbers;       ///< the writer's own of all frames; empty: none
};

struct ScanPositions {
  std::vector<std::optional<Position>> of;  ///< one for each selected frame
  std::optional<RasterPlan> raster;
  std::uint64_t unpositioned = 0;  ///< frames that recorded positions or a plan leave out
  bool in_pixels = false;          ///< recorded in object pixels
  Warnings warnings;
};

/// Throws InputError: nothing to be found, a wrong shape, another number than frames (CountPolicy::refuse).
ScanPositions read_positions(const h5::Source& source, const ReadOptions& options, const ScanFrames& frames);

}  // namespace ptero::scanfile
