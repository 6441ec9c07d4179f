#pragma once
// Pictures of a scan: what was selected, what was measured, what was reconstructed.

#include <optional>
#include <string>
#include <vector>

#include <ptero/image/plot.hpp>
#include <ptero/image/render.hpp>

#include "studies/roi_case.hpp"

namespace ptero::tools {

using image::Picture;

/// 1 for the frames of a set, by frame id.
using FrameMask = std::vector<std::uint8_t>;
FrameMask selected_in(const roi::Classification& answer);
std::size_t count_of(const FrameMask& mask);

/// One segment of every frame on the scan, as [Lin23, Methods] prepares it.
struct SegmentMaps {
  Image<float> com_x, com_y;   ///< standardised over the scan [Lin23, eq. 2]
  Image<float> log_total;      ///< log of the 3 x 3 mean of T
  Image<float> log_magnitude;  ///< log of the 3 x 3 mean of |O~|
};
/// Of one of `segments` segments; every frame of the plan is there and has counts.
SegmentMaps segment_maps(const RoiCase& scan, const RasterPlan& plan, int segments, int segment);

/// Screen pixels of the longer side of a scan's map: whole multiples of its cells.
struct PanelSize {
  std::size_t side = 460;
};

image::MapOptions scan_map(const RasterPlan& plan, std::string title, PanelSize size = {});
/// What is selected, and in another colour what should have been (may be empty).
Picture render_roi(const FrameMask& selected, const RasterPlan& plan, std::string title, PanelSize size = {},
                   const FrameMask& missed = {});
/// Values by frame.
Picture render_frames(const std::vector<double>& values, const RasterPlan& plan, image::MapOptions options);

}  // namespace ptero::tools
