#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct mg_context;

namespace ptero::telemetry {

struct PushOptions {
  /// Clients served at once; one more is refused. Each takes a thread of the HTTP server while it is there,
  /// so HttpOptions::threads has to be larger; otherwise it limits them.
  std::size_t max_clients = 32;
};

struct PushStats {
  std::size_t clients = 0;
  std::size_t topics = 0;
  std::uint64_t sent = 0;     ///< values
  std::uint64_t skipped = 0;  ///< values that were replaced before a client could take them
  std::uint64_t refused = 0;  ///< clients beyond max_clients
  std::uint64_t cut_off = 0;  ///< clients that took nothing for HttpOptions::timeout_ms
  /// For the client that is furthest behind: one value a topic that it has not been sent, and the one that is
  /// being sent.
  std::size_t waiting_values = 0;
  std::size_t waiting_bytes = 0;
  /// In memory for all clients together: the newest value of each topic, and what is being sent of older
  /// ones.
  std::size_t held_bytes = 0;
};

/// A WebSocket that shows every client the newest value of each topic. What waits for a client is at most one
/// value a topic, shared by all clients: a stalled one costs no memory and is cut off. A client hears every
/// topic; it may name those it wants in a text message, separated by commas.
///
/// A client that comes with `?pieces` gets binary values in pieces, each a message of its own: u32 bytes of
/// the value, u32 place of the piece in it, u32 version of the value, u32 level, then the piece, little
/// endian. It answers each with the text `ack`, and there is never more than one that it has not answered;
/// texts go between them. Pieces, and the level of what is sent, follow how soon it answers. A value that
/// begins at 0 replaces one that did not end. Once nothing else waits, what was sent smaller is sent again at
/// a better level, under the same version.
///
/// Made by HttpServer::add_push and lives as long as the server. Members may be called from any thread.
class StatePush {
 public:
  enum class Kind : std::uint8_t { text, binary };

  /// The value said with fewer bytes: level 1 with nearly all of it, up to `levels` with the least. Called on
  /// threads of clients, once a level and value.
  using Smaller = std::function<std::string(const std::string& value, int level)>;
  static constexpr int levels = 3;

  void publish(std::string_view topic, std::string value, Kind kind, Smaller smaller = {});
  PushStats stats() const;

 private:
  friend class HttpServer;
  struct Impl;
  StatePush(mg_context* context, const std::string& path, std::size_t max_clients);

 public:
  ~StatePush();
  StatePush(const StatePush&) = delete;
  StatePush& operator=(const StatePush&) = delete;

 private:
  void close();
  std::unique_ptr<Impl> impl_;
};

}  // namespace ptero::telemetry
