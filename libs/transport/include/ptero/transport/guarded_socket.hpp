#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ptero/transport/socket.hpp>
#include <string>
#include <thread>

namespace ptero::transport {

class CurveGuard;

/// What one connection may say. A rate is what it may keep up; the numbers beside it are what it may say at
/// once, and what may wait here until it is looked at.
struct PeerLimits {
  double messages_per_s;
  std::size_t messages;
  double bytes_per_s;
  std::size_t bytes;
};

/// The other end of one connection.
struct Peer {
  std::string address;      ///< IP:PORT, or user:group:process over ipc; empty: within this process
  std::string public_key;   ///< of its CURVE pair; empty: not encrypted
  Rights rights;            ///< all, where nobody asks for keys
  std::size_t account = 0;  ///< for whoever receives: what it has counted of this peer ...
  std::chrono::steady_clock::time_point since{};  ///< ... since then
};

/// A ROUTER or XPUB that is bound, and to which strangers speak. A thread of its own takes everything in at
/// once, so that libzmq's queues never fill, however busy the receiver is; what waits is bounded for each
/// connection, and one that says more than PeerLimits is cut off: its socket is shut down, what it had said
/// is forgotten, and the context is told (Refusal, too_much). Connections take turns. Over inproc nothing is
/// limited. send(), receive(), wait() and cut_off() belong to one thread; notify() is anybody's.
class GuardedSocket {
 public:
  GuardedSocket(Context& context, SocketKind kind, const SocketOptions& options, const PeerLimits& limits);
  ~GuardedSocket();
  GuardedSocket(const GuardedSocket&) = delete;
  GuardedSocket& operator=(const GuardedSocket&) = delete;

  /// Once. Throws InputError as Socket::bind.
  void bind(const std::string& endpoint);
  std::string endpoint() const { return endpoint_; }

  struct Received {
    Parts parts;
    std::shared_ptr<Peer> from;
  };
  std::optional<Received> receive();
  /// Until a message can be received (true) or notify() was called or the time is over (false).
  bool wait(std::chrono::milliseconds timeout);
  void notify() const { ready_.notify(); }

  Socket::Sent send(const Parts& parts);
  /// Ends this connection; `what` it did, in words, is told and logged. It may come again.
  void cut_off(Peer& peer, const std::string& what);
  std::uint64_t cut_offs() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection;

  void run(const std::stop_token& stop);
  bool take_in();
  std::shared_ptr<Connection> connection_of(void* message);
  void admit(const std::shared_ptr<Connection>& connection, Parts parts);
  void cut_off(Connection& connection, const std::string& what);

  mutable std::mutex mutex_;  // of all below but ready_ and endpoint_
  Socket socket_;
  const PeerLimits limits_;
  CurveGuard* guard_;
  std::map<int, std::shared_ptr<Connection>> connections_;  // by descriptor; -1: within the process
  std::deque<std::shared_ptr<Connection>> turns_;           // those of whom something waits
  std::uint64_t cut_offs_ = 0;
  std::string endpoint_;
  Wakeup ready_;  // something waits, or somebody called
  Wakeup door_;   // the thread has something to do
  std::jthread thread_;
};

}  // namespace ptero::transport
