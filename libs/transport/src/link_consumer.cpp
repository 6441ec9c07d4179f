#include <ptero/transport/link_consumer.hpp>
#include <random>

namespace ptero::transport {

namespace {
// How often a hello is tried while there is no connection.
constexpr std::chrono::milliseconds try_every{20};
// A producer takes a consumer that says nothing for 10 s for one that may be gone.
constexpr std::chrono::seconds life_every{1};
constexpr std::chrono::seconds refusal_every{30};

std::uint64_t random_number() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

SocketOptions link_options() {
  SocketOptions options;
  options.high_water_mark = 0;  // credit bounds what is in flight
  // Nothing is queued for a producer that is not there: it would find a hello for every second it was away.
  options.only_when_connected = true;
  // The producer says something four times a second.
  options.longest_silence = std::chrono::seconds(5);
  return options;
}
}  // namespace

LinkConsumer::LinkConsumer(Context& context, const std::string& endpoint, const LinkConsumerOptions& options,
                           Resume resume)
    : socket_(context, SocketKind::dealer, link_options()),
      options_(options),
      resume_(std::move(resume)),
      owner_(random_number()),
      // Sessions of an earlier process of the same name must not be taken for ours.
      session_(random_number() >> 12 << 10) {
  socket_.connect(endpoint);
  hello();
}

void LinkConsumer::hello() {
  hello_ = resume_();
  hello_.consumer = options_.name;
  hello_.owner = owner_;
  hello_.session = ++session_;
  hello_.credit = options_.credit;
  expected_ = hello_.next;
  taken_ = 0;
  said_ = answered_ = false;
  ++hellos_;
  last_heard_ = Clock::now();
  say_hello();
}

void LinkConsumer::say_hello() {
  said_ = socket_.send({wire::encode(hello_)}) == Socket::Sent::yes;
  if (said_) last_heard_ = last_said_ = Clock::now();
}

/// Credit for nothing: this end is there.
void LinkConsumer::show_life() {
  if (!answered_ || Clock::now() - last_said_ < life_every) return;
  last_said_ = Clock::now();
  socket_.send({wire::encode(wire::Credit{session_, 0})});
}

LinkConsumer::Event LinkConsumer::poll(std::chrono::milliseconds timeout, const Wakeup* wakeup) {
  const auto deadline = Clock::now() + timeout;
  do {
    if (!said_) say_hello();
    show_life();
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (!said_) left = std::min(left, try_every);
    const bool ready = socket_.wait(std::max(left, std::chrono::milliseconds(0)), wakeup);
    if (ready) {
      while (auto message = socket_.receive()) {
        Event event = handle(*message);
        if (event.kind != EventKind::nothing) return event;
      }
    } else if (said_ && Clock::now() - last_heard_ > options_.silence) {
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
  if (const auto* refused = std::get_if<wire::Refused>(&*decoded)) return take_refusal(*refused);
  if (const auto* header = std::get_if<wire::EntryHeader>(&*decoded)) return take_entry(*header, message);
  if (std::holds_alternative<wire::Keepalive>(*decoded) && !answered_) {
    answered_ = true;
    return {EventKind::session, {}, {}};
  }
  return {};
}

/// The hello is said again after silence; the same answer to it is no news for a while.
LinkConsumer::Event LinkConsumer::take_refusal(const wire::Refused& refused) {
  if (refused.why == refusal_ && Clock::now() - refusal_told_ < refusal_every) return {};
  refusal_ = refused.why;
  refusal_told_ = Clock::now();
  return {EventKind::refused, {}, refused.why};
}

LinkConsumer::Event LinkConsumer::take_entry(const wire::EntryHeader& header, const Parts& message) {
  if (header.wanted == 0) {
    // 0: the producer went on to its next series. Absent: it has not got the numbers between. Anything else
    // out of step means something was lost on the way.
    if (header.sequence != 0 &&
        (header.absent > header.sequence || header.sequence - header.absent != expected_)) {
      hello();
      return {};
    }
    expected_ = header.sequence + 1;
  }
  took_one();
  Event event{EventKind::entry, {header.sequence, header.wanted, {}, header.behind}, {}};
  event.entry.parts.assign(message.begin() + 1, message.end());
  return event;
}

void LinkConsumer::took_one() {
  if (++taken_ < (options_.credit + 1) / 2) return;
  socket_.send({wire::encode(wire::Credit{session_, taken_})});
  taken_ = 0;
}

bool LinkConsumer::want(wire::Want want) {
  if (!answered_) return false;
  want.session = session_;
  return socket_.send({wire::encode(want)}) == Socket::Sent::yes;
}

bool LinkConsumer::deliver(Bytes body) {
  if (!answered_) return false;
  return socket_.send({wire::encode(wire::Deliver{session_}), std::move(body)}) == Socket::Sent::yes;
}

}  // namespace ptero::transport
