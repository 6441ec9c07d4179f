#include <ptero/core/series.hpp>

namespace ptero {

std::size_t RasterPlan::col_of(FrameId id) const {
  const auto col = static_cast<std::size_t>(id) % cols;
  return order == ScanOrder::snake && row_of(id) % 2 == 1 ? cols - 1 - col : col;
}

double SeriesInfo::object_pixel_for(std::size_t n) const {
  if (object_pixel_m > 0) return object_pixel_m;
  if (wavelength_m <= 0 || distance_m <= 0 || detector_pixel_m <= 0 || n == 0) return 0;
  return wavelength_m * distance_m / (static_cast<double>(n) * detector_pixel_m);
}

std::optional<Position> position_of(const SeriesInfo& info, const Frame& frame) {
  if (frame.position) return frame.position;
  if (!info.raster || frame.id >= info.raster->count()) return std::nullopt;
  const RasterPlan& plan = *info.raster;
  if (plan.step_x_m == 0 || plan.step_y_m == 0) return std::nullopt;
  const auto offset = [](std::size_t index, std::size_t count, double step) {
    return (static_cast<double>(index) - (static_cast<double>(count) - 1) / 2) * step;
  };
  return Position{offset(plan.col_of(frame.id), plan.cols, plan.step_x_m),
                  offset(plan.row_of(frame.id), plan.rows, plan.step_y_m)};
}

}  // namespace ptero
