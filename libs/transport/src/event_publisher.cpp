#include <ptero/transport/event_publisher.hpp>

namespace ptero::transport {

namespace {
constexpr std::chrono::seconds repeat_every{2};
SocketOptions bounded(SocketOptions options) {
  options.high_water_mark = 8;  // messages a viewer may lag behind; pictures are large
  // Viewers say what they subscribe to, and nothing else; with keys the handshake takes some 300 bytes.
  options.max_message_bytes = 4096;
  options.needs = Right::watch;
  return options;
}

// A viewer subscribes to some tens of topics.
constexpr PeerLimits of_viewers{
    .messages_per_s = 100, .messages = 2000, .bytes_per_s = 1e5, .bytes = 1 << 20};
constexpr std::size_t most_subscriptions = 1000;

}  // namespace

EventPublisher::EventPublisher(Context& context, const std::string& endpoint, const SocketOptions& options)
    : socket_(context, SocketKind::xpub, bounded(options), of_viewers) {
  socket_.bind(endpoint);
  endpoint_ = socket_.endpoint();
}

void EventPublisher::publish(std::string_view topic, Parts parts) {
  {
    const std::lock_guard lock(mutex_);
    auto found = values_.find(topic);
    if (found == values_.end()) found = values_.emplace(std::string(topic), Value{}).first;
    found->second = Value{std::move(parts), true};
  }
  socket_.notify();
}

void EventPublisher::run(const std::function<bool()>& keep_going) {
  while (keep_going()) {
    if (socket_.wait(std::chrono::milliseconds(100)))
      while (const auto message = socket_.receive()) greet(message->parts, *message->from);
    send_fresh();
  }
  send_fresh();  // the last word of a service that stops is its report
}

void EventPublisher::greet(const Parts& subscription, Peer& from) {
  const auto text = subscription.empty() ? std::string_view() : subscription[0].text();
  if (text.starts_with('\0') || text.empty()) {
    if (from.account > 0) --from.account;
    return;  // an unsubscription
  }
  if (!text.starts_with('\1')) return socket_.cut_off(from, "something else than a subscription");
  // libzmq keeps each of them, and what it keeps goes with the connection alone.
  if (++from.account > most_subscriptions)
    return socket_.cut_off(from, "more than " + std::to_string(most_subscriptions) + " subscriptions");
  const std::lock_guard lock(mutex_);
  for (auto& [topic, value] : values_)
    if (topic.starts_with(text.substr(1))) value.fresh = true;
}

void EventPublisher::send_fresh() {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  for (auto& [topic, value] : values_) {
    if (!value.fresh && (now - value.sent < repeat_every || value.parts.size() > 1)) continue;
    value.fresh = false;
    value.sent = now;
    Parts message{Bytes::take(std::string(topic))};
    message.insert(message.end(), value.parts.begin(), value.parts.end());
    socket_.send(message);  // a subscriber whose queue is full misses it: pictures, not data
  }
}

}  // namespace ptero::transport
