#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <atomic>
#include <charconv>
#include <ptero/core/error.hpp>
#include <ptero/transport/socket.hpp>
#include <utility>
#include <zmq.hpp>

#include "socket_impl.hpp"

namespace ptero::transport {

namespace {

zmq::socket_type type_of(SocketKind kind) {
  switch (kind) {
    case SocketKind::push:
      return zmq::socket_type::push;
    case SocketKind::pull:
      return zmq::socket_type::pull;
    case SocketKind::router:
      return zmq::socket_type::router;
    case SocketKind::dealer:
      return zmq::socket_type::dealer;
    case SocketKind::xpub:
      return zmq::socket_type::xpub;
    case SocketKind::sub:
      break;
  }
  return zmq::socket_type::sub;
}

constexpr const char* endpoint_form =
    "an endpoint looks like tcp://127.0.0.1:5570 or ipc:///run/ptero/frames";

/// libzmq takes a port beyond 65535 for one that may answer some day.
void check_form(const char* verb, const std::string& endpoint) {
  const auto refuse = [&](const char* why) {
    throw InputError(std::string("cannot ") + verb + " '" + endpoint + "'", why, endpoint_form);
  };
  if (endpoint.find("://") == std::string::npos) refuse("it names no transport");
  if (!endpoint.starts_with("tcp://")) return;
  const std::string port = endpoint.substr(endpoint.rfind(':') + 1);
  if (port == "*") return;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number > 65535)
    refuse("its port is no number up to 65535");
}

/// Of a tcp endpoint, without brackets; empty where any will do, or where it is no name or number.
std::string host_of(const std::string& endpoint) {
  constexpr std::string_view tcp = "tcp://";
  if (!endpoint.starts_with(tcp) || endpoint.find(';') != std::string::npos) return {};
  std::string host = endpoint.substr(tcp.size(), endpoint.rfind(':') - tcp.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host == "*" ? "" : host;
}

/// Whether libzmq has to be told to look for IPv6. What is bound may be a network card, which has no address
/// before its time. Throws InputError for a host to connect to that nobody knows; a name server that does not
/// answer may do so later.
bool needs_ipv6(const std::string& endpoint, bool must_be_known) {
  const std::string host = host_of(endpoint);
  if (host.empty()) return false;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    if (must_be_known && error != EAI_AGAIN)
      throw InputError("cannot connect to '" + endpoint + "'",
                       "the host " + host + " is not known: " + gai_strerror(error),
                       "look at its spelling, or give its number");
    return false;
  }
  bool ipv4 = false;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) ipv4 = ipv4 || at->ai_family == AF_INET;
  freeaddrinfo(found);
  return !ipv4;
}

/// Below this a copy is cheaper than an allocation that libzmq frees from its own thread.
constexpr std::size_t copy_below = 1024;

zmq::message_t message_of(const Bytes& part) {
  if (part.size() < copy_below) return zmq::message_t(part.data(), part.size());
  auto owner = std::make_unique<Bytes>(part);
  auto* data = const_cast<std::byte*>(owner->data());
  return zmq::message_t(
      data, part.size(),
      [](void*, void* hint) {
        received();
        delete static_cast<Bytes*>(hint);
      },
      owner.release());
}

long poll_time(std::chrono::milliseconds timeout) {
  return static_cast<long>(timeout.count());
}

}  // namespace

#if defined(__SANITIZE_THREAD__)
// ThreadSanitizer cannot see that libzmq, which is not instrumented, orders a send before its receive.
static std::atomic<unsigned> passed_through_zmq;
void sent() {
  passed_through_zmq.fetch_add(1, std::memory_order_release);
}
void received() {
  (void)passed_through_zmq.load(std::memory_order_acquire);
}
#else
void sent() {}
void received() {}
#endif

Bytes bytes_of(zmq::message_t message) {
  auto owner = std::make_shared<zmq::message_t>(std::move(message));
  const auto* data = static_cast<const std::byte*>(owner->data());
  const std::size_t size = owner->size();
  return Bytes(std::move(owner), {data, size});
}

Context::Context() : impl_(std::make_unique<Impl>()) {}

Context::Context(const CurveFiles& files, OnRefused on_refused) : Context() {
  impl_->guard.emplace(impl_->context, files, std::move(on_refused));
}

Context::~Context() {
  // Ends what the guard's thread waits for.
  if (impl_->guard) impl_->context.shutdown();
}

void Socket::Impl::prepare(Refusal::Side side, const std::string& endpoint) {
  if (guard && endpoint.starts_with("tcp://") && !std::exchange(prepared, true))
    guard->prepare(socket, side, needs);
}

void Socket::Impl::connect_anew() {
  silent_for = {};
  try {
    for (const auto& endpoint : connected) {
      socket.disconnect(endpoint);
      socket.connect(endpoint);
    }
  } catch (const zmq::error_t& error) {
    throw Error("cannot connect a socket anew", error.what());
  }
}

Socket::Socket(Context& context, SocketKind kind, const SocketOptions& options)
    : impl_(std::make_unique<Impl>(Impl{zmq::socket_t(context.impl_->context, type_of(kind)),
                                        context.impl_->guard && !options.foreign && !options.curve.given()
                                            ? &*context.impl_->guard
                                            : nullptr,
                                        options.insecure, options.needs, options.longest_silence})) {
  auto& socket = impl_->socket;
  socket.set(zmq::sockopt::linger, static_cast<int>(options.linger.count()));
  socket.set(zmq::sockopt::sndhwm, options.high_water_mark);
  // A full receiving queue is where libzmq 4.3.4 ends a process when the peer then hangs up and had asked for
  // a sign of life. What is bound takes everything in; GuardedSocket bounds what waits.
  const bool is_bound = kind == SocketKind::router || kind == SocketKind::xpub;
  socket.set(zmq::sockopt::rcvhwm, is_bound ? 0 : options.high_water_mark);
  // The default back-off leaves a service deaf for long after its peer has come back.
  socket.set(zmq::sockopt::reconnect_ivl, 50);
  socket.set(zmq::sockopt::reconnect_ivl_max, 500);
  // A peer that lost its power says nothing; the kernel's own patience with it is two hours.
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 10);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 5);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 4);
  if (options.max_message_bytes > 0)
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.max_message_bytes));
  // Who connects and then says nothing holds a descriptor.
  socket.set(zmq::sockopt::handshake_ivl, 5000);
  if (options.curve.given()) set_client_keys(socket, options.curve);
  if (options.only_when_connected) socket.set(zmq::sockopt::immediate, true);
  // A ROUTER drops what it cannot route unless told to say so.
  if (kind == SocketKind::router) socket.set(zmq::sockopt::router_mandatory, true);
  // Every subscription is seen, so that every new subscriber gets the last values.
  if (kind == SocketKind::xpub) socket.set(zmq::sockopt::xpub_verbose, true);
}

Socket::~Socket() = default;
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;

void Socket::bind(const std::string& endpoint) {
  check_form("bind", endpoint);
  const bool encrypted = impl_->guard && impl_->guard->encrypts_bound() && endpoint.starts_with("tcp://");
  if (!is_local(endpoint) && !encrypted && !impl_->insecure)
    throw InputError("refusing to bind " + endpoint, "other machines can reach it and it is not encrypted",
                     "bind to 127.0.0.1, give keys in [curve] (made by ptero keygen), or set insecure = true "
                     "on a network you trust");
  impl_->prepare(Refusal::Side::bound, endpoint);
  if (needs_ipv6(endpoint, false)) impl_->socket.set(zmq::sockopt::ipv6, true);
  try {
    impl_->socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    const bool in_use = error.num() == EADDRINUSE;
    throw InputError("cannot bind " + endpoint, error.what(),
                     in_use ? "choose another port or stop the process that has it" : endpoint_form);
  }
}

void Socket::connect(const std::string& endpoint) {
  check_form("connect to", endpoint);
  impl_->prepare(Refusal::Side::connected, endpoint);
  if (needs_ipv6(endpoint, true)) impl_->socket.set(zmq::sockopt::ipv6, true);
  try {
    impl_->socket.connect(endpoint);
    // Within the process nothing lies between the ends.
    if (!endpoint.starts_with("inproc://")) impl_->connected.push_back(endpoint);
  } catch (const zmq::error_t& error) {
    throw InputError("cannot connect to " + endpoint, error.what(), endpoint_form);
  }
}

void Socket::disconnect(const std::string& endpoint) {
  impl_->socket.disconnect(endpoint);
}

void Socket::subscribe(const std::string& prefix) {
  impl_->socket.set(zmq::sockopt::subscribe, prefix);
}

void Socket::set_linger(std::chrono::milliseconds linger) {
  impl_->socket.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
}

std::string Socket::endpoint() const {
  return impl_->socket.get(zmq::sockopt::last_endpoint);
}

Socket::Sent Socket::send(const Parts& parts, std::chrono::milliseconds timeout) {
  auto& socket = impl_->socket;
  if (timeout.count() != 0) {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLOUT, 0};
    if (zmq::poll(&item, 1, timeout) == 0) return Sent::would_block;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto flags = zmq::send_flags::dontwait;
    if (i + 1 < parts.size()) flags = flags | zmq::send_flags::sndmore;
    zmq::message_t message = message_of(parts[i]);
    sent();
    try {
      // libzmq accepts the later parts of a message whose first part it took.
      if (!socket.send(message, flags)) return Sent::would_block;
    } catch (const zmq::error_t& error) {
      if (error.num() == EHOSTUNREACH) return Sent::no_such_peer;
      throw Error("cannot send on a socket", error.what());
    }
  }
  return Sent::yes;
}

std::optional<Parts> Socket::receive(std::chrono::milliseconds timeout) {
  auto& socket = impl_->socket;
  if (timeout.count() != 0 && !wait(timeout)) return std::nullopt;
  Parts parts;
  for (bool more = true; more;) {
    zmq::message_t message;
    if (!socket.recv(message, zmq::recv_flags::dontwait)) return std::nullopt;
    more = message.more();
    parts.push_back(bytes_of(std::move(message)));
  }
  received();
  impl_->silent_for = {};
  return parts;
}

bool Socket::wait(std::chrono::milliseconds timeout, const Wakeup* wakeup) {
  std::array<zmq::pollitem_t, 2> items{
      {{impl_->socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, wakeup ? wakeup->fd() : 0, ZMQ_POLLIN, 0}}};
  if (zmq_poll(items.data(), wakeup ? 2 : 1, poll_time(timeout)) < 0) {
    if (zmq_errno() == EINTR) return false;
    throw Error("cannot wait for a socket", zmq_strerror(zmq_errno()));
  }
  const bool woken = wakeup && (items[1].revents & ZMQ_POLLIN) != 0;
  if (woken) wakeup->drain();
  const bool ready = (items[0].revents & ZMQ_POLLIN) != 0;
  // Only the time this end has waited counts: a thread that was busy, or a process that was stopped, did not
  // listen.
  if (ready)
    impl_->silent_for = {};
  else if (impl_->longest_silence.count() > 0 && !woken &&
           (impl_->silent_for += timeout) > impl_->longest_silence)
    impl_->connect_anew();
  return ready;
}

bool is_local(const std::string& endpoint) {
  if (!endpoint.starts_with("tcp://"))
    return endpoint.starts_with("inproc://") || endpoint.starts_with("ipc://");
  const std::string host = endpoint.substr(6, endpoint.rfind(':') - 6);
  in_addr v4{};
  const bool loopback = inet_pton(AF_INET, host.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
  return loopback || host == "localhost" || host == "[::1]";
}

}  // namespace ptero::transport
