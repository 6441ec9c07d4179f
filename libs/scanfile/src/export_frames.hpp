#pragma once

#include <functional>
#include <ptero/scanfile/exports.hpp>
#include <string>
#include <vector>

#include <ptero/h5/write.hpp>

namespace ptero::scanfile {

/// Pixels of a decoded frame with what does not count set to 0; good[i] tells which do.
struct CleanFrame {
  std::vector<std::byte> pixels;  ///< of the frame's dtype
  std::vector<std::uint8_t> good;
};
CleanFrame clean(const Frame& frame, const std::vector<std::uint8_t>& mask);

enum class ExportType : std::uint8_t {
  as_recorded,
  f32,
  by_columns,  ///< f32, each frame column by column: MATLAB's (rows, columns, frames)
};

/// Creates `name` (frames, rows, columns) and fills it, frame by frame; `see` is shown each.
h5::Id write_stack(hid_t parent, const std::string& name, const SeriesReader& reader,
                   const std::vector<ExportFrame>& frames, ExportType type,
                   const std::function<void(std::size_t, const CleanFrame&)>& see = {});

}  // namespace ptero::scanfile
