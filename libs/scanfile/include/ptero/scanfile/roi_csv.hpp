#pragma once
// roi.csv: one line a frame, in frame order.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ptero/core/frame.hpp>
#include <span>

namespace ptero::scanfile {

enum class RoiLabel : std::uint8_t { background, selected, unpositioned };

struct RoiRow {
  FrameId frame = 0;
  std::optional<Position> position;
  double total = 0;  ///< counts
  double com_x = 0;  ///< centre of mass, pixels
  double com_y = 0;
  RoiLabel label = RoiLabel::background;
};

/// Columns frame,x_m,y_m,total,com_x,com_y,label; numbers that are not known stay empty, the others read back
/// exactly. Written beside the target and renamed. Throws Error when it cannot be written.
void write_roi_csv(const std::filesystem::path& path, std::span<const RoiRow> rows);

}  // namespace ptero::scanfile
