#include <ptero/wire/views.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"
#include "raster.hpp"

namespace ptero::wire {

namespace {

constexpr std::uint64_t max_segments = 256;
constexpr std::uint64_t max_picture_side = 4096;

/// Takes the next part when it holds `bytes` bytes.
struct PartsReader {
  const Parts& parts;
  std::size_t next = 1;
  bool fits = true;
  Bytes take(std::uint64_t bytes) {
    if (next >= parts.size() || parts[next].size() != bytes) {
      fits = false;
      return {};
    }
    return parts[next++];
  }
};

}  // namespace

Parts encode(const MapEvent& event) {
  MapWriter map("map");
  map.put("series_uid", std::string_view(event.series_uid)).put("revision", event.revision);
  map.put("frames", event.frames).put("segments", event.segments);
  map.put("mode", std::string_view(event.mode)).put("border", event.border);
  map.put("fill_in", event.fill_in).put("no_contrast", event.no_contrast);
  if (event.raster) map.put("raster", encode_raster(*event.raster));
  const auto& c = event.columns;
  return {map.finish(), c.ids, c.x_m, c.y_m, c.total, c.com_x, c.com_y, c.label, c.confidence};
}

Parts encode(const SegmentsEvent& event) {
  MapWriter map("segments");
  map.put("series_uid", std::string_view(event.series_uid));
  map.put("frames", event.frames).put("segments", event.segments);
  return {map.finish(), event.total, event.com_x, event.com_y};
}

Parts encode(const PreviewEvent& event) {
  MapWriter map("preview");
  map.put("series_uid", std::string_view(event.series_uid)).put("frame", event.frame);
  map.put("shape", event.shape).put("full_shape", event.full_shape).put("bin", event.bin);
  map.put("max_counts", event.max_counts).put("mean_max_counts", event.mean_max_counts);
  map.put("averaged", event.averaged).put("saturated_pixels", event.saturated_pixels);
  map.put("saturated_frames", event.saturated_frames).put("flagged_pixels", event.flagged_pixels);
  return {map.finish(), event.newest, event.mean};
}

Parts encode(const PositionsEvent& event) {
  MapWriter map("positions");
  map.put("series_uid", std::string_view(event.series_uid)).put("iteration", event.iteration);
  map.put("frames", event.frames).put("every", event.every);
  return {map.finish(),      event.ids,         event.nominal_x_m,
          event.nominal_y_m, event.refined_x_m, event.refined_y_m};
}

Decoded<MapEvent> decode_map_event(const Parts& parts) {
  if (parts.empty()) return FrameFault::malformed;
  const auto map = parse_message(parts[0], "map");
  if (!map) return map.reason();
  MapEvent event{.series_uid = map->need_text("series_uid"),
                 .revision = map->need(map->uint("revision")),
                 .frames = map->need(map->uint("frames")),
                 .segments = map->uint("segments").value_or(1),
                 .mode = std::string(map->text("mode").value_or("")),
                 .border = map->integer("border").value_or(0),
                 .fill_in = map->flag("fill_in").value_or(false),
                 .no_contrast = map->flag("no_contrast").value_or(false)};
  if (const auto raster = map->map("raster")) event.raster = map->need(decode_raster(*raster));
  if (map->failed() || event.frames > max_frame_id || event.segments > max_segments)
    return FrameFault::malformed;
  PartsReader read{parts};
  auto& c = event.columns;
  for (Bytes* column : {&c.ids, &c.x_m, &c.y_m, &c.total, &c.com_x, &c.com_y})
    *column = read.take(event.frames * 4);
  for (Bytes* column : {&c.label, &c.confidence}) *column = read.take(event.frames);
  if (!read.fits) return FrameFault::size_mismatch;
  return event;
}

Decoded<SegmentsEvent> decode_segments_event(const Parts& parts) {
  if (parts.empty()) return FrameFault::malformed;
  const auto map = parse_message(parts[0], "segments");
  if (!map) return map.reason();
  SegmentsEvent event{.series_uid = map->need_text("series_uid"),
                      .frames = map->need(map->uint("frames")),
                      .segments = map->need(map->uint("segments"))};
  if (map->failed() || event.frames > max_frame_id || event.segments > max_segments)
    return FrameFault::malformed;
  PartsReader read{parts};
  for (Bytes* column : {&event.total, &event.com_x, &event.com_y})
    *column = read.take(event.frames * event.segments * 4);
  if (!read.fits) return FrameFault::size_mismatch;
  return event;
}

Decoded<PreviewEvent> decode_preview_event(const Parts& parts) {
  if (parts.empty()) return FrameFault::malformed;
  const auto map = parse_message(parts[0], "preview");
  if (!map) return map.reason();
  PreviewEvent event{.series_uid = map->need_text("series_uid"),
                     .frame = map->need(map->uint("frame")),
                     .shape = map->need(map->shape("shape")),
                     .full_shape = map->need(map->shape("full_shape")),
                     .bin = map->uint("bin").value_or(1),
                     .max_counts = map->number("max_counts").value_or(0),
                     .mean_max_counts = map->number("mean_max_counts").value_or(0),
                     .averaged = map->uint("averaged").value_or(0),
                     .saturated_pixels = map->uint("saturated_pixels").value_or(0),
                     .saturated_frames = map->uint("saturated_frames").value_or(0),
                     .flagged_pixels = map->uint("flagged_pixels").value_or(0)};
  if (map->failed() || event.shape.rows > max_picture_side || event.shape.cols > max_picture_side)
    return FrameFault::malformed;
  PartsReader read{parts};
  event.newest = read.take(event.shape.count());
  event.mean = read.take(event.shape.count());
  if (!read.fits) return FrameFault::size_mismatch;
  return event;
}

Decoded<PositionsEvent> decode_positions_event(const Parts& parts) {
  if (parts.empty()) return FrameFault::malformed;
  const auto map = parse_message(parts[0], "positions");
  if (!map) return map.reason();
  PositionsEvent event{.series_uid = map->need_text("series_uid"),
                       .iteration = map->need(map->uint("iteration")),
                       .frames = map->need(map->uint("frames")),
                       .every = map->uint("every").value_or(1)};
  if (map->failed() || event.frames > PositionsEvent::most_frames) return FrameFault::malformed;
  PartsReader read{parts};
  for (Bytes* column :
       {&event.ids, &event.nominal_x_m, &event.nominal_y_m, &event.refined_x_m, &event.refined_y_m})
    *column = read.take(event.frames * 4);
  if (!read.fits) return FrameFault::size_mismatch;
  return event;
}

}  // namespace ptero::wire
