#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>

#include <ptero/telemetry/http_server.hpp>

namespace ptero::telemetry::detail {

/// Stands in front of the HTTP server, whose threads a client would otherwise hold by sending slowly or not
/// at all: accepts connections, waits for whole requests and hands on only those. One thread for all
/// connections; it waits for nobody, and answers /healthz itself. What is handed on says where it came from,
/// in a header that begins with a secret, so that the server takes requests from here alone.
class HttpDoor {
 public:
  enum class Turned : std::uint8_t {
    slow,      ///< it did not send its request in time
    too_many,  ///< others of its address, or all together, hold what there is
  };
  static constexpr const char* header = "x-ptero-door";

  /// Listens, so that an address that cannot be had is found before anything starts. Throws InputError.
  explicit HttpDoor(const HttpOptions& options);
  ~HttpDoor();
  HttpDoor(const HttpDoor&) = delete;
  HttpDoor& operator=(const HttpDoor&) = delete;

  int port() const { return port_; }
  /// Begins to let clients in, to the server on that port of loopback. `turned_away` is called on the door's
  /// thread.
  void open(int inner_port, std::function<void(Turned)> turned_away);
  /// The address in a header's value; empty where the secret is not that of this door.
  std::string address_in(std::string_view value) const;

 private:
  struct Connection;
  enum class Phase : std::uint8_t {
    asking,   ///< its request is not whole yet
    served,   ///< by the server behind
    leaving,  ///< what is left for it is sent, what it still sends is thrown away
  };
  void run();
  std::int64_t stalls_ns() const;
  void accept_all(std::int64_t now);
  void serve(Connection& c, short client_events, short inner_events, std::int64_t now);
  void read_request(Connection& c, std::int64_t now);
  void take_request(Connection& c, std::int64_t now);
  void hand_on(Connection& c, std::size_t head_bytes, std::int64_t now);
  void pump(Connection& c, short inner_events, std::int64_t now);
  void flush(Connection& c, std::int64_t now);
  void answer(Connection& c, const std::string& response, std::int64_t now);
  void expire(Connection& c, std::int64_t now);
  /// Makes room for one more: the oldest that has not asked yet goes.
  void evict(const std::string& address);

  const HttpOptions options_;
  const std::string secret_;
  int listener_ = -1;
  int wake_ = -1;
  int port_ = 0;
  int inner_port_ = 0;
  std::function<void(Turned)> turned_away_;
  std::list<Connection> connections_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace ptero::telemetry::detail
