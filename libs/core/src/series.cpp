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

}  // namespace ptero
