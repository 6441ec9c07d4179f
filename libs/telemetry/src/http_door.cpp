#include "http_door.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include <ptero/core/contract.hpp>

#include "http_text.hpp"
#include "listen_address.hpp"

namespace ptero::telemetry::detail {

namespace {

constexpr std::size_t max_head_bytes = 16'384;
// What is held for one client in each direction once its request is whole.
constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::size_t asking_from_one = 16;
constexpr std::size_t asking_at_once = 256;
constexpr std::size_t connections_at_once = 1024;
// A body has so many times as long as a head.
constexpr int body_patience = 4;
// Threads of the server that one address leaves to others.
constexpr int for_others = 2;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t leaves_within_ns = 1'000 * ns_per_ms;

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::string random_hex() {
  std::array<unsigned char, 16> bytes{};
  PTERO_ASSERT(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  std::string text;
  for (const unsigned char b : bytes) {
    text += "0123456789abcdef"[b >> 4];
    text += "0123456789abcdef"[b & 15];
  }
  return text;
}

std::string address_of(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.ss_family == AF_INET)
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, text, sizeof text);
  else
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, text, sizeof text);
  return text;
}

void close_if_open(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

struct HttpDoor::Connection {
  Connection(int fd, std::string from) : client(fd), address(std::move(from)) {}
  ~Connection() {
    close_if_open(client);
    close_if_open(inner);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int client;
  int inner = -1;
  std::string address;
  Phase phase = Phase::asking;
  std::string to_inner;          // asking: what has come of the request
  std::string to_client;         // not taken yet
  std::size_t wanted_bytes = 0;  // of the whole request; 0: its head is not whole
  bool client_ended = false, inner_ended = false, inner_told = false, gone = false;
  std::int64_t deadline_ns = 0;  // 0: none
};

HttpDoor::HttpDoor(const HttpOptions& options) : options_(options), secret_(random_hex()) {
  listener_ = listen_on(options, port_);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  PTERO_ASSERT(wake_ >= 0);
}

HttpDoor::~HttpDoor() {
  stop_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = write(wake_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  connections_.clear();
  close_if_open(listener_);
  close_if_open(wake_);
}

void HttpDoor::open(int inner_port, std::function<void(Turned)> turned_away) {
  inner_port_ = inner_port;
  turned_away_ = std::move(turned_away);
  thread_ = std::thread([this] { run(); });
}

std::string HttpDoor::address_in(std::string_view value) const {
  if (!value.starts_with(secret_ + " ")) return {};
  return std::string(value.substr(secret_.size() + 1));
}

/// The server cuts off who takes nothing, and counts it; here only what it has let go of already. It looks at
/// its deadline every two seconds only.
std::int64_t HttpDoor::stalls_ns() const {
  constexpr std::int64_t server_looks_every_ms = 2'000;
  return 2 * (options_.timeout_ms + server_looks_every_ms) * ns_per_ms;
}

void HttpDoor::run() {
  std::vector<pollfd> polled;
  while (!stop_) {
    polled = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    std::int64_t next = now_ns() + 1'000 * ns_per_ms;
    for (const Connection& c : connections_) {
      const bool reads =
          c.phase == Phase::asking || c.phase == Phase::leaving || c.to_inner.size() < buffer_bytes;
      const short from_client =
          static_cast<short>((reads && !c.client_ended ? POLLIN : 0) | (c.to_client.empty() ? 0 : POLLOUT));
      const short from_inner =
          static_cast<short>((c.to_client.size() < buffer_bytes && !c.inner_ended ? POLLIN : 0) |
                             (c.phase == Phase::served && !c.to_inner.empty() ? POLLOUT : 0));
      polled.push_back({from_client != 0 ? c.client : -1, from_client, 0});
      polled.push_back({c.phase == Phase::served && from_inner != 0 ? c.inner : -1, from_inner, 0});
      if (c.deadline_ns != 0) next = std::min(next, c.deadline_ns);
    }
    const auto wait_ms = std::clamp<std::int64_t>((next - now_ns()) / ns_per_ms + 1, 0, 1'000);
    if (poll(polled.data(), polled.size(), static_cast<int>(wait_ms)) < 0 && errno != EINTR) continue;
    const std::int64_t now = now_ns();
    std::size_t at = 2;
    for (Connection& c : connections_) {
      serve(c, polled[at].revents, polled[at + 1].revents, now);
      at += 2;
    }
    if ((polled[1].revents & POLLIN) != 0) accept_all(now);
    connections_.remove_if([](const Connection& c) { return c.gone; });
  }
  // What the server said last.
  for (Connection& c : connections_)
    if (c.phase == Phase::served) {
      pump(c, 0, now_ns());
      flush(c, now_ns());
    }
}

void HttpDoor::accept_all(std::int64_t now) {
  // At most so many a round, so that those who are there get their turn.
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd =
        accept4(listener_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors: whoever has not asked yet makes room.
      if (errno == EMFILE || errno == ENFILE) evict({});
      return;
    }
    const int yes = 1;
    const int unsent = static_cast<int>(buffer_bytes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    // What a slow link has not taken waits here, where newer values can still go before it, not in the
    // kernel.
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    const std::string address = address_of(from);
    const auto asking = [&](const std::string& of) {
      return static_cast<std::size_t>(
          std::count_if(connections_.begin(), connections_.end(), [&](const Connection& c) {
            return !c.gone && c.phase == Phase::asking && (of.empty() || c.address == of);
          }));
    };
    if (asking(address) >= asking_from_one) evict(address);
    if (asking({}) >= asking_at_once || connections_.size() >= connections_at_once) evict({});
    connections_.emplace_back(fd, address);
    connections_.back().deadline_ns = now + options_.timeout_ms * ns_per_ms;
    read_request(connections_.back(), now);
    flush(connections_.back(), now);
  }
}

void HttpDoor::evict(const std::string& address) {
  const auto oldest = std::find_if(connections_.begin(), connections_.end(), [&](const Connection& c) {
    return !c.gone && c.phase == Phase::asking && (address.empty() || c.address == address);
  });
  if (oldest == connections_.end()) return;
  close_if_open(oldest->client);
  oldest->gone = true;
  turned_away_(Turned::too_many);
}

void HttpDoor::serve(Connection& c, short client_events, short inner_events, std::int64_t now) {
  if (c.gone) return;
  if ((client_events & (POLLIN | POLLHUP | POLLERR)) != 0) read_request(c, now);
  if (!c.gone && c.phase == Phase::served) pump(c, inner_events, now);
  if (!c.gone) flush(c, now);
  if (!c.gone && c.deadline_ns != 0 && now >= c.deadline_ns) expire(c, now);
}

/// Whatever a client sends, in any phase.
void HttpDoor::read_request(Connection& c, std::int64_t now) {
  std::array<char, 16'384> buffer;
  while (!c.gone && !c.client_ended) {
    if (c.phase == Phase::served && c.to_inner.size() >= buffer_bytes) return;
    const ssize_t n = recv(c.client, buffer.data(), buffer.size(), 0);
    if (n < 0 && would_block()) return;
    if (n < 0) {
      c.gone = true;
      return;
    }
    if (n == 0) {
      c.client_ended = true;
      c.gone = c.phase == Phase::asking || (c.phase == Phase::leaving && c.to_client.empty());
      return;
    }
    if (c.phase == Phase::leaving) continue;
    c.to_inner.append(buffer.data(), static_cast<std::size_t>(n));
    if (c.phase == Phase::asking) take_request(c, now);
  }
}

void HttpDoor::take_request(Connection& c, std::int64_t now) {
  if (c.wanted_bytes == 0) {
    const auto end = c.to_inner.find("\r\n\r\n");
    if (end == std::string::npos || end > max_head_bytes) {
      if (c.to_inner.size() > max_head_bytes)
        answer(c,
               plain_answer("431 Request Header Fields Too Large", "the head of the request is too long\n"),
               now);
      return;
    }
    const std::size_t head = end + 4;
    const std::string_view text(c.to_inner.data(), head);
    if (is_health(text)) {
      answer(c, health_answer(text), now);
      return;
    }
    const std::size_t body = body_bytes(text);
    // One that is too long is the server's to refuse; it does not read it.
    c.wanted_bytes = head + (body <= options_.max_body_bytes ? body : 0);
    if (c.to_inner.size() < c.wanted_bytes)
      c.deadline_ns = now + body_patience * options_.timeout_ms * ns_per_ms;
  }
  if (c.to_inner.size() >= c.wanted_bytes) hand_on(c, c.to_inner.find("\r\n") + 2, now);
}

/// `line_bytes`: of the request line, behind which the header of the door goes.
void HttpDoor::hand_on(Connection& c, std::size_t line_bytes, std::int64_t now) {
  const auto served = [&](const std::string& of) {
    return static_cast<int>(
        std::count_if(connections_.begin(), connections_.end(), [&](const Connection& other) {
          return !other.gone && other.phase == Phase::served && (of.empty() || other.address == of);
        }));
  };
  const int from_one = std::max(1, options_.threads - for_others);
  if (served(c.address) >= from_one || served({}) >= options_.threads + static_cast<int>(asking_from_one)) {
    turned_away_(Turned::too_many);
    answer(c, plain_answer("503 Service Unavailable", "too many connections at once; try again\n"), now);
    return;
  }
  c.inner = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // Small on purpose: what waits for a slow client is to wait in the server, which knows what is newer.
  const int receive = static_cast<int>(buffer_bytes), segment = 4'096;
  setsockopt(c.inner, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
  setsockopt(c.inner, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  sockaddr_in to{.sin_family = AF_INET,
                 .sin_port = htons(static_cast<std::uint16_t>(inner_port_)),
                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (c.inner < 0 ||
      (connect(c.inner, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)) {
    answer(c, plain_answer("503 Service Unavailable", "the server is out of sockets; try again\n"), now);
    return;
  }
  c.to_inner.insert(line_bytes, std::string(header) + ": " + secret_ + " " + c.address + "\r\n");
  c.phase = Phase::served;
  c.deadline_ns = 0;
}

/// Between client and server, both ways.
void HttpDoor::pump(Connection& c, short inner_events, std::int64_t now) {
  if ((inner_events & POLLERR) != 0 && c.to_client.empty()) {
    c.gone = true;
    return;
  }
  while (!c.to_inner.empty()) {
    const ssize_t n = send(c.inner, c.to_inner.data(), c.to_inner.size(), MSG_NOSIGNAL);
    if (n <= 0) break;
    c.to_inner.erase(0, static_cast<std::size_t>(n));
  }
  if (c.client_ended && c.to_inner.empty() && !c.inner_told) {
    shutdown(c.inner, SHUT_WR);
    c.inner_told = true;
  }
  std::array<char, 16'384> buffer;
  while (!c.inner_ended && c.to_client.size() < buffer_bytes) {
    const ssize_t n = recv(c.inner, buffer.data(), buffer.size(), 0);
    if (n < 0 && (would_block() || errno == ENOTCONN)) break;
    if (n <= 0) {
      c.inner_ended = true;
      c.to_inner.clear();
      break;
    }
    if (c.to_client.empty()) c.deadline_ns = now + stalls_ns();
    c.to_client.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

void HttpDoor::flush(Connection& c, std::int64_t now) {
  bool progress = false;
  while (!c.to_client.empty()) {
    const ssize_t n = send(c.client, c.to_client.data(), c.to_client.size(), MSG_NOSIGNAL);
    if (n < 0 && would_block()) break;
    if (n <= 0) {
      c.gone = true;
      return;
    }
    progress = true;
    c.to_client.erase(0, static_cast<std::size_t>(n));
  }
  if (c.phase == Phase::served && progress) c.deadline_ns = c.to_client.empty() ? 0 : now + stalls_ns();
  if (!c.to_client.empty()) return;
  if (c.phase == Phase::served && c.inner_ended) {
    close_if_open(c.inner);
    c.phase = Phase::leaving;
    c.deadline_ns = now + leaves_within_ns;
    shutdown(c.client, SHUT_WR);
    if (c.client_ended) c.gone = true;
  } else if (c.phase == Phase::leaving) {
    // A client that is still sending would lose the answer to a reset.
    shutdown(c.client, SHUT_WR);
    if (c.client_ended) c.gone = true;
  }
}

void HttpDoor::answer(Connection& c, const std::string& response, std::int64_t now) {
  c.to_client = response;
  c.to_inner.clear();
  c.phase = Phase::leaving;
  c.deadline_ns = now + leaves_within_ns;
}

void HttpDoor::expire(Connection& c, std::int64_t now) {
  if (c.phase != Phase::asking) {
    c.gone = true;
    return;
  }
  turned_away_(Turned::slow);
  answer(c, plain_answer("408 Request Timeout", "the request did not come in time\n"), now);
}

}  // namespace ptero::telemetry::detail
