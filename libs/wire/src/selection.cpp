#include <algorithm>
#include <iterator>
#include <ptero/core/contract.hpp>
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

/// A list of ids and, where it has one, the confidence of each.
struct LabelList {
  std::vector<FrameId> Labels::*ids;
  std::vector<std::uint8_t> Labels::*confidence = nullptr;
};
constexpr LabelList label_lists[] = {{&Labels::selected, &Labels::selected_confidence},
                                     {&Labels::background, &Labels::background_confidence},
                                     {&Labels::excluded},
                                     {&Labels::corrupt},
                                     {&Labels::marked},
                                     {&Labels::pending},
                                     {&Labels::outlying}};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from, std::size_t begin, std::size_t end) {
  if (from.empty()) return;  // a confidence that is not said
  to.insert(to.end(), std::next(from.begin(), static_cast<std::ptrdiff_t>(begin)),
            std::next(from.begin(), static_cast<std::ptrdiff_t>(end)));
}

}  // namespace

std::vector<Labels> in_messages(Labels labels, std::size_t most_ids) {
  PTERO_EXPECT(most_ids > 0);
  std::size_t count = 0;
  for (const LabelList& list : label_lists) count += (labels.*list.ids).size();
  if (count == 0 && !labels.final) return {};
  std::vector<Labels> messages;
  if (count <= most_ids) {
    messages.push_back(std::move(labels));
    return messages;
  }
  std::size_t room = 0;
  for (const LabelList& list : label_lists) {
    const auto& ids = labels.*list.ids;
    for (std::size_t begin = 0; begin < ids.size();) {
      if (room == 0) {
        messages.push_back({.series_uid = labels.series_uid, .revision = labels.revision});
        room = most_ids;
      }
      const std::size_t end = begin + std::min(room, ids.size() - begin);
      append(messages.back().*list.ids, ids, begin, end);
      if (list.confidence) append(messages.back().*list.confidence, labels.*list.confidence, begin, end);
      room -= end - begin;
      begin = end;
    }
  }
  messages.back().final = labels.final;
  return messages;
}

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
  if (!labels.pending.empty()) map.put("pending", labels.pending);
  if (!labels.outlying.empty()) map.put("outlying", labels.outlying);
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
  labels.pending = map->ids("pending").value_or(std::vector<FrameId>{});
  labels.outlying = map->ids("outlying").value_or(std::vector<FrameId>{});
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
