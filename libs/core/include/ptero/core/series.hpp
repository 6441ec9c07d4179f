#pragma once

#include <cstdint>
#include <optional>
#include <ptero/core/dtype.hpp>
#include <ptero/core/frame.hpp>
#include <ptero/core/frame_view.hpp>
#include <ptero/core/image.hpp>
#include <string>
#include <vector>

namespace ptero {

/// The order in which a scan plan visits a grid.
enum class ScanOrder : std::uint8_t {
  raster,  ///< every row from the same side
  snake,   ///< every other row backwards
};

/// A scan planned on a grid: frame ids count along rows. Steps are the fast (cols) and slow (rows) ones.
struct RasterPlan {
  std::size_t rows = 0;
  std::size_t cols = 0;
  double step_x_m = 0;  ///< 0: not known
  double step_y_m = 0;
  ScanOrder order = ScanOrder::raster;

  std::size_t count() const { return rows * cols; }
  /// Grid cell of a frame. id < count().
  std::size_t row_of(FrameId id) const { return static_cast<std::size_t>(id) / cols; }
  std::size_t col_of(FrameId id) const;
  friend bool operator==(const RasterPlan&, const RasterPlan&) = default;
};

/// A table a detector sends with a series, such as its flatfield.
struct DetectorTable {
  std::string name;
  Dtype dtype = Dtype::u8;
  Shape shape;
  Bytes values;  ///< C order, little endian
};

/// What a detector says about itself and about the series beyond what ptero uses: kept, never interpreted.
struct DetectorNotes {
  std::string json;  ///< a JSON object; empty: nothing was said
  std::vector<DetectorTable> tables;
};

/// What is known about one scan before its first frame. Zero means "not given" for every physical quantity.
struct SeriesInfo {
  std::uint64_t id = 0;
  std::string uid;                          ///< unique for ever; names the files
  std::optional<std::uint64_t> n_expected;  ///< announced number of frames: an upper bound
  Shape frame_shape;
  Dtype dtype = Dtype::u16;
  double wavelength_m = 0;
  double distance_m = 0;
  double detector_pixel_m = 0;
  double object_pixel_m = 0;         ///< overrides wavelength x distance / (n x detector pixel)
  std::optional<double> centre_row;  ///< zero frequency on the detector, pixels
  std::optional<double> centre_col;
  std::optional<RasterPlan> raster;
  std::vector<std::uint8_t> mask;  ///< rows x cols, 0 = good; empty = every pixel is good
  FrameView view;  ///< how to look at the frames; everything else here is about them as received
  DetectorNotes detector;

  /// Metres per object pixel for square patches of n pixels (Fraunhofer sampling); 0 when it is not known.
  double object_pixel_for(std::size_t n) const;
};

/// The series as it looks through its view: shape, dtype, centre, mask and pixels of the viewed frames, and
/// no view left. info.view.fits(info.frame_shape).
SeriesInfo viewed(SeriesInfo info);

/// Where a frame sits: its own position, else the planned one (the grid centred on 0, 0) when the steps are
/// known.
std::optional<Position> position_of(const SeriesInfo& info, const Frame& frame);

/// Planck constant times speed of light, for energy_eV x wavelength_m = hc.
inline constexpr double hc_ev_m = 1.23984198433e-6;

}  // namespace ptero
