#include <algorithm>
#include <cmath>
#include <ptero/wire/stream.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"
#include "raster.hpp"
#include "utf8.hpp"

namespace ptero::wire {

namespace {

using Message = Result<StreamMessage, StreamFault>;

Message fault(FrameFault reason, std::optional<FrameId> frame = {}) {
  return StreamFault{reason, frame};
}

double finite_or_zero(std::optional<double> value) {
  return value && std::isfinite(*value) ? *value : 0;
}

/// The uid names files: no separator, nothing hidden, no control character, short, and text wherever it is
/// shown.
bool can_name_a_file(std::string_view uid) {
  if (uid.empty() || uid.size() > 128 || uid[0] == '.') return false;
  while (!uid.empty()) {
    const auto c = take_code_point(uid);
    const bool control = c && (*c < 0x20 || (*c >= 0x7f && *c < 0xa0));
    if (!c || control || *c == '/' || *c == '\\') return false;
  }
  return true;
}

double positive_or_zero(std::optional<double> value) {
  return std::max(finite_or_zero(value), 0.0);
}

bool is_empty(Shape shape) {
  return shape.rows == 0 || shape.cols == 0;
}

/// rows x cols x size_of(dtype) of a shape that is not empty, when it neither overflows nor exceeds the
/// limit.
std::optional<std::size_t> checked_bytes(Shape shape, Dtype dtype, std::size_t max_bytes) {
  const std::size_t limit = max_bytes / size_of(dtype);
  if (shape.rows > limit || shape.cols > limit / shape.rows) return {};
  return shape.count() * size_of(dtype);
}

/// What a payload may decode to, and where ids end.
struct Limits {
  std::size_t max_bytes;
  FrameId id_end;
};

/// nullopt: none, or one that only a damaged header has.
std::optional<FrameId> frame_id(const MapReader& map, FrameId end = max_frame_id) {
  const auto id = map.uint("frame");
  return id && *id < end ? id : std::nullopt;
}

/// An announced number is a hint: 0, and one that no scan has, say nothing.
std::optional<std::uint64_t> announced(std::optional<std::uint64_t> n) {
  return n && *n > 0 && *n <= max_frame_id ? n : std::nullopt;
}

/// Of either byte order.
std::optional<Dtype> any_order(std::string_view name) {
  if (name.starts_with('>')) name.remove_prefix(1);
  return dtype_from_numpy(name);
}

Bytes little_endian(const Bytes& pixels, std::size_t element_bytes) {
  std::vector<std::byte> out(pixels.data(), pixels.data() + pixels.size());
  for (auto at = out.begin(); at != out.end(); at += static_cast<std::ptrdiff_t>(element_bytes))
    std::reverse(at, at + static_cast<std::ptrdiff_t>(element_bytes));
  return Bytes::take(std::move(out));
}

Message unknown_dtype(std::string_view dtype, std::optional<FrameId> frame = {}) {
  StreamFault fault{FrameFault::unsupported_dtype, frame};
  fault.dtype = dtype.substr(0, 32);
  return fault;
}

/// A view of `inside` that keeps the whole received part alive.
Bytes within(const Bytes& part, std::span<const std::byte> inside) {
  return Bytes(std::make_shared<const Bytes>(part), inside);
}

std::optional<Bytes> payload_inside(const MapReader& map, const Bytes& part) {
  const auto data = map.binary("data");
  return data ? std::optional(within(part, *data)) : std::nullopt;
}

std::size_t size_or_zero(std::optional<std::uint64_t> value) {
  return static_cast<std::size_t>(value.value_or(0));
}

/// nullopt: none that frames of this shape can be looked at through.
std::optional<FrameView> decode_view(const MapReader& map, Shape received) {
  FrameView view;
  view.transpose = map.flag("transpose").value_or(false);
  view.flip_rows = map.flag("flip_rows").value_or(false);
  view.flip_cols = map.flag("flip_cols").value_or(false);
  view.row0 = size_or_zero(map.uint("row0"));
  view.col0 = size_or_zero(map.uint("col0"));
  view.crop = map.shape("crop").value_or(Shape{});
  view.bin = static_cast<std::size_t>(map.uint("bin").value_or(1));
  const bool half_a_crop = (view.crop.rows == 0) != (view.crop.cols == 0);
  return half_a_crop || !view.fits(received) ? std::nullopt : std::optional(view);
}

/// Fills mask and tables from the parts behind the header.
std::optional<FrameFault> decode_tables(const MapReader& map, const Parts& parts, SeriesInfo& info) {
  const auto described = map.maps("tables").value_or(std::vector<MapReader>{});
  const std::size_t behind = parts.size() - 1;
  if (behind != described.size() && behind != described.size() + 1) return FrameFault::malformed;
  const std::size_t first_table = parts.size() - described.size();
  if (first_table == 2) {
    if (parts[1].size() != info.frame_shape.count()) return FrameFault::size_mismatch;
    const auto* first = reinterpret_cast<const std::uint8_t*>(parts[1].data());
    info.mask.assign(first, first + parts[1].size());
  }
  for (std::size_t i = 0; i < described.size(); ++i) {
    const auto shape = described[i].shape("shape");
    const auto dtype = dtype_from_numpy(described[i].text("dtype").value_or(""));
    const Bytes& values = parts[first_table + i];
    if (!shape || !dtype) return FrameFault::malformed;
    const auto bytes = is_empty(*shape) ? 0 : checked_bytes(*shape, *dtype, values.size());
    if (bytes != values.size()) return FrameFault::size_mismatch;
    info.detector.tables.push_back({described[i].need_text("name"), *dtype, *shape, values});
  }
  return std::nullopt;
}

Message decode_start(const MapReader& map, const Parts& parts, std::size_t max_bytes) {
  SeriesInfo info;
  const auto series = map.uint("series");
  const auto uid = map.text("uid");
  const auto shape = map.shape("shape");
  const auto dtype = any_order(map.text("dtype").value_or(""));
  if (!series || !uid || !can_name_a_file(*uid) || !shape || is_empty(*shape))
    return fault(FrameFault::malformed);
  if (!dtype) return unknown_dtype(map.text("dtype").value_or(""));
  if (!checked_bytes(*shape, *dtype, max_bytes)) return fault(FrameFault::too_large);
  info.id = *series;
  info.uid = *uid;
  info.n_expected = announced(map.uint("n"));
  info.frame_shape = *shape;
  info.dtype = *dtype;
  info.wavelength_m = positive_or_zero(map.number("wavelength_m"));
  if (const auto energy = positive_or_zero(map.number("energy_ev")); info.wavelength_m == 0 && energy > 0)
    info.wavelength_m = hc_ev_m / energy;
  info.distance_m = positive_or_zero(map.number("distance_m"));
  info.detector_pixel_m = positive_or_zero(map.number("pixel_m"));
  info.object_pixel_m = positive_or_zero(map.number("object_pixel_m"));
  const auto centre = map.pair("centre");
  if (centre && std::isfinite(centre->first) && std::isfinite(centre->second)) {
    info.centre_row = centre->first;
    info.centre_col = centre->second;
  }
  if (const auto raster = map.map("raster")) {
    info.raster = decode_raster(*raster);
    if (!info.raster) return fault(FrameFault::malformed);
  }
  if (const auto view = map.map("view")) {
    const auto decoded = decode_view(*view, *shape);
    if (!decoded) return fault(FrameFault::malformed);
    info.view = *decoded;
  }
  info.detector.json = map.text("detector").value_or("");
  if (const auto reason = decode_tables(map, parts, info)) return fault(*reason);
  if (map.failed()) return fault(FrameFault::malformed);
  return StreamMessage(std::move(info));
}

/// `pixels` describes the array (a frame header, or the msgpack-numpy map inside one), `map` the frame.
Message decode_pixels(const MapReader& map, const MapReader& pixels, std::string_view dtype_key,
                      std::optional<Bytes> payload, const Limits& limits) {
  StreamFrame out;
  const auto id = frame_id(map, limits.id_end);
  if (!id) return fault(FrameFault::malformed);
  out.series = map.uint("series");
  out.uid = map.text("uid").value_or("");
  Frame& frame = out.frame;
  frame.id = *id;
  const auto shape = pixels.shape("shape");
  if (!shape || is_empty(*shape) || !payload) return fault(FrameFault::malformed, id);
  const auto said = pixels.text(dtype_key).value_or("");
  const bool swapped = said.starts_with('>');
  const auto dtype = any_order(said);
  if (!dtype) return unknown_dtype(said, id);
  const auto codec = codec_from_name(map.text("codec").value_or("none"));
  if (!codec) return fault(FrameFault::unsupported_codec, id);
  const auto bytes = checked_bytes(*shape, *dtype, limits.max_bytes);
  if (!bytes) return fault(FrameFault::too_large, id);
  if (map.uint("nbytes").value_or(*bytes) != *bytes) return fault(FrameFault::size_mismatch, id);
  if (map.uint("elem").value_or(size_of(*dtype)) != size_of(*dtype))
    return fault(FrameFault::size_mismatch, id);
  if (*codec == Codec::none && payload->size() != *bytes) return fault(FrameFault::size_mismatch, id);
  if (payload->empty()) return fault(FrameFault::size_mismatch, id);
  if (swapped && size_of(*dtype) > 1) {
    // What is compressed is swapped by nobody.
    if (*codec != Codec::none) return unknown_dtype(said, id);
    payload = little_endian(*payload, size_of(*dtype));
  }
  frame.shape = *shape;
  frame.dtype = *dtype;
  frame.codec = *codec;
  const auto block = map.uint("block").value_or(0);
  if (block > UINT32_MAX) return fault(FrameFault::malformed, id);
  frame.block_bytes = static_cast<std::uint32_t>(block);
  frame.payload = *std::move(payload);
  frame.t_start_ns = map.integer("t_start").value_or(0);
  frame.t_stop_ns = map.integer("t_stop").value_or(0);
  frame.monitor = map.number("monitor");
  if (frame.monitor && !(std::isfinite(*frame.monitor) && *frame.monitor > 0)) frame.monitor.reset();
  if (const auto pos = map.map("pos")) {
    const auto x = pos->number("x");
    const auto y = pos->number("y");
    // A NaN encoder value is no position at all: the ledger counts the frame as unpositioned.
    if (x && y && is_finite({*x, *y})) frame.position = Position{*x, *y};
  }
  if (map.failed()) return fault(FrameFault::malformed, id);
  return StreamMessage(std::move(out));
}

Message decode_frame(const MapReader& map, const Parts& parts, const Limits& limits) {
  if (parts.size() == 2) return decode_pixels(map, map, "dtype", parts[1], limits);
  if (map.is_map("data")) {  // an ndarray as msgpack-numpy packs it
    const auto array = map.map("data");
    return decode_pixels(map, *array, "type", payload_inside(*array, parts[0]), limits);
  }
  return decode_pixels(map, map, "dtype", payload_inside(map, parts[0]), limits);
}

Message decode_end(const MapReader& map) {
  StreamEnd end{map.need(map.uint("series")), map.uint("frames"), std::string(map.text("uid").value_or(""))};
  if (map.failed()) return fault(FrameFault::malformed);
  if (end.frames > max_frame_id) end.frames.reset();
  return StreamMessage(end);
}

Message decode_map(const MapReader& map, const Parts& parts, const Limits& limits) {
  // A bare ndarray as msgpack-numpy packs it needs no version; with a "frame" key it is a frame.
  const bool bare = map.has("nd") && parts.size() == 1;
  const auto v = map.uint("v");
  if (!v && (!bare || map.has("v"))) return fault(FrameFault::malformed, frame_id(map));
  if (v && *v != version) return fault(FrameFault::wrong_version, frame_id(map));
  if (bare) return decode_pixels(map, map, "type", payload_inside(map, parts[0]), limits);
  const auto type = map.text("type");
  if (type == "start") return decode_start(map, parts, limits.max_bytes);
  if (parts.size() > 2) return fault(FrameFault::malformed, frame_id(map));
  if (type == "frame") return decode_frame(map, parts, limits);
  if (type == "end") return decode_end(map);
  return fault(FrameFault::malformed);
}

MapWriter encode_view(const FrameView& view) {
  MapWriter map;
  map.put("transpose", view.transpose).put("flip_rows", view.flip_rows).put("flip_cols", view.flip_cols);
  map.put("row0", std::uint64_t{view.row0}).put("col0", std::uint64_t{view.col0});
  map.put("crop", view.crop).put("bin", std::uint64_t{view.bin});
  return map;
}

}  // namespace

Parts encode(const SeriesInfo& start) {
  MapWriter map("start");
  map.put("series", start.id).put("uid", std::string_view(start.uid)).put_if("n", start.n_expected);
  map.put("shape", start.frame_shape).put("dtype", numpy_name(start.dtype));
  const std::pair<std::string_view, double> lengths[] = {{"wavelength_m", start.wavelength_m},
                                                         {"distance_m", start.distance_m},
                                                         {"pixel_m", start.detector_pixel_m},
                                                         {"object_pixel_m", start.object_pixel_m}};
  for (const auto& [key, value] : lengths)
    if (value > 0) map.put(key, value);
  if (start.centre_row && start.centre_col) map.put_pair("centre", *start.centre_row, *start.centre_col);
  if (start.raster) map.put("raster", encode_raster(*start.raster));
  if (!start.view.is_identity()) map.put("view", encode_view(start.view));
  if (!start.detector.json.empty()) map.put("detector", std::string_view(start.detector.json));
  std::vector<MapWriter> tables;
  for (const auto& table : start.detector.tables)
    tables.emplace_back()
        .put("name", std::string_view(table.name))
        .put("dtype", numpy_name(table.dtype))
        .put("shape", table.shape);
  if (!tables.empty()) map.put("tables", tables);
  Parts parts{map.finish()};
  if (!start.mask.empty()) parts.push_back(Bytes::take(start.mask));
  for (const auto& table : start.detector.tables) parts.push_back(table.values);
  return parts;
}

Parts encode(const StreamFrame& message) {
  const Frame& frame = message.frame;
  MapWriter map("frame");
  map.put_if("series", message.series).put("frame", frame.id);
  if (!message.uid.empty()) map.put("uid", std::string_view(message.uid));
  map.put("shape", frame.shape).put("dtype", numpy_name(frame.dtype));
  map.put("codec", name_of(frame.codec)).put("elem", std::uint64_t{size_of(frame.dtype)});
  map.put("block", std::uint64_t{frame.block_bytes}).put("nbytes", std::uint64_t{frame.decoded_bytes()});
  map.put("t_start", frame.t_start_ns).put("t_stop", frame.t_stop_ns);
  if (frame.position) {
    MapWriter pos;
    pos.put("x", frame.position->x_m).put("y", frame.position->y_m);
    map.put("pos", pos);
  }
  map.put_if("monitor", frame.monitor);
  return {map.finish(), frame.payload};
}

Parts encode(const StreamEnd& end) {
  MapWriter map("end");
  map.put("series", end.series).put_if("frames", end.frames);
  if (!end.uid.empty()) map.put("uid", std::string_view(end.uid));
  return {map.finish()};
}

Message decode_stream(const Parts& parts, std::size_t max_frame_bytes, FrameId id_end) {
  if (parts.empty()) return fault(FrameFault::malformed);
  const auto map = MapReader::parse(parts[0].span());
  if (!map) return fault(FrameFault::malformed);
  auto message = decode_map(*map, parts, {max_frame_bytes, id_end});
  if (message) return message;
  StreamFault why = message.reason();
  why.series = map->uint("series");
  why.uid = map->text("uid").value_or("");
  return why;
}

Bytes encode(const Received& note) {
  MapWriter map("received");
  map.put("t_arrival", note.t_arrival_ns);
  if (note.t_utc_ns != 0) map.put("t_utc", note.t_utc_ns);
  if (note.join != JoinOutcome::joined) map.put("join", static_cast<std::uint64_t>(note.join));
  if (note.fault) {
    map.put("fault", static_cast<std::uint64_t>(note.fault->fault));
    map.put_if("frame", note.fault->frame).put_if("series", note.fault->series);
  }
  return map.finish();
}

Decoded<Received> decode_received(const Bytes& bytes) {
  const auto map = parse_message(bytes, "received");
  if (!map) return map.reason();
  Received note{.t_arrival_ns = map->need(map->integer("t_arrival")),
                .t_utc_ns = map->integer("t_utc").value_or(0)};
  if (const auto join = map->uint("join")) {
    if (*join >= all_join_outcomes.size()) return FrameFault::malformed;
    note.join = static_cast<JoinOutcome>(*join);
  }
  if (const auto reason = map->uint("fault")) {
    // A reason this build does not know is still a fault: never a good entry.
    if (*reason > std::uint64_t(FrameFault::bad_payload)) return FrameFault::malformed;
    note.fault = StreamFault{static_cast<FrameFault>(*reason), frame_id(*map), map->uint("series")};
  }
  return map->whole(std::move(note));
}

Result<StreamEntry, StreamFault> decode_entry(const Parts& parts, std::size_t max_frame_bytes) {
  if (parts.empty()) return StreamFault{};
  const auto note = decode_received(parts[0]);
  if (!note) return StreamFault{note.reason(), {}};
  if (note->fault) return StreamEntry{*note, {}};
  auto message = decode_stream(Parts(parts.begin() + 1, parts.end()), max_frame_bytes);
  if (!message) return message.reason();
  return StreamEntry{*note, *std::move(message)};
}

}  // namespace ptero::wire
