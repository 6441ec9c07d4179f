#include <ptero/wire/link.hpp>
#include <ptero/wire/stream.hpp>

#include "map_reader.hpp"
#include "map_writer.hpp"

namespace ptero::wire {

namespace {

struct Encoder {
  Bytes operator()(const Hello& m) const {
    MapWriter map("hello");
    map.put("consumer", std::string_view(m.consumer)).put("session", m.session);
    map.put("series_uid", std::string_view(m.series_uid)).put("next", m.next).put("credit", m.credit);
    map.put("revision", m.revision).put("holds", m.holds);
    if (m.started_ns != 0) map.put("started", m.started_ns);
    if (m.owner != 0) map.put("owner", m.owner);
    return map.finish();
  }
  Bytes operator()(const Credit& m) const {
    return MapWriter("credit").put("session", m.session).put("credit", m.credit).finish();
  }
  Bytes operator()(const Want& m) const {
    MapWriter map("want");
    map.put("session", m.session).put("series_uid", std::string_view(m.series_uid));
    return map.put("ticket", m.ticket).put("ids", m.ids).finish();
  }
  Bytes operator()(const Deliver& m) const { return MapWriter("deliver").put("session", m.session).finish(); }
  Bytes operator()(const EntryHeader& m) const {
    MapWriter map("entry");
    map.put("session", m.session).put("seq", m.sequence).put("wanted", m.wanted);
    if (m.behind > 0) map.put("behind", m.behind);
    if (m.absent > 0) map.put("absent", m.absent);
    return map.finish();
  }
  Bytes operator()(const Keepalive& m) const {
    return MapWriter("keepalive").put("session", m.session).finish();
  }
  Bytes operator()(const Refused& m) const {
    return MapWriter("refused").put("session", m.session).put("why", std::string_view(m.why)).finish();
  }
};

}  // namespace

bool is_at(const Hello& hello, std::string_view series_uid, const Parts& start_entry) {
  if (hello.series_uid != series_uid) return false;
  if (hello.started_ns == 0 || start_entry.empty()) return true;
  const auto note = decode_received(start_entry[0]);
  return !note || note->t_arrival_ns == hello.started_ns;
}

Bytes encode(const LinkMessage& message) {
  return std::visit(Encoder{}, message);
}

Decoded<LinkMessage> decode_link(const Bytes& bytes) {
  const auto map = parse_versioned(bytes);
  if (!map) return map.reason();
  const auto type = map->text("type").value_or("");
  const auto session = map->need(map->uint("session"));
  std::optional<LinkMessage> message;
  if (type == "entry") {
    message = EntryHeader{session, map->need(map->uint("seq")), map->uint("wanted").value_or(0),
                          map->uint("behind").value_or(0), map->uint("absent").value_or(0)};
  } else if (type == "credit") {
    message = Credit{session, map->need(map->uint("credit"))};
  } else if (type == "keepalive") {
    message = Keepalive{session};
  } else if (type == "deliver") {
    message = Deliver{session};
  } else if (type == "refused") {
    message = Refused{session, map->need_text("why")};
  } else if (type == "want") {
    Want want{.session = session};
    want.series_uid = map->text("series_uid").value_or("");
    want.ticket = map->uint("ticket").value_or(1);
    want.ids = map->need(map->ids("ids"));
    message = std::move(want);
  } else if (type == "hello") {
    Hello hello{.consumer = map->need_text("consumer"), .session = session};
    hello.series_uid = map->text("series_uid").value_or("");
    hello.next = map->uint("next").value_or(0);
    hello.credit = map->need(map->uint("credit"));
    hello.revision = map->uint("revision").value_or(0);
    hello.holds = map->ids("holds").value_or(std::vector<FrameId>{});
    hello.started_ns = map->integer("started").value_or(0);
    hello.owner = map->uint("owner").value_or(0);
    if (!hello.consumer.empty()) message = std::move(hello);
  }
  if (!message) return FrameFault::malformed;
  return map->whole(*std::move(message));
}

}  // namespace ptero::wire
