#include <ptero/wire/selection.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

namespace {

/// One byte for each of `count` ids, or none at all.
std::vector<std::uint8_t> confidence_of(const MapReader& map, std::string_view key, std::size_t count) {
  const auto bytes = map.binary(key);
  if (!bytes) return {};
  if (bytes->size() != count) return map.need(std::optional<std::vector<std::uint8_t>>());
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes->data());
  return {first, first + count};
}

}  // namespace

Bytes encode(const Labels& labels) {
  MapWriter map("labels");
  map.put("series_uid", std::string_view(labels.series_uid)).put("revision", labels.revision);
  map.put("final", labels.final).put("selected", labels.selected).put("background", labels.background);
  map.put("excluded", labels.excluded).put("corrupt", labels.corrupt);
  const std::pair<std::string_view, const std::vector<std::uint8_t>&> confidence[] = {
      {"selected_confidence", labels.selected_confidence},
      {"background_confidence", labels.background_confidence}};
  for (const auto& [key, bytes] : confidence)
    if (!bytes.empty()) map.put(key, std::as_bytes(std::span(bytes)));
  if (!labels.marked.empty()) map.put("marked", labels.marked);
  return map.finish();
}

Bytes encode(const RevisionNote& note) {
  MapWriter map("revision");
  map.put("series_uid", std::string_view(note.series_uid)).put("revision", note.revision);
  map.put("final", note.final).put("added", note.added).put("removed", note.removed);
  return map.put("set_hash", std::string_view(note.set_hash)).finish();
}

Decoded<Labels> decode_labels(const Bytes& bytes) {
  const auto map = parse_message(bytes, "labels");
  if (!map) return map.reason();
  Labels labels{.series_uid = map->need_text("series_uid"),
                .revision = map->need(map->uint("revision")),
                .final = map->flag("final").value_or(false),
                .selected = map->need(map->ids("selected")),
                .background = map->need(map->ids("background")),
                .excluded = map->ids("excluded").value_or(std::vector<FrameId>{}),
                .corrupt = map->ids("corrupt").value_or(std::vector<FrameId>{})};
  labels.selected_confidence = confidence_of(*map, "selected_confidence", labels.selected.size());
  labels.background_confidence = confidence_of(*map, "background_confidence", labels.background.size());
  labels.marked = map->ids("marked").value_or(std::vector<FrameId>{});
  return map->whole(std::move(labels));
}

Decoded<RevisionNote> decode_revision(const Bytes& bytes) {
  const auto map = parse_message(bytes, "revision");
  if (!map) return map.reason();
  RevisionNote note{.series_uid = map->need_text("series_uid"),
                    .revision = map->need(map->uint("revision")),
                    .final = map->flag("final").value_or(false),
                    .added = map->need(map->ids("added")),
                    .removed = map->need(map->ids("removed")),
                    .set_hash = std::string(map->text("set_hash").value_or(""))};
  return map->whole(std::move(note));
}

}  // namespace ptero::wire
