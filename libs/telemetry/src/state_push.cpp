#include <ptero/telemetry/state_push.hpp>

#include <civetweb.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

namespace ptero::telemetry {

namespace {

struct Value {
  std::shared_ptr<const std::string> bytes;
  StatePush::Kind kind = StatePush::Kind::text;
  std::uint64_t version = 0;
};

struct Client {
  mg_connection* connection = nullptr;
  std::map<std::string, std::uint64_t, std::less<>> seen;  // topic -> version last sent
  std::set<std::string, std::less<>> wanted;               // empty: all
  std::shared_ptr<const std::string> sending;              // nothing: waits for news
  bool closed = false;
  std::jthread sender;
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

  /// The thread of one client.
  void send_to(Client& client) {
    std::unique_lock lock(mutex);
    while (!client.closed && !closing) {
      const auto* next = next_for(client);
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
      // It took nothing more for the server's timeout.
      if (!client.closed) ++stats.cut_off;
      mg_close_connection(client.connection);
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
      found->second->wanted.clear();
      std::istringstream topics(std::string(data, size));
      for (std::string topic; std::getline(topics, topic, ',');) found->second->wanted.insert(topic);
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

void StatePush::publish(std::string_view topic, std::string value, Kind kind) {
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
    found->second = {std::make_shared<const std::string>(std::move(value)), kind, ++impl_->last_version};
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
