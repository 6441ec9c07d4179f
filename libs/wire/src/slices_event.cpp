#include <ptero/wire/slices_event.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

namespace {

constexpr std::uint64_t most_slices = 64;

}  // namespace

Bytes encode(const SlicesEvent& event) {
  std::vector<MapWriter> alarms;
  for (const std::string& sentence : event.alarms) {
    MapWriter alarm;
    alarm.put("sentence", std::string_view(sentence));
    alarms.push_back(std::move(alarm));
  }
  MapWriter map("slices");
  map.put("series_uid", std::string_view(event.series_uid))
      .put("slices", event.slices)
      .put("shape", event.shape);
  map.put("pixel_m", event.pixel_m).put("epoch", event.epoch).put("done", event.done).put("warm", event.warm);
  map.put("runs", event.runs).put_numbers("mixing", event.mixing);
  return map.put("mismatch", event.mismatch).put("exclusion", event.exclusion).put("alarms", alarms).finish();
}

Decoded<SlicesEvent> decode_slices_event(const Bytes& bytes) {
  const auto map = parse_message(bytes, "slices");
  if (!map) return map.reason();
  SlicesEvent event{.series_uid = map->need_text("series_uid"),
                    .slices = map->need(map->uint("slices")),
                    .shape = map->need(map->shape("shape")),
                    .pixel_m = map->number("pixel_m").value_or(0),
                    .epoch = map->need(map->uint("epoch")),
                    .done = map->flag("done").value_or(false),
                    .warm = map->flag("warm").value_or(false),
                    .runs = map->uint("runs").value_or(1),
                    .mixing = map->need(map->numbers("mixing")),
                    .mismatch = map->number("mismatch").value_or(0),
                    .exclusion = map->number("exclusion").value_or(0)};
  for (const auto& alarm : map->maps("alarms").value_or(std::vector<MapReader>{}))
    event.alarms.push_back(alarm.need_text("sentence"));
  if (event.slices < 2 || event.slices > most_slices || event.mixing.size() != event.slices * event.slices)
    return FrameFault::malformed;
  return map->whole(std::move(event));
}

}  // namespace ptero::wire
