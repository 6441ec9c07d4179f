#include <ptero/wire/events.hpp>

#include "pack.hpp"

namespace ptero::wire {

Bytes encode(const LedgerEvent& event) {
  MapWriter counts;
  for (const auto& [state, n] : event.counts) counts.put(state, n);
  MapWriter map("ledger");
  map.put("series_uid", std::string_view(event.series_uid)).put("counts", counts);
  return map.put("ended", event.ended).finish();
}

Bytes encode(const RoiEvent& event) {
  MapWriter map("roi");
  map.put("series_uid", std::string_view(event.series_uid)).put("revision", event.revision);
  map.put("labelled", event.labelled).put("selected", event.selected);
  map.put("latency_p50_ms", event.latency_p50_ms).put("latency_p99_ms", event.latency_p99_ms);
  return map.finish();
}

Bytes encode(const SnapshotEvent& event) {
  MapWriter map("snapshot");
  map.put("series_uid", std::string_view(event.series_uid)).put("frames_used", event.frames_used);
  map.put("last_frame", event.last_frame).put("iteration", event.iteration);
  map.put("amplitude_error", event.amplitude_error).put("age_ms", event.age_ms);
  return map.put("shape", event.shape).put("pixel_m", event.pixel_m).finish();
}

Bytes encode(const ReportEvent& event) {
  MapWriter map("report");
  map.put("series_uid", std::string_view(event.series_uid)).put("json", std::string_view(event.json));
  return map.finish();
}

Decoded<LedgerEvent> decode_ledger_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "ledger");
  if (!map) return map.reason();
  LedgerEvent event{.series_uid = std::string(map->text("series_uid").value_or(""))};
  for (auto& [state, n] : map->counts("counts")) event.counts[state] = n;
  event.ended = map->flag("ended").value_or(false);
  return event;
}

Decoded<RoiEvent> decode_roi_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "roi");
  if (!map) return map.reason();
  return RoiEvent{.series_uid = std::string(map->text("series_uid").value_or("")),
                  .revision = map->uint("revision").value_or(0),
                  .labelled = map->uint("labelled").value_or(0),
                  .selected = map->uint("selected").value_or(0),
                  .latency_p50_ms = map->number("latency_p50_ms").value_or(0),
                  .latency_p99_ms = map->number("latency_p99_ms").value_or(0)};
}

Decoded<SnapshotEvent> decode_snapshot_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "snapshot");
  if (!map) return map.reason();
  const auto shape = map->shape("shape");
  if (!shape) return FrameFault::malformed;
  return SnapshotEvent{.series_uid = std::string(map->text("series_uid").value_or("")),
                       .frames_used = map->uint("frames_used").value_or(0),
                       .last_frame = map->uint("last_frame").value_or(0),
                       .iteration = map->uint("iteration").value_or(0),
                       .amplitude_error = map->number("amplitude_error").value_or(0),
                       .age_ms = map->number("age_ms").value_or(0),
                       .shape = *shape,
                       .pixel_m = map->number("pixel_m").value_or(0)};
}

Decoded<ReportEvent> decode_report_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "report");
  if (!map) return map.reason();
  const auto json = map->text("json");
  if (!json) return FrameFault::malformed;
  return ReportEvent{std::string(map->text("series_uid").value_or("")), std::string(*json)};
}

}  // namespace ptero::wire
