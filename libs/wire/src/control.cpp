#include <ptero/wire/control.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

Bytes encode(const Control& control) {
  MapWriter map("control");
  map.put("action", std::string_view(control.action)).put("by", std::string_view(control.by));
  map.put_if("border", control.border).put_if("fill_in", control.fill_in);
  map.put_if("segments", control.segments);
  map.put_if("first", control.first).put_if("last", control.last).put_if("bad", control.bad);
  if (control.what) map.put("do", std::string_view(*control.what));
  return map.put_if("advice", control.advice).finish();
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
                  .segments = map->integer("segments"),
                  .first = map->uint("first"),
                  .last = map->uint("last"),
                  .bad = map->flag("bad"),
                  .what = {},
                  .advice = map->uint("advice")};
  if (const auto what = map->text("do")) control.what = std::string(*what);
  return map->whole(std::move(control));
}

Decoded<ControlAnswer> decode_control_answer(const Bytes& bytes) {
  const auto map = parse_message(bytes, "control_answer");
  if (!map) return map.reason();
  ControlAnswer answer{.ok = map->need(map->flag("ok")), .why = std::string(map->text("why").value_or(""))};
  return map->whole(std::move(answer));
}

}  // namespace ptero::wire
