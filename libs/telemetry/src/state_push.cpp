#include <ptero/telemetry/state_push.hpp>

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "link_rate.hpp"

namespace ptero::telemetry {

namespace {

using Shared = std::shared_ptr<const std::string>;

/// A value at each level, made once for all clients that ask.
class Levels {
 public:
  Levels(Shared whole, StatePush::Smaller smaller) : smaller_(std::move(smaller)) {
    made_[0] = std::move(whole);
  }

  int worst() const { return smaller_ ? StatePush::levels : 0; }
  Shared at(int level) {
    const std::lock_guard lock(mutex_);
    auto& one = made_.at(static_cast<std::size_t>(level));
    if (!one) one = std::make_shared<const std::string>(smaller_(*made_[0], level));
    return one;
  }

 private:
  StatePush::Smaller smaller_;
  std::mutex mutex_;
  std::array<Shared, StatePush::levels + 1> made_;
};

struct Value {
  Shared bytes;
  StatePush::Kind kind = StatePush::Kind::text;
  std::uint64_t version = 0;
  std::shared_ptr<Levels> levels;
};

/// On its way to a client, piece by piece.
struct Going {
  std::string topic;
  std::uint64_t version = 0;
  Shared bytes;
  int level = 0;
  std::size_t sent = 0;
  bool again = false;  // was sent before, smaller
};

constexpr std::size_t small_bytes = 64 * 1024;  // taken for granted of any link
constexpr double value_s = 1;                   // a picture is made so small that it takes no longer

struct Client {
  mg_connection* connection = nullptr;
  std::map<std::string, std::uint64_t, std::less<>> seen;  // topic -> version last sent
  std::set<std::string, std::less<>> wanted;               // empty: all
  std::shared_ptr<const std::string> sending;              // nothing: waits for news
  bool in_pieces = false;
  std::optional<Going> going;
  std::map<std::string, int, std::less<>> level;  // topic -> that it was last sent at
  std::size_t unanswered_bytes = 0;               // of the piece that it has not answered; 0: none
  std::chrono::steady_clock::time_point sent_at;
  detail::LinkRate rate;
  bool closed = false;
  std::jthread sender;

  /// An answer, or the topics that are wanted.
  void hear(const std::string& text) {
    if (in_pieces && text == "ack") {
      const auto took = std::chrono::steady_clock::now() - sent_at;
      if (unanswered_bytes > 0) rate.answered(unanswered_bytes, std::chrono::nanoseconds(took).count());
      unanswered_bytes = 0;
      return;
    }
    wanted.clear();
    std::istringstream topics(text);
    for (std::string topic; std::getline(topics, topic, ',');) wanted.insert(topic);
  }
};

}  // namespace

struct StatePush::Impl {
  std::size_t max_clients = 0;
  mutable std::mutex mutex;
  std::condition_variable news;
  std::map<std::string, Value, std::less<>> values;
  std::map<const mg_connection*, std::unique_ptr<Client>> clients;
  std::size_t places_taken = 0;  // clients whose handshake is under way included
  bool closing = false;
  std::uint64_t last_version = 0;  // counts over all topics, so that the oldest news goes first
  PushStats stats;

  using Entry = std::pair<const std::string, Value>;

  static bool waits_for(const Client& client, const Entry& entry) {
    if (!client.wanted.empty() && !client.wanted.contains(entry.first)) return false;
    const auto seen = client.seen.find(entry.first);
    return seen == client.seen.end() || seen->second != entry.second.version;
  }

  /// The topic that has waited longest for this client; texts, which are small, before pictures: over a slow
  /// link numbers do not wait for more than the picture that is on the way.
  const Entry* next_for(const Client& client) const {
    const auto order = [](const Entry& entry) { return std::pair(entry.second.kind, entry.second.version); };
    const Entry* next = nullptr;
    for (const auto& entry : values)
      if (waits_for(client, entry) && (!next || order(entry) < order(*next))) next = &entry;
    return next;
  }

  /// What was sent smaller than its link takes now, or could take by and by.
  const Entry* again_for(const Client& client) const {
    for (const auto& entry : values)
      if (const auto found = client.level.find(entry.first); found != client.level.end() && found->second > 0)
        return &entry;
    return nullptr;
  }

  static int level_for(const Client& client, Levels& levels) {
    for (int level = 0; level < levels.worst(); ++level) {
      const double bytes = static_cast<double>(levels.at(level)->size());
      const bool fits =
          client.rate.known() ? bytes <= client.rate.bytes_per_s() * value_s : bytes <= small_bytes;
      if (fits) return level;
      if (!client.rate.known()) break;
    }
    return levels.worst();
  }

  /// Chooses what goes next in pieces, if anything does. Making it smaller is done without the lock.
  void begin_picture(Client& client, std::unique_lock<std::mutex>& lock) {
    const auto* next = next_for(client);
    // What is sent a second time stands back for whatever is new.
    if (client.going && !(client.going->again && next)) return;
    client.going.reset();
    const bool again = !next;
    if (again) next = again_for(client);
    if (!next) return;
    Going going{.topic = next->first, .version = next->second.version, .again = again};
    const auto levels = next->second.levels;
    const int before = again ? client.level[going.topic] : levels->worst() + 1;
    client.seen[going.topic] = going.version;
    lock.unlock();
    going.level = std::min(level_for(client, *levels), before - 1);
    going.bytes = levels->at(going.level);
    lock.lock();
    client.going = std::move(going);
  }

  /// Sends one piece, or waits for news. False: the client is lost.
  bool send_piece(Client& client, std::unique_lock<std::mutex>& lock) {
    if (client.unanswered_bytes == 0) begin_picture(client, lock);
    if (client.unanswered_bytes > 0 || !client.going) {
      if (!client.closed && !closing) news.wait(lock);
      return true;
    }
    Going& going = *client.going;
    const std::size_t size = std::min(client.rate.piece(), going.bytes->size() - going.sent);
    const std::uint32_t head[] = {
        static_cast<std::uint32_t>(going.bytes->size()), static_cast<std::uint32_t>(going.sent),
        static_cast<std::uint32_t>(going.version), static_cast<std::uint32_t>(going.level)};
    std::string piece(sizeof head + size, '\0');
    std::memcpy(piece.data(), head, sizeof head);
    std::memcpy(piece.data() + sizeof head, going.bytes->data() + going.sent, size);
    going.sent += size;
    client.unanswered_bytes = piece.size();
    client.sent_at = std::chrono::steady_clock::now();
    client.sending = going.bytes;
    if (going.sent == going.bytes->size()) {
      client.level[going.topic] = going.level;
      client.going.reset();
      ++stats.sent;
    }
    lock.unlock();
    const int written =
        mg_websocket_write(client.connection, MG_WEBSOCKET_OPCODE_BINARY, piece.data(), piece.size());
    lock.lock();
    if (!client.going) client.sending.reset();
    return written > 0 && static_cast<std::size_t>(written) >= piece.size();
  }

  void count_what_waits(PushStats& out) const {
    std::set<const std::string*> held;
    const auto hold = [&](const std::shared_ptr<const std::string>& bytes) {
      if (bytes && held.insert(bytes.get()).second) out.held_bytes += bytes->size();
    };
    for (const auto& [topic, value] : values) hold(value.bytes);
    for (const auto& [connection, client] : clients) {
      hold(client->sending);
      std::size_t waiting = client->sending ? 1 : 0, bytes = client->sending ? client->sending->size() : 0;
      for (const auto& entry : values) {
        if (!waits_for(*client, entry)) continue;
        ++waiting;
        bytes += entry.second.bytes->size();
      }
      out.waiting_values = std::max(out.waiting_values, waiting);
      out.waiting_bytes = std::max(out.waiting_bytes, bytes);
    }
  }

  /// It took nothing more for the server's timeout.
  void give_up(Client& client) {
    if (!client.closed) ++stats.cut_off;
    mg_close_connection(client.connection);
  }

  /// The thread of one client.
  void send_to(Client& client) {
    std::unique_lock lock(mutex);
    while (!client.closed && !closing) {
      const auto* next = next_for(client);
      if (client.in_pieces && (!next || next->second.kind == Kind::binary)) {
        if (send_piece(client, lock)) continue;
        give_up(client);
        return;
      }
      if (!next) {
        news.wait(lock);
        continue;
      }
      client.seen[next->first] = next->second.version;
      const Value value = next->second;
      client.sending = value.bytes;
      lock.unlock();
      const int opcode = value.kind == Kind::text ? MG_WEBSOCKET_OPCODE_TEXT : MG_WEBSOCKET_OPCODE_BINARY;
      const int written =
          mg_websocket_write(client.connection, opcode, value.bytes->data(), value.bytes->size());
      lock.lock();
      client.sending.reset();
      // Of a message that a client did not take whole civetweb says how much it took.
      if (written > 0 && static_cast<std::size_t>(written) >= value.bytes->size()) {
        ++stats.sent;
        continue;
      }
      give_up(client);
      return;
    }
    if (client.closed) return;
    // Its connection lives until this thread is joined; the others must not wait for a page that does not
    // read.
    lock.unlock();
    mg_websocket_write(client.connection, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, "", 0);
  }

  static Impl& of(void* self) { return *static_cast<Impl*>(self); }

  static int on_connect(const mg_connection*, void* self) {
    auto& impl = of(self);
    const std::lock_guard lock(impl.mutex);
    if (impl.closing || impl.places_taken >= impl.max_clients) {
      ++impl.stats.refused;
      return 1;
    }
    ++impl.places_taken;
    return 0;
  }

  static void on_ready(mg_connection* connection, void* self) {
    auto& impl = of(self);
    auto client = std::make_unique<Client>();
    client->connection = connection;
    const char* query = mg_get_request_info(connection)->query_string;
    client->in_pieces = query && std::string_view(query) == "pieces";
    const std::lock_guard lock(impl.mutex);
    auto& kept = *(impl.clients[connection] = std::move(client));
    kept.sender = std::jthread([&impl, &kept] { impl.send_to(kept); });
  }

  static int on_data(mg_connection* connection, int bits, char* data, std::size_t size, void* self) {
    constexpr int opcode_bits = 0x0f;
    if ((bits & opcode_bits) == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE) return 0;
    if ((bits & opcode_bits) != MG_WEBSOCKET_OPCODE_TEXT || size > 1024) return 1;
    auto& impl = of(self);
    {
      const std::lock_guard lock(impl.mutex);
      const auto found = impl.clients.find(connection);
      if (found == impl.clients.end()) return 1;
      found->second->hear(std::string(data, size));
    }
    impl.news.notify_all();
    return 1;
  }

  /// civetweb forgets the connection when this returns, so the sender has to be done with it.
  static void on_close(const mg_connection* connection, void* self) {
    auto& impl = of(self);
    std::unique_ptr<Client> client;
    {
      const std::lock_guard lock(impl.mutex);
      --impl.places_taken;
      if (const auto found = impl.clients.find(connection); found != impl.clients.end()) {
        client = std::move(found->second);
        impl.clients.erase(found);
        client->closed = true;
      }
    }
    impl.news.notify_all();
  }  // joins the sender
};

StatePush::StatePush(mg_context* context, const std::string& path, std::size_t max_clients)
    : impl_(std::make_unique<Impl>()) {
  impl_->max_clients = max_clients;
  mg_set_websocket_handler(context, path.c_str(), Impl::on_connect, Impl::on_ready, Impl::on_data,
                           Impl::on_close, impl_.get());
}

StatePush::~StatePush() = default;

void StatePush::publish(std::string_view topic, std::string value, Kind kind, Smaller smaller) {
  {
    const std::lock_guard lock(impl_->mutex);
    auto found = impl_->values.find(topic);
    if (found == impl_->values.end()) found = impl_->values.emplace(std::string(topic), Value{}).first;
    const auto before = found->second.version;
    for (const auto& [connection, client] : impl_->clients) {
      const auto seen = client->seen.find(topic);
      const bool hears = client->wanted.empty() || client->wanted.contains(topic);
      if (hears && before > 0 && (seen == client->seen.end() || seen->second != before))
        ++impl_->stats.skipped;
    }
    auto bytes = std::make_shared<const std::string>(std::move(value));
    auto at_levels = std::make_shared<Levels>(bytes, std::move(smaller));
    found->second = {std::move(bytes), kind, ++impl_->last_version, std::move(at_levels)};
  }
  impl_->news.notify_all();
}

PushStats StatePush::stats() const {
  const std::lock_guard lock(impl_->mutex);
  PushStats stats = impl_->stats;
  stats.clients = impl_->clients.size();
  stats.topics = impl_->values.size();
  impl_->count_what_waits(stats);
  return stats;
}

void StatePush::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
  }
  impl_->news.notify_all();
}

}  // namespace ptero::telemetry
