#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ptero/core/error.hpp>
#include <ptero/transport/guarded_socket.hpp>

#include "socket_impl.hpp"

namespace ptero::transport {

namespace {

constexpr int at_a_time = 256;  // messages taken in before a sender gets its turn
// A message costs its parts and its place in a queue besides its bytes.
constexpr std::size_t message_overhead = 256;
constexpr std::size_t most_parts = 64;

/// The inode of a socket tells it from another that was given the same descriptor. 0: there is none.
ino_t inode_of(int descriptor) {
  struct stat info {};
  return fstat(descriptor, &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

std::string address_of(int descriptor, const char* known) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return known ? known : "unknown";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return known ? known : "unknown";
}

std::string rounded(double value) {
  return std::to_string(static_cast<long long>(value));
}

}  // namespace

struct GuardedSocket::Connection : Peer {
  int descriptor = -1;
  ino_t inode = 0;
  bool cut = false;
  std::deque<Parts> waiting;
  std::size_t waiting_bytes = 0;
  double messages_left = 0, bytes_left = 0;  // of what it may say now
  Clock::time_point counted{};
};

GuardedSocket::GuardedSocket(Context& context, SocketKind kind, const SocketOptions& options,
                             const PeerLimits& limits)
    : socket_(context, kind, options),
      limits_(limits),
      guard_(context.impl_->guard ? &*context.impl_->guard : nullptr) {}

GuardedSocket::~GuardedSocket() {
  thread_.request_stop();
  door_.notify();
}

void GuardedSocket::bind(const std::string& endpoint) {
  {
    const std::lock_guard lock(mutex_);
    socket_.bind(endpoint);
    endpoint_ = socket_.endpoint();
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void GuardedSocket::run(const std::stop_token& stop) {
  int descriptor = 0;
  {
    const std::lock_guard lock(mutex_);
    descriptor = socket_.impl_->socket.get(zmq::sockopt::fd);
  }
  while (!stop.stop_requested()) {
    bool more = true;
    while (more && !stop.stop_requested()) {
      const std::lock_guard lock(mutex_);
      try {
        more = take_in();
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) return;  // the context is shut down
      }
    }
    // The descriptor tells of a change, not of a state: everything has been taken in before.
    std::array<pollfd, 2> items{{{descriptor, POLLIN, 0}, {door_.fd(), POLLIN, 0}}};
    if (::poll(items.data(), items.size(), 250) > 0 && items[1].revents != 0) door_.drain();
  }
}

/// With the mutex. True: there may be more.
bool GuardedSocket::take_in() {
  auto& socket = socket_.impl_->socket;
  for (int n = 0; n < at_a_time; ++n) {
    Parts parts;
    std::shared_ptr<Connection> connection;
    bool too_many = false;
    for (bool more = true; more;) {
      zmq::message_t message;
      if (!socket.recv(message, zmq::recv_flags::dontwait)) return false;
      more = message.more();
      if (!more) connection = connection_of(message.handle());
      too_many = parts.size() == most_parts;
      if (!too_many) parts.push_back(bytes_of(std::move(message)));
    }
    received();
    if (connection->cut) continue;
    if (too_many)
      cut_off(*connection, "a message of more than " + std::to_string(most_parts) + " parts");
    else
      admit(connection, std::move(parts));
  }
  return true;
}

std::shared_ptr<GuardedSocket::Connection> GuardedSocket::connection_of(void* handle) {
  auto* message = static_cast<zmq_msg_t*>(handle);
  const int descriptor = zmq_msg_get(message, ZMQ_SRCFD);
  const ino_t inode = descriptor < 0 ? 0 : inode_of(descriptor);
  auto& connection = connections_[descriptor];
  if (connection && connection->inode == inode) return connection;
  connection = std::make_shared<Connection>();
  connection->descriptor = descriptor;
  connection->inode = inode;
  connection->rights = Rights::all();
  connection->messages_left = static_cast<double>(limits_.messages);
  connection->bytes_left = static_cast<double>(limits_.bytes);
  connection->counted = Clock::now();
  if (descriptor < 0) return connection;
  connection->address = address_of(descriptor, zmq_msg_gets(message, "Peer-Address"));
  // Key and rights, as CurveGuard gave them.
  if (const char* user = zmq_msg_gets(message, "User-Id"); user && std::strlen(user) > 40) {
    connection->public_key.assign(user, 40);
    connection->rights = rights_in(user + 41);
  }
  return connection;
}

void GuardedSocket::admit(const std::shared_ptr<Connection>& connection, Parts parts) {
  Connection& c = *connection;
  std::size_t bytes = message_overhead;
  for (const auto& part : parts) bytes += part.size();
  if (c.descriptor >= 0) {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - c.counted).count();
    c.counted = now;
    const auto refill = [&](double left, double rate, std::size_t most) {
      return std::min(static_cast<double>(most), left + rate * seconds);
    };
    c.messages_left = refill(c.messages_left, limits_.messages_per_s, limits_.messages) - 1;
    c.bytes_left = refill(c.bytes_left, limits_.bytes_per_s, limits_.bytes) - static_cast<double>(bytes);
    if (c.messages_left < 0 || c.waiting.size() >= limits_.messages)
      return cut_off(c, "more than " + std::to_string(limits_.messages) + " messages at once, or " +
                            rounded(limits_.messages_per_s) + " a second");
    if (c.bytes_left < 0 || c.waiting_bytes + bytes > limits_.bytes)
      return cut_off(c, "more than " + std::to_string(limits_.bytes) + " bytes at once, or " +
                            rounded(limits_.bytes_per_s) + " a second");
  }
  if (c.waiting.empty()) turns_.push_back(connection);
  c.waiting.push_back(std::move(parts));
  c.waiting_bytes += bytes;
  ready_.notify();
}

std::optional<GuardedSocket::Received> GuardedSocket::receive() {
  const std::lock_guard lock(mutex_);
  while (!turns_.empty()) {
    const auto connection = std::move(turns_.front());
    turns_.pop_front();
    if (connection->waiting.empty()) continue;  // cut off meanwhile
    Received received{std::move(connection->waiting.front()), connection};
    connection->waiting.pop_front();
    std::size_t bytes = message_overhead;
    for (const auto& part : received.parts) bytes += part.size();
    connection->waiting_bytes -= bytes;
    if (!connection->waiting.empty()) turns_.push_back(connection);
    return received;
  }
  return std::nullopt;
}

bool GuardedSocket::wait(std::chrono::milliseconds timeout) {
  const auto something = [this] {
    const std::lock_guard lock(mutex_);
    return !turns_.empty();
  };
  if (something()) return true;
  pollfd item{ready_.fd(), POLLIN, 0};
  if (::poll(&item, 1, static_cast<int>(timeout.count())) > 0) ready_.drain();
  return something();
}

Socket::Sent GuardedSocket::send(const Parts& parts) {
  const std::lock_guard lock(mutex_);
  const auto sent = socket_.send(parts);
  // Sending may have swallowed the descriptor's word that something came.
  if ((socket_.impl_->socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0) door_.notify();
  return sent;
}

void GuardedSocket::cut_off(Peer& peer, const std::string& what) {
  const std::lock_guard lock(mutex_);
  cut_off(static_cast<Connection&>(peer), what);
}

void GuardedSocket::cut_off(Connection& connection, const std::string& what) {
  if (connection.descriptor < 0 || connection.cut) return;
  connection.cut = true;
  connection.waiting.clear();
  connection.waiting_bytes = 0;
  // libzmq sees the end of the stream and closes; the descriptor may be another connection's by now.
  if (inode_of(connection.descriptor) == connection.inode) shutdown(connection.descriptor, SHUT_RDWR);
  ++cut_offs_;
  if (guard_)
    guard_->refused({Refusal::Side::bound, RefusalReason::too_much, endpoint_, connection.address,
                     connection.public_key, what});
}

std::uint64_t GuardedSocket::cut_offs() const {
  const std::lock_guard lock(mutex_);
  return cut_offs_;
}

}  // namespace ptero::transport
