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

SeriesInfo viewed(SeriesInfo info) {
  const FrameView view = info.view;
  const Shape received = info.frame_shape;
  PTERO_EXPECT(view.fits(received));
  info.dtype = view.dtype(info.dtype);
  if (view.is_identity()) return info;
  info.view = {};
  info.frame_shape = view.shape(received);
  const auto bin = static_cast<double>(view.bin);
  if (info.centre_row && info.centre_col) {
    const auto centre = view.turned_from_received(received, {*info.centre_row, *info.centre_col});
    info.centre_row = (centre[0] - static_cast<double>(view.row0) + 0.5) / bin - 0.5;
    info.centre_col = (centre[1] - static_cast<double>(view.col0) + 0.5) / bin - 0.5;
  }
  info.detector_pixel_m *= bin;
  // Given for the whole frame; the patches of a crop are smaller, their object pixels larger.
  info.object_pixel_m *=
      static_cast<double>(view.turned(received).cols) / static_cast<double>(view.cropped(received).cols);
  if (info.mask.empty()) return info;
  std::vector<std::uint8_t> mask(info.frame_shape.count(), 0);
  const Shape kept = view.cropped(received);
  for (std::size_t r = 0; r < kept.rows; ++r)
    for (std::size_t c = 0; c < kept.cols; ++c) {
      const auto at = view.received_from_turned(
          received, {static_cast<double>(view.row0 + r), static_cast<double>(view.col0 + c)});
      const auto from = static_cast<std::size_t>(at[0]) * received.cols + static_cast<std::size_t>(at[1]);
      if (info.mask[from] != 0) mask[r / view.bin * info.frame_shape.cols + c / view.bin] = 1;
    }
  info.mask = std::move(mask);
  return info;
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
