#include <ptero/wire/control.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

Bytes encode(const Control& control) {
  MapWriter map("control");
  map.put("action", std::string_view(control.action)).put("by", std::string_view(control.by));
  return map.put_if("border", control.border)
      .put_if("fill_in", control.fill_in)
      .put_if("advice", control.advice)
      .finish();
}

Bytes encode(const ControlAnswer& answer) {
  MapWriter map("control_answer");
  return map.put("ok", answer.ok).put("why", std::string_view(answer.why)).finish();
}

Decoded<Control> decode_control(const Bytes& bytes) {
  const auto map = parse_message(bytes, "control");
  if (!map) return map.reason();
  Control control{.action = map->need_text("action"),
                  .by = std::string(map->text("by").value_or("")),
                  .border = map->integer("border"),
                  .fill_in = map->flag("fill_in"),
                  .advice = map->uint("advice")};
  return map->whole(std::move(control));
}

Decoded<ControlAnswer> decode_control_answer(const Bytes& bytes) {
  const auto map = parse_message(bytes, "control_answer");
  if (!map) return map.reason();
  ControlAnswer answer{.ok = map->need(map->flag("ok")), .why = std::string(map->text("why").value_or(""))};
  return map->whole(std::move(answer));
}

}  // namespace ptero::wire
