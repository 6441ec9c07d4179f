#pragma once
// How to read a scan from a file that does not say everything itself: the reading options of the command
// line.

#include <array>
#include <cstdint>
#include <optional>
#include <ptero/core/series.hpp>
#include <string>

namespace ptero::scanfile {

/// Unit of recorded positions. px: object pixels of the uncropped frame.
enum class PositionUnit : std::uint8_t { m, mm, um, nm, px };
/// What 1 means in a mask.
enum class MaskSense : std::uint8_t { bad, good };
/// Order of the columns of recorded positions.
enum class PositionAxes : std::uint8_t { xy, yx };
/// What to do where frames and positions differ in number.
enum class CountPolicy : std::uint8_t {
  refuse,    ///< InputError naming both
  truncate,  ///< pair by index from 0; frames beyond the positions have none (a live replay)
};

/// Dataset paths may name another file: FILE:PATH. Empty text and nullopt mean "from the file".
struct ReadOptions {
  std::string data;
  /// A dataset of (N,2), (N,3), (2,N) or (3,N), or of a grid; two datasets of N joined by a comma; a file of
  /// positions (scanfile/position_file.hpp); raster:ROWSxCOLS or snake:ROWSxCOLS; none.
  std::string positions;
  std::optional<double> step_x_m;             ///< of a raster: along its rows (the fast axis)
  std::optional<double> step_y_m;             ///< absent: as step_x_m
  std::optional<PositionUnit> position_unit;  ///< absent: as recorded, else metres, as CXI
  PositionAxes position_axes = PositionAxes::xy;
  /// Applied in the order sign (of the recorded columns), swap (position_axes), scale (unit), offset,
  /// rotation.
  std::array<double, 2> position_sign{1, 1};
  std::array<double, 2> position_offset_m{0, 0};  ///< x, y
  double rotation_deg = 0;                        ///< (x', y') = R (x, y), R = [[cos, -sin], [sin, cos]]
  std::int64_t index_offset = 0;  ///< added to the numbers of positions: -1 where triggers count from 1
  CountPolicy count_policy = CountPolicy::refuse;

  bool transpose = false;  ///< of each frame and of the mask, before centre, crop and bin
  std::optional<std::array<double, 2>> centre;  ///< row, col of the zero frequency in the transposed frame
  std::size_t crop = 0;  ///< N: keep N x N pixels with the centre (absent: rows/2, cols/2) at (N/2, N/2)
  std::size_t bin = 1;   ///< after the crop, sum N x N pixels
  std::optional<std::array<std::uint64_t, 2>> frames;  ///< A:B, rows A <= i < B, numbered from 0 again

  std::string monitor;                  ///< dataset of N
  std::string mask;                     ///< dataset of rows x cols, or one a frame
  std::optional<MaskSense> mask_sense;  ///< absent: 1 is bad, or found out
  std::string probe;                    ///< complex dataset (H,W) or (modes,H,W)
  std::string object;                   ///< complex dataset (H,W) or (layers,H,W)
  std::optional<double> detector_pixel_m;
  std::optional<double>
      object_pixel_m;  ///< of the uncropped frame, where distance or wavelength is not known
  std::optional<double> distance_m;
  std::optional<double> wavelength_m;  ///< wins over energy_ev
  std::optional<double> energy_ev;
  bool electrons = false;  ///< the energy is that of electrons; a file may say it too
};

/// "raster:ROWSxCOLS" and "snake:ROWSxCOLS"; nullopt when the text is no plan. Throws InputError when it is a
/// bad one.
std::optional<RasterPlan> parse_raster(const std::string& text);

}  // namespace ptero::scanfile
