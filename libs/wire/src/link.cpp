#include <ptero/wire/link.hpp>

#include "pack.hpp"

namespace ptero::wire {

namespace {

struct Encoder {
  Bytes operator()(const Hello& m) const {
    MapWriter map("hello");
    map.put("consumer", std::string_view(m.consumer)).put("session", m.session);
    map.put("series_uid", std::string_view(m.series_uid)).put("next", m.next).put("credit", m.credit);
    map.put("revision", m.revision).put("holds", m.holds);
    return map.finish();
  }
  Bytes operator()(const Credit& m) const {
    return MapWriter("credit").put("session", m.session).put("credit", m.credit).finish();
  }
  Bytes operator()(const Want& m) const {
    return MapWriter("want").put("session", m.session).put("ids", m.ids).finish();
  }
  Bytes operator()(const Deliver& m) const { return MapWriter("deliver").put("session", m.session).finish(); }
  Bytes operator()(const EntryHeader& m) const {
    MapWriter map("entry");
    return map.put("session", m.session).put("seq", m.sequence).put("wanted", m.wanted).finish();
  }
  Bytes operator()(const Keepalive& m) const {
    return MapWriter("keepalive").put("session", m.session).finish();
  }
  Bytes operator()(const Refused& m) const {
    return MapWriter("refused").put("session", m.session).put("why", std::string_view(m.why)).finish();
  }
};

}  // namespace

Bytes encode(const LinkMessage& message) {
  return std::visit(Encoder{}, message);
}

Decoded<LinkMessage> decode_link(const Bytes& bytes) {
  const auto map = parse_versioned(bytes);
  if (!map) return map.reason();
  const auto type = map->text("type").value_or("");
  const auto session = map->uint("session");
  if (!session) return FrameFault::malformed;
  if (type == "entry")
    return LinkMessage(EntryHeader{*session, map->uint("seq").value_or(0), map->uint("wanted").value_or(0)});
  if (type == "credit") return LinkMessage(Credit{*session, map->uint("credit").value_or(0)});
  if (type == "keepalive") return LinkMessage(Keepalive{*session});
  if (type == "deliver") return LinkMessage(Deliver{*session});
  if (type == "refused") return LinkMessage(Refused{*session, std::string(map->text("why").value_or(""))});
  if (type == "want") {
    auto ids = map->ids("ids");
    if (!ids) return FrameFault::malformed;
    return LinkMessage(Want{*session, *std::move(ids)});
  }
  if (type == "hello") {
    const auto consumer = map->text("consumer");
    if (!consumer || consumer->empty()) return FrameFault::malformed;
    Hello hello{.consumer = std::string(*consumer), .session = *session};
    hello.series_uid = map->text("series_uid").value_or("");
    hello.next = map->uint("next").value_or(0);
    hello.credit = map->uint("credit").value_or(0);
    hello.revision = map->uint("revision").value_or(0);
    hello.holds = map->ids("holds").value_or(std::vector<FrameId>{});
    return LinkMessage(std::move(hello));
  }
  return FrameFault::malformed;
}

}  // namespace ptero::wire
