#include <algorithm>
#include <ptero/transport/link_producer.hpp>

namespace ptero::transport {

namespace {
// A consumer takes a link for dead after a second of silence.
constexpr std::chrono::milliseconds keepalive_every{250};
// Between two looks at the socket, so that hellos and credit are not starved by a long replay.
constexpr int entries_a_round = 32;

// What consumers say is small: ids they hold or want, labels.
constexpr std::size_t max_word_bytes = std::size_t{64} << 20;

SocketOptions of_link(SocketOptions options) {
  // Credit bounds what is in flight; a high water mark would make a ROUTER drop entries instead.
  options.high_water_mark = 0;
  if (options.max_message_bytes == 0) options.max_message_bytes = max_word_bytes;
  return options;
}
}  // namespace

LinkProducer::LinkProducer(Context& context, const std::string& endpoint, const SocketOptions& options,
                           OpenFeed open_feed, OnDeliver on_deliver)
    : socket_(context, SocketKind::router, of_link(options)),
      open_feed_(std::move(open_feed)),
      on_deliver_(std::move(on_deliver)) {
  socket_.bind(endpoint);
  endpoint_ = socket_.endpoint();
}

void LinkProducer::run(const std::function<bool()>& keep_going) {
  bool more = false;
  while (keep_going()) {
    const std::chrono::milliseconds patience(more ? 0 : 100);
    if (socket_.wait(patience, &wakeup_))
      while (auto message = socket_.receive()) handle(*message);
    more = pump();
    send_keepalives();
  }
}

void LinkProducer::handle(const Parts& message) {
  if (message.size() < 2) {
    ++bad_messages_;
    return;
  }
  const std::string route(message[0].text());
  const auto decoded = wire::decode_link(message[1]);
  if (!decoded) {
    ++bad_messages_;
    return;
  }
  if (const auto* hello = std::get_if<wire::Hello>(&*decoded)) return open(route, *hello);

  const auto found = consumers_.find(route);
  const auto session = std::visit([](const auto& m) { return m.session; }, *decoded);
  // Words of a session that a later hello replaced mean nothing any more.
  if (found == consumers_.end() || found->second.session != session) return;
  Consumer& consumer = found->second;
  if (const auto* credit = std::get_if<wire::Credit>(&*decoded)) {
    consumer.credit = std::min(max_link_credit, consumer.credit + std::min(max_link_credit, credit->credit));
  } else if (const auto* want = std::get_if<wire::Want>(&*decoded)) {
    consumer.feed->want(*want);
  } else if (std::holds_alternative<wire::Deliver>(*decoded)) {
    on_deliver_(consumer.name, Parts(message.begin() + 2, message.end()));
  } else {
    ++bad_messages_;
  }
}

void LinkProducer::open(const std::string& route, const wire::Hello& hello) {
  std::erase_if(consumers_, [&](const auto& item) { return item.second.name == hello.consumer; });
  auto feed = open_feed_(hello);
  if (feed) {
    Consumer consumer{hello.consumer, hello.session, std::min(max_link_credit, hello.credit),
                      std::move(feed.value()), Clock::now()};
    // The first keepalive is the answer to the hello.
    if (send(route, consumer, {wire::encode(wire::Keepalive{hello.session})}))
      consumers_.insert_or_assign(route, std::move(consumer));
  } else {
    socket_.send({Bytes::take(route), wire::encode(wire::Refused{hello.session, feed.reason()})});
  }
  consumer_count_ = consumers_.size();
}

template <class F>
void LinkProducer::keep_consumers_if(F serve) {
  for (auto it = consumers_.begin(); it != consumers_.end();)
    it = serve(it->first, it->second) ? std::next(it) : consumers_.erase(it);
  consumer_count_ = consumers_.size();
}

bool LinkProducer::pump() {
  bool more = false;
  keep_consumers_if([&](const std::string& route, Consumer& consumer) {
    for (int i = 0; consumer.credit > 0; ++i) {
      if (i == entries_a_round) {
        more = true;
        break;
      }
      auto entry = consumer.feed->next();
      if (!entry) break;
      Parts parts{
          wire::encode(wire::EntryHeader{consumer.session, entry->sequence, entry->ticket, entry->behind})};
      parts.insert(parts.end(), entry->parts.begin(), entry->parts.end());
      if (!send(route, consumer, std::move(parts))) return false;
      --consumer.credit;
      ++entries_sent_;
    }
    return true;
  });
  return more;
}

void LinkProducer::send_keepalives() {
  const auto now = Clock::now();
  keep_consumers_if([&](const std::string& route, Consumer& consumer) {
    return now - consumer.last_sent < keepalive_every ||
           send(route, consumer, {wire::encode(wire::Keepalive{consumer.session})});
  });
}

bool LinkProducer::send(const std::string& route, Consumer& consumer, Parts parts) {
  parts.insert(parts.begin(), Bytes::take(route));
  consumer.last_sent = Clock::now();
  // Whoever is gone says hello when it is back; nothing is kept for it here.
  return socket_.send(parts) == Socket::Sent::yes;
}

}  // namespace ptero::transport
