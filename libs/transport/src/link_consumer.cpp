#include <ptero/transport/link_consumer.hpp>
#include <random>

namespace ptero::transport {

namespace {
SocketOptions unlimited() {
  SocketOptions options;
  options.high_water_mark = 0;  // credit bounds what is in flight
  return options;
}
}  // namespace

LinkConsumer::LinkConsumer(Context& context, const std::string& endpoint, const LinkConsumerOptions& options,
                           Resume resume)
    : socket_(context, SocketKind::dealer, unlimited()), options_(options), resume_(std::move(resume)) {
  // Sessions of an earlier process of the same name must not be taken for ours.
  session_ = std::random_device{}();
  session_ <<= 20;
  socket_.connect(endpoint);
  hello();
}

void LinkConsumer::hello() {
  wire::Hello hello = resume_();
  hello.consumer = options_.name;
  hello.session = ++session_;
  hello.credit = options_.credit;
  expected_ = hello.next;
  taken_ = 0;
  answered_ = false;
  ++hellos_;
  last_heard_ = Clock::now();
  socket_.send({wire::encode(hello)});
}

LinkConsumer::Event LinkConsumer::poll(std::chrono::milliseconds timeout, const Wakeup* wakeup) {
  const auto deadline = Clock::now() + timeout;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const bool ready = socket_.wait(std::max(left, std::chrono::milliseconds(0)), wakeup);
    if (ready) {
      while (auto message = socket_.receive()) {
        Event event = handle(*message);
        if (event.kind != EventKind::nothing) return event;
      }
    } else if (Clock::now() - last_heard_ > options_.silence) {
      hello();
    }
    if (!ready && wakeup) return {};
  } while (Clock::now() < deadline);
  return {};
}

LinkConsumer::Event LinkConsumer::handle(const Parts& message) {
  const auto decoded = wire::decode_link(message[0]);
  if (!decoded) return {};
  const auto session = std::visit([](const auto& m) { return m.session; }, *decoded);
  if (session != session_) return {};  // said to an earlier session
  last_heard_ = Clock::now();
  if (const auto* refused = std::get_if<wire::Refused>(&*decoded))
    return {EventKind::refused, {}, refused->why};
  if (const auto* header = std::get_if<wire::EntryHeader>(&*decoded)) return take_entry(*header, message);
  if (std::holds_alternative<wire::Keepalive>(*decoded) && !answered_) {
    answered_ = true;
    return {EventKind::session, {}, {}};
  }
  return {};
}

LinkConsumer::Event LinkConsumer::take_entry(const wire::EntryHeader& header, const Parts& message) {
  if (header.wanted == 0) {
    // 0: the producer went on to its next series. Anything else out of step means something was lost on the
    // way.
    if (header.sequence != expected_ && header.sequence != 0) {
      hello();
      return {};
    }
    expected_ = header.sequence + 1;
  }
  took_one();
  Event event{EventKind::entry, {header.sequence, header.wanted != 0, {}}, {}};
  event.entry.parts.assign(message.begin() + 1, message.end());
  return event;
}

void LinkConsumer::took_one() {
  if (++taken_ < (options_.credit + 1) / 2) return;
  socket_.send({wire::encode(wire::Credit{session_, taken_})});
  taken_ = 0;
}

void LinkConsumer::want(std::vector<FrameId> ids) {
  socket_.send({wire::encode(wire::Want{session_, std::move(ids)})});
}

bool LinkConsumer::deliver(Bytes body) {
  if (!answered_) return false;
  return socket_.send({wire::encode(wire::Deliver{session_}), std::move(body)}) == Socket::Sent::yes;
}

}  // namespace ptero::transport
