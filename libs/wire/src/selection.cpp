#include <ptero/wire/selection.hpp>

#include "pack.hpp"

namespace ptero::wire {

Bytes encode(const Labels& labels) {
  MapWriter map("labels");
  map.put("series_uid", std::string_view(labels.series_uid)).put("revision", labels.revision);
  map.put("final", labels.final).put("selected", labels.selected).put("background", labels.background);
  return map.put("excluded", labels.excluded).put("corrupt", labels.corrupt).finish();
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
  auto selected = map->ids("selected");
  auto background = map->ids("background");
  if (!selected || !background) return FrameFault::malformed;
  return Labels{.series_uid = std::string(map->text("series_uid").value_or("")),
                .revision = map->uint("revision").value_or(0),
                .final = map->flag("final").value_or(false),
                .selected = *std::move(selected),
                .background = *std::move(background),
                .excluded = map->ids("excluded").value_or(std::vector<FrameId>{}),
                .corrupt = map->ids("corrupt").value_or(std::vector<FrameId>{})};
}

Decoded<RevisionNote> decode_revision(const Bytes& bytes) {
  const auto map = parse_message(bytes, "revision");
  if (!map) return map.reason();
  auto added = map->ids("added");
  auto removed = map->ids("removed");
  if (!added || !removed) return FrameFault::malformed;
  return RevisionNote{.series_uid = std::string(map->text("series_uid").value_or("")),
                      .revision = map->uint("revision").value_or(0),
                      .final = map->flag("final").value_or(false),
                      .added = *std::move(added),
                      .removed = *std::move(removed),
                      .set_hash = std::string(map->text("set_hash").value_or(""))};
}

}  // namespace ptero::wire
