#include <algorithm>
#include <ptero/wire/events.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

namespace {
std::span<const double> newest(std::span<const double> values, std::size_t most) {
  return values.last(std::min(most, values.size()));
}

MapWriter counts_of(const std::map<std::string, std::uint64_t>& counts) {
  MapWriter map;
  for (const auto& [what, n] : counts) map.put(what, n);
  return map;
}

std::vector<MapWriter> maps_of(const std::vector<Finding>& findings) {
  std::vector<MapWriter> out;
  for (const auto& one : findings) {
    MapWriter finding;
    finding.put("code", std::string_view(one.code)).put("number", one.number);
    finding.put("sentence", std::string_view(one.sentence));
    out.push_back(std::move(finding));
  }
  return out;
}
}  // namespace

Bytes encode(const LedgerEvent& event) {
  MapWriter map("ledger");
  map.put("series_uid", std::string_view(event.series_uid)).put("counts", counts_of(event.counts));
  return map.put("ended", event.ended).finish();
}

Bytes encode(const RoiEvent& event) {
  MapWriter map("roi");
  map.put("series_uid", std::string_view(event.series_uid)).put("revision", event.revision);
  map.put("labelled", event.labelled).put("selected", event.selected);
  map.put("latency_p50_ms", event.latency_p50_ms).put("latency_p99_ms", event.latency_p99_ms);
  if (!event.bad.empty()) map.put("bad", event.bad);
  if (event.next_segments != 0) map.put("next_segments", event.next_segments);
  map.put_if("latency_p99_recent_ms", event.latency_p99_recent_ms);
  return map.finish();
}

Bytes encode(const SnapshotEvent& event) {
  MapWriter map("snapshot");
  map.put("series_uid", std::string_view(event.series_uid)).put("frames_used", event.frames_used);
  map.put("last_frame", event.last_frame).put("iteration", event.iteration);
  map.put("amplitude_error", event.amplitude_error).put("age_ms", event.age_ms);
  map.put("shape", event.shape)
      .put("pixel_m", event.pixel_m)
      .put("converged", event.converged)
      .put_pair("centre", event.centre.x_m, event.centre.y_m)
      .put_numbers("errors", newest(event.errors, SnapshotEvent::most_errors));
  if (event.noise_floor > 0) map.put("noise_floor", event.noise_floor);
  if (!event.verdict.empty()) map.put("verdict", maps_of(event.verdict));
  return map.finish();
}

Bytes encode(const ProbeEvent& event) {
  MapWriter map("probe");
  map.put("series_uid", std::string_view(event.series_uid)).put("iteration", event.iteration);
  map.put("modes", event.modes).put("shape", event.shape);
  return map.put("pixel_m", event.pixel_m).finish();
}

Bytes encode(const ReconstructionEvent& event) {
  MapWriter map("reconstruction");
  map.put("series_uid", std::string_view(event.series_uid)).put("running", event.running);
  map.put("frames", event.frames).put("iteration", event.iteration);
  if (event.waiting != 0) map.put("waiting", event.waiting);
  if (!event.left_out.empty()) map.put("left_out", counts_of(event.left_out));
  return map.finish();
}

Bytes encode(const WarningsEvent& event) {
  std::vector<MapWriter> warnings;
  for (const Warning& one : event.warnings) {
    MapWriter warning;
    warning.put("code", std::string_view(one.code)).put("sentence", std::string_view(one.sentence));
    warnings.push_back(std::move(warning));
  }
  MapWriter map("warnings");
  map.put("service", std::string_view(event.service)).put("series_uid", std::string_view(event.series_uid));
  return map.put("warnings", warnings).finish();
}

Bytes encode(const ReportEvent& event) {
  MapWriter map("report");
  map.put("series_uid", std::string_view(event.series_uid)).put("json", std::string_view(event.json));
  return map.finish();
}

Bytes encode(const AlarmsEvent& event) {
  std::vector<MapWriter> alarms;
  for (const auto& one : event.alarms) {
    MapWriter alarm;
    alarm.put("id", std::string_view(one.id)).put("severity", std::string_view(one.severity));
    alarm.put("sentence", std::string_view(one.sentence)).put("since_utc_ns", one.since_utc_ns);
    alarms.push_back(std::move(alarm));
  }
  MapWriter map("alarms");
  return map.put("service", std::string_view(event.service)).put("alarms", alarms).finish();
}

Bytes encode(const HealthEvent& event) {
  std::vector<MapWriter> stages;
  for (const auto& one : event.stages) {
    MapWriter stage;
    stage.put("stage", std::string_view(one.stage)).put("state", std::string_view(one.state));
    stage.put("silent_s", one.silent_s);
    if (!one.doing.empty()) stage.put("doing", std::string_view(one.doing));
    stages.push_back(std::move(stage));
  }
  MapWriter map("health");
  map.put("service", std::string_view(event.service)).put("ready", event.ready);
  map.put("uptime_s", event.uptime_s).put("level", event.level).put("load", event.load);
  return map.put("stages", stages).finish();
}

Decoded<LedgerEvent> decode_ledger_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "ledger");
  if (!map) return map.reason();
  LedgerEvent event{.series_uid = map->need_text("series_uid"),
                    .counts = map->need(map->counts("counts")),
                    .ended = map->flag("ended").value_or(false)};
  return map->whole(std::move(event));
}

Decoded<RoiEvent> decode_roi_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "roi");
  if (!map) return map.reason();
  RoiEvent event{.series_uid = map->need_text("series_uid"),
                 .revision = map->need(map->uint("revision")),
                 .labelled = map->need(map->uint("labelled")),
                 .selected = map->need(map->uint("selected")),
                 .latency_p50_ms = map->number("latency_p50_ms").value_or(0),
                 .latency_p99_ms = map->number("latency_p99_ms").value_or(0),
                 .bad = map->ids("bad").value_or(std::vector<FrameId>{}),
                 .next_segments = map->uint("next_segments").value_or(0),
                 .latency_p99_recent_ms = map->number("latency_p99_recent_ms")};
  if (event.bad.size() % 2 != 0) return FrameFault::malformed;
  return map->whole(std::move(event));
}

Decoded<SnapshotEvent> decode_snapshot_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "snapshot");
  if (!map) return map.reason();
  const auto centre = map->pair("centre").value_or(std::pair(0.0, 0.0));
  SnapshotEvent event{.series_uid = map->need_text("series_uid"),
                      .frames_used = map->need(map->uint("frames_used")),
                      .last_frame = map->need(map->uint("last_frame")),
                      .iteration = map->need(map->uint("iteration")),
                      .amplitude_error = map->number("amplitude_error").value_or(0),
                      .age_ms = map->number("age_ms").value_or(0),
                      .shape = map->need(map->shape("shape")),
                      .pixel_m = map->number("pixel_m").value_or(0),
                      .converged = map->flag("converged").value_or(false),
                      .centre = {centre.first, centre.second},
                      .errors = map->numbers("errors").value_or(std::vector<double>{}),
                      .noise_floor = map->number("noise_floor").value_or(0)};
  // A known key of the wrong type is a fault; none is none.
  if (const auto findings = map->maps("verdict"))
    for (const auto& one : *findings)
      event.verdict.push_back(
          {one.need_text("code"), one.need(one.number("number")), one.need_text("sentence")});
  return map->whole(std::move(event));
}

Decoded<ProbeEvent> decode_probe_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "probe");
  if (!map) return map.reason();
  ProbeEvent event{.series_uid = map->need_text("series_uid"),
                   .iteration = map->need(map->uint("iteration")),
                   .modes = map->need(map->uint("modes")),
                   .shape = map->need(map->shape("shape")),
                   .pixel_m = map->number("pixel_m").value_or(0)};
  return map->whole(std::move(event));
}

Decoded<ReconstructionEvent> decode_reconstruction_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "reconstruction");
  if (!map) return map.reason();
  ReconstructionEvent event{.series_uid = map->need_text("series_uid"),
                            .running = map->need(map->flag("running")),
                            .frames = map->uint("frames").value_or(0),
                            .iteration = map->uint("iteration").value_or(0),
                            .waiting = map->uint("waiting").value_or(0),
                            .left_out = map->counts("left_out").value_or(decltype(event.left_out){})};
  return map->whole(std::move(event));
}

Decoded<WarningsEvent> decode_warnings_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "warnings");
  if (!map) return map.reason();
  WarningsEvent event{
      .service = map->need_text("service"), .series_uid = map->need_text("series_uid"), .warnings = {}};
  for (const auto& one : map->need(map->maps("warnings")))
    event.warnings.push_back({one.need_text("code"), one.need_text("sentence")});
  return map->whole(std::move(event));
}

Decoded<ReportEvent> decode_report_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "report");
  if (!map) return map.reason();
  return map->whole(ReportEvent{map->need_text("series_uid"), map->need_text("json")});
}

Decoded<AlarmsEvent> decode_alarms_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "alarms");
  if (!map) return map.reason();
  AlarmsEvent event{.service = map->need_text("service"), .alarms = {}};
  for (const auto& one : map->need(map->maps("alarms")))
    event.alarms.push_back({.id = one.need_text("id"),
                            .severity = one.need_text("severity"),
                            .sentence = one.need_text("sentence"),
                            .since_utc_ns = one.need(one.integer("since_utc_ns"))});
  return map->whole(std::move(event));
}

Decoded<HealthEvent> decode_health_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "health");
  if (!map) return map.reason();
  HealthEvent event{.service = map->need_text("service"),
                    .ready = map->need(map->flag("ready")),
                    .uptime_s = map->need(map->number("uptime_s")),
                    .level = map->need(map->uint("level")),
                    .load = map->number("load").value_or(0),
                    .stages = {}};
  for (const auto& one : map->need(map->maps("stages")))
    event.stages.push_back({.stage = one.need_text("stage"),
                            .state = one.need_text("state"),
                            .silent_s = one.number("silent_s").value_or(0),
                            .doing = std::string(one.text("doing").value_or(""))});
  return map->whole(std::move(event));
}

}  // namespace ptero::wire
