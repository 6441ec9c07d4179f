#pragma once
// Events for the eye, proto/events.md: what the classifier sees of every frame, the newest
// frame itself, and where the frames lie.
// Decoders check the parts behind the header against it, so that whoever reads them need not.

#include <cstdint>
#include <ptero/core/series.hpp>
#include <ptero/wire/decode.hpp>
#include <string>

namespace ptero::wire {

inline constexpr std::string_view topic_map = "map";
inline constexpr std::string_view topic_segments = "segments";
inline constexpr std::string_view topic_frame = "frame";
inline constexpr std::string_view topic_positions = "positions";

/// One column a quantity, one entry a frame, in order of arrival; little endian.
struct MapColumns {
  Bytes ids;           ///< u32
  Bytes x_m, y_m;      ///< f32; NaN: no position
  Bytes total;         ///< f32, counts
  Bytes com_x, com_y;  ///< f32, pixels; NaN: no counts
  Bytes label;         ///< u8: 0 pending, 1 background, 2 selected, 3 dark, 4 unpositioned, 5 bad
  Bytes confidence;    ///< u8, 1/255: 0 on the boundary, 255 certain
};

/// The whole scan as the classifier sees it now.
struct MapEvent {
  std::string series_uid;
  std::uint64_t revision = 0;
  std::uint64_t frames = 0;
  std::uint64_t segments = 1;
  std::string mode;
  std::int64_t border = 0;  ///< in force, as fill_in: those of the last revision
  bool fill_in = false;
  bool no_contrast = false;
  std::optional<RasterPlan> raster;
  MapColumns columns;
};

/// T and centre of mass of each segment: frames x segments, f32, rows as in the map. Said less often.
struct SegmentsEvent {
  std::string series_uid;
  std::uint64_t frames = 0;
  std::uint64_t segments = 1;
  Bytes total, com_x, com_y;
};

/// The newest frame and the mean of those looked at, made small and logarithmic: value = round(254 log(1 + c)
/// / log(1 + max)) of c counts, 255 = masked or flagged. Pictures are rows x cols, u8.
struct PreviewEvent {
  std::string series_uid;
  FrameId frame = 0;
  Shape shape;            ///< of the pictures
  Shape full_shape;       ///< of the frame as the method sees it
  std::uint64_t bin = 1;  ///< pixels of the frame a side of a pixel here: the largest, of the mean the mean
  double max_counts = 0;  ///< of the newest frame
  double mean_max_counts = 0;          ///< of the mean
  std::uint64_t averaged = 0;          ///< frames in the mean: those looked at
  std::uint64_t saturated_pixels = 0;  ///< of the newest frame, beyond those flagged in every frame
  std::uint64_t saturated_frames = 0;  ///< of all frames so far
  std::uint64_t flagged_pixels = 0;    ///< of the newest frame: saturated, gaps, not finite
  Bytes newest, mean;
};

/// Where the frames of the reconstruction lie: as the stage said, and as refined. One column a quantity, one
/// entry a frame, by id; little endian.
struct PositionsEvent {
  std::string series_uid;
  std::uint64_t iteration = 0;
  std::uint64_t frames = 0;  ///< rows: at most `most_frames`
  std::uint64_t every = 1;   ///< every how many-th frame of the reconstruction is told
  static constexpr std::uint64_t most_frames = 65'536;
  Bytes ids;                       ///< u32
  Bytes nominal_x_m, nominal_y_m;  ///< f32
  Bytes refined_x_m, refined_y_m;  ///< f32
};

Parts encode(const MapEvent& event);
Parts encode(const SegmentsEvent& event);
Parts encode(const PreviewEvent& event);
Parts encode(const PositionsEvent& event);
Decoded<MapEvent> decode_map_event(const Parts& parts);
Decoded<SegmentsEvent> decode_segments_event(const Parts& parts);
Decoded<PreviewEvent> decode_preview_event(const Parts& parts);
Decoded<PositionsEvent> decode_positions_event(const Parts& parts);

}  // namespace ptero::wire
