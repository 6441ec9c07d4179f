#pragma once
// transport: ZeroMQ sockets as RAII, and the links made of them. A socket is used in one thread at a time
// (made in a constructor, used by the stage that is started afterwards); a Context may be shared by all.
// Nothing here looks into a message's body.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <ptero/core/bytes.hpp>
#include <ptero/transport/curve_gate.hpp>
#include <ptero/transport/curve_keys.hpp>
#include <ptero/transport/rights.hpp>
#include <ptero/transport/wakeup.hpp>
#include <string>

namespace ptero::transport {

/// The ZeroMQ context of a process; outlives its sockets. inproc:// endpoints meet within one context.
class Context {
 public:
  /// Everything is plain.
  Context();
  /// Sockets over tcp are encrypted and know each other by their keys, as far as the files say; `on_refused`
  /// hears of every connection over tcp that was refused, plain ones included. Throws InputError for files
  /// that cannot be used.
  Context(const CurveFiles& files, OnRefused on_refused);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

 private:
  friend class Socket;
  friend class GuardedSocket;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

enum class SocketKind { push, pull, router, dealer, xpub, sub };

struct SocketOptions {
  int high_water_mark = 1000;  ///< messages each way; 0 = no limit (somebody else bounds it: credit)
  std::chrono::milliseconds linger{1000};  ///< how long unsent messages outlive the socket; -1: for ever
  std::size_t max_message_bytes = 0;       ///< a peer that sends a larger part is disconnected; 0 = no limit
  bool only_when_connected = false;  ///< send fails while there is no connection, instead of queueing for one
  bool insecure = false;      ///< allow binding an address that other machines can reach without encryption
  bool foreign = false;       ///< the other end is none of ours, such as a detector: no keys of the context
  Right needs = Right::take;  ///< bound with keys: what a peer must be allowed to be let in
  /// DEALER and SUB over tcp or ipc: a connection over which nothing has come for so long while this end
  /// waited is made anew, for something between the ends may hold a dead one open; 0: never.
  std::chrono::milliseconds longest_silence{0};
  CurveKeys curve;  ///< of a client, instead of the context's: connect only to the server with that key
};

/// libzmq's own heartbeats are off on every socket: with them a peer that hangs up while a queue is full ends
/// the process by an assertion of libzmq 4.3.4. Who must notice a dead connection asks for longest_silence.
class Socket {
 public:
  Socket(Context& context, SocketKind kind, const SocketOptions& options = {});
  ~Socket();
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;

  /// Throws InputError naming the endpoint: malformed, in use, or reachable from outside with neither
  /// the context's keys nor `insecure`.
  void bind(const std::string& endpoint);
  /// Does not wait for the peer. Throws InputError for a malformed endpoint and for a host that is not known.
  void connect(const std::string& endpoint);
  /// What was connected to; what came from it and was not received is dropped.
  void disconnect(const std::string& endpoint);
  /// SUB only: topics that begin with `prefix`.
  void subscribe(const std::string& prefix);
  /// Replaces SocketOptions::linger; negative: closing waits until everything is taken.
  void set_linger(std::chrono::milliseconds linger);
  /// The bound address, with the port that a wildcard (tcp://127.0.0.1:*) was given.
  std::string endpoint() const;

  enum class Sent { yes, would_block, no_such_peer };
  /// Sends without blocking longer than `timeout`. Parts of 1 KiB and more are not copied.
  Sent send(const Parts& parts, std::chrono::milliseconds timeout = std::chrono::milliseconds(0));
  /// The next message whole, without copying its parts; nullopt when none came within `timeout`.
  std::optional<Parts> receive(std::chrono::milliseconds timeout = std::chrono::milliseconds(0));
  /// Waits until a message can be received (true) or `wakeup` was notified or the time is over (false).
  bool wait(std::chrono::milliseconds timeout, const Wakeup* wakeup = nullptr);

 private:
  friend class GuardedSocket;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// True for inproc, ipc and loopback tcp endpoints.
bool is_local(const std::string& endpoint);

}  // namespace ptero::transport
