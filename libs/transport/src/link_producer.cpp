#include <algorithm>
#include <ptero/transport/link_producer.hpp>

namespace ptero::transport {

namespace {
// A consumer takes a link for dead after a second of silence.
constexpr std::chrono::milliseconds keepalive_every{250};
// Between two looks at the socket, so that hellos and credit are not starved by a long replay.
constexpr int entries_a_round = 32;
constexpr int words_a_round = 256;

// What consumers say is small: ids they hold or want, a million labels.
constexpr std::size_t max_word_bytes = std::size_t{8} << 20;

// A consumer that is away comes back with all its labels at once; in between it says a few words an entry.
constexpr PeerLimits of_consumers{
    .messages_per_s = 20'000, .messages = 50'000, .bytes_per_s = 16e6, .bytes = std::size_t{64} << 20};
// A hello opens a feed. Said once a second in silence; a consumer may be impatient.
constexpr std::size_t hellos_a_minute = 600;

// A consumer shows that it is there once a second; one that was not heard for so long may be at the end of a
// connection that is dead.
constexpr std::chrono::seconds taken_for_alive{10};

SocketOptions of_link(SocketOptions options) {
  // Credit bounds what is in flight; a high water mark would make a ROUTER drop entries instead.
  options.high_water_mark = 0;
  if (options.max_message_bytes == 0) options.max_message_bytes = max_word_bytes;
  options.needs = Right::take;
  return options;
}

std::string from_where(const std::string& address) {
  return address.empty() ? "within this process" : "from " + address;
}
}  // namespace

LinkProducer::LinkProducer(Context& context, const std::string& endpoint, const SocketOptions& options,
                           OpenFeed open_feed, OnDeliver on_deliver, Deliverer deliverer)
    : socket_(context, SocketKind::router, of_link(options), of_consumers),
      open_feed_(std::move(open_feed)),
      on_deliver_(std::move(on_deliver)),
      deliverer_(std::move(deliverer)) {
  socket_.bind(endpoint);
  endpoint_ = socket_.endpoint();
}

LinkProducer::LinkProducer(Context& context, const std::string& endpoint, const SocketOptions& options,
                           OpenFeed open_feed, OnDeliver on_deliver)
    : LinkProducer(context, endpoint, options, std::move(open_feed), std::move(on_deliver), Deliverer{}) {}

void LinkProducer::run(const std::function<bool()>& keep_going) {
  bool more = false;
  while (keep_going()) {
    const std::chrono::milliseconds patience(more ? 0 : 100);
    if (socket_.wait(patience)) {
      for (int n = 0; n < words_a_round; ++n) {
        const auto message = socket_.receive();
        if (!message) break;
        handle(message->parts, *message->from);
      }
    }
    more = pump();
    send_keepalives();
  }
}

void LinkProducer::handle(const Parts& message, Peer& from) {
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
  if (const auto* hello = std::get_if<wire::Hello>(&*decoded)) return open(route, *hello, from);

  const auto found = consumers_.find(route);
  const auto session = std::visit([](const auto& m) { return m.session; }, *decoded);
  // Words of a session that a later hello replaced mean nothing any more.
  if (found == consumers_.end() || found->second.session != session) return;
  Consumer& consumer = found->second;
  consumer.last_heard = Clock::now();
  if (const auto* credit = std::get_if<wire::Credit>(&*decoded)) {
    consumer.credit = std::min(max_link_credit, consumer.credit + std::min(max_link_credit, credit->credit));
  } else if (const auto* asked = std::get_if<wire::Want>(&*decoded)) {
    want(found, *asked, from);
  } else if (std::holds_alternative<wire::Deliver>(*decoded)) {
    deliver(found, message, from);
  } else {
    ++bad_messages_;
  }
}

void LinkProducer::want(std::map<std::string, Consumer>::iterator consumer, const wire::Want& want,
                        Peer& from) {
  if (consumer->second.wanted + want.ids.size() > max_link_wanted) {
    socket_.cut_off(from, "wants more than " + std::to_string(max_link_wanted) + " frames at once");
    return forget(consumer);
  }
  consumer->second.wanted += want.ids.size();
  consumer->second.feed->want(want);
}

void LinkProducer::deliver(std::map<std::string, Consumer>::iterator consumer, const Parts& message,
                           Peer& from) {
  const std::string& name = consumer->second.name;
  const bool named = deliverer_.name.empty() || name == deliverer_.name;
  if (named && from.rights.has(Right::deliver))
    return on_deliver_(name, Parts(message.begin() + 2, message.end()));
  ++refused_deliveries_;
  const std::string what = named ? "its key has no right to deliver"
                                 : "only the consumer named '" + deliverer_.name + "' may deliver";
  if (deliverer_.on_other)
    deliverer_.on_other("'" + name + "' " + from_where(from.address) + " delivered labels and was refused (" +
                        what + ")");
  socket_.cut_off(from, "delivers: " + what);
  // Nothing cuts off what is within the process.
  forget(consumer);
}

void LinkProducer::forget(std::map<std::string, Consumer>::iterator consumer) {
  consumers_.erase(consumer);
  consumer_count_ = consumers_.size();
}

/// Why this consumer cannot have the name it says: another has it.
std::optional<std::string> LinkProducer::why_not(const std::string& route, const wire::Hello& hello) {
  const auto other = std::find_if(consumers_.begin(), consumers_.end(), [&](const auto& item) {
    return item.second.name == hello.consumer && item.first != route;
  });
  if (other == consumers_.end() || other->second.owner == hello.owner) return std::nullopt;
  if (Clock::now() - other->second.last_heard > taken_for_alive) return std::nullopt;
  // One that was killed leaves no route.
  if (!send(other->first, other->second, {wire::encode(wire::Keepalive{other->second.session})}))
    return std::nullopt;
  return "another consumer named '" + hello.consumer + "' is connected (" +
         from_where(other->second.address) +
         "): stop one of the two, or give this one a name of its own (name in its section)";
}

void LinkProducer::open(const std::string& route, const wire::Hello& hello, Peer& from) {
  if (Clock::now() - from.since > std::chrono::minutes(1)) {
    from.since = Clock::now();
    from.account = 0;
  }
  if (++from.account > hellos_a_minute)
    return socket_.cut_off(from,
                           "says hello more than " + std::to_string(hellos_a_minute) + " times a minute");
  const auto refuse = [&](const std::string& why) {
    ++refused_hellos_;
    socket_.send({Bytes::take(route), wire::encode(wire::Refused{hello.session, why})});
  };
  if (const auto why = why_not(route, hello)) return refuse(*why);
  std::erase_if(consumers_, [&](const auto& item) { return item.second.name == hello.consumer; });
  auto feed = open_feed_(hello);
  if (feed) {
    Consumer consumer{.name = hello.consumer,
                      .owner = hello.owner,
                      .session = hello.session,
                      .credit = std::min(max_link_credit, hello.credit),
                      .next = hello.next,
                      .feed = std::move(feed.value()),
                      .address = from.address,
                      .last_sent = Clock::now(),
                      .last_heard = Clock::now()};
    // The first keepalive is the answer to the hello.
    if (send(route, consumer, {wire::encode(wire::Keepalive{hello.session})}))
      consumers_.insert_or_assign(route, std::move(consumer));
  } else {
    refuse(feed.reason());
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
      wire::EntryHeader header{consumer.session, entry->sequence, entry->ticket, entry->behind};
      if (entry->ticket == 0) {
        // Lost on the disk, or left out after a power cut: to ask again would not bring it.
        if (entry->sequence > consumer.next) header.absent = entry->sequence - consumer.next;
        consumer.next = entry->sequence + 1;
      }
      Parts parts{wire::encode(header)};
      parts.insert(parts.end(), entry->parts.begin(), entry->parts.end());
      if (!send(route, consumer, std::move(parts))) return false;
      --consumer.credit;
      if (entry->ticket != 0 && consumer.wanted > 0) --consumer.wanted;
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
