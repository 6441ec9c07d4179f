#include <algorithm>
#include <cstring>
#include <ptero/wire/events.hpp>
#include <span>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

namespace {

static_assert(sizeof(Position) == 16, "x and y, float 64 each, are what travels");

std::span<const std::byte> bytes_of(const std::vector<Position>& places) {
  return std::as_bytes(std::span(places));
}

/// Nothing when the bytes are no whole pairs, or a coordinate is no number.
std::optional<std::vector<Position>> places_in(std::optional<std::span<const std::byte>> bytes) {
  if (!bytes) return std::vector<Position>{};
  if (bytes->size() % sizeof(Position) != 0) return std::nullopt;
  std::vector<Position> places(bytes->size() / sizeof(Position));
  if (!places.empty()) std::memcpy(places.data(), bytes->data(), bytes->size());
  for (const Position& place : places)
    if (!is_finite(place)) return std::nullopt;
  return places;
}

/// Nothing when the counts and the vertices disagree.
std::optional<std::vector<std::vector<Position>>> rings_of(const std::vector<std::uint64_t>& counts,
                                                           const std::vector<Position>& vertices) {
  std::vector<std::vector<Position>> rings;
  auto at = vertices.begin();
  for (const std::uint64_t count : counts) {
    if (count > static_cast<std::uint64_t>(vertices.end() - at)) return std::nullopt;
    rings.emplace_back(at, at + static_cast<std::ptrdiff_t>(count));
    at += static_cast<std::ptrdiff_t>(count);
  }
  if (at != vertices.end()) return std::nullopt;
  return rings;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), text) != known.end();
}

}  // namespace

Bytes encode(const AdviceEvent& event) {
  std::vector<FrameId> rings;
  std::vector<Position> vertices;
  for (const auto& ring : event.region) {
    rings.push_back(ring.size());
    vertices.insert(vertices.end(), ring.begin(), ring.end());
  }
  MapWriter bounds;
  bounds.put("left", event.left_m).put("top", event.top_m);
  bounds.put("right", event.right_m).put("bottom", event.bottom_m);
  MapWriter map("advice");
  map.put("series_uid", std::string_view(event.series_uid)).put("standing", std::string_view(event.standing));
  if (!event.mode.empty()) map.put("mode", std::string_view(event.mode));
  map.put("id", event.id).put("revision", event.revision).put("action", std::string_view(event.action));
  map.put("confidence", event.confidence);
  map.put("issued", event.issued_utc_ns).put("expires", event.expires_utc_ns).put("bounds", bounds);
  map.put("dose", event.dose).put("dose_left", event.dose_left).put("step_m", event.step_m);
  map.put("skip", event.skip).put("rings", rings).put("vertices", bytes_of(vertices));
  return map.put("points", bytes_of(event.points)).finish();
}

Decoded<AdviceEvent> decode_advice_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "advice");
  if (!map) return map.reason();
  AdviceEvent event{.series_uid = map->need_text("series_uid"), .standing = map->need_text("standing")};
  event.mode = map->text("mode").value_or("");
  event.id = map->uint("id").value_or(0);
  event.revision = map->uint("revision").value_or(0);
  event.action = map->text("action").value_or("measure");
  event.confidence = map->number("confidence").value_or(0);
  event.issued_utc_ns = map->integer("issued").value_or(0);
  event.expires_utc_ns = map->integer("expires").value_or(0);
  if (const auto bounds = map->map("bounds")) {
    event.left_m = bounds->need(bounds->number("left"));
    event.top_m = bounds->need(bounds->number("top"));
    event.right_m = bounds->need(bounds->number("right"));
    event.bottom_m = bounds->need(bounds->number("bottom"));
  }
  event.dose = map->number("dose").value_or(0);
  event.dose_left = map->number("dose_left").value_or(0);
  event.step_m = map->number("step_m").value_or(0);
  event.skip = map->ids("skip").value_or(std::vector<FrameId>{});
  const auto points = places_in(map->binary("points"));
  const auto vertices = places_in(map->binary("vertices"));
  if (!points || !vertices) return FrameFault::malformed;
  auto region = rings_of(map->ids("rings").value_or(std::vector<FrameId>{}), *vertices);
  if (!region || event.skip.size() % 2 != 0) return FrameFault::malformed;
  if (!is_one_of(event.standing, {"none", "proposed", "accepted"}) ||
      !is_one_of(event.action, {"measure", "stop"}))
    return FrameFault::malformed;
  event.points = *points;
  event.region = std::move(*region);
  return map->whole(std::move(event));
}

}  // namespace ptero::wire
