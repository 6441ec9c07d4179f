#include "tcp_client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <ptero/core/error.hpp>

namespace ptero::ingest {

namespace {

constexpr auto between_tries = std::chrono::milliseconds(300);

bool wait_for(int fd, short what, std::chrono::milliseconds timeout) {
  pollfd waiting{fd, what, 0};
  return poll(&waiting, 1, static_cast<int>(timeout.count())) > 0;
}

}  // namespace

TcpClient::TcpClient(const std::string& address) : buffer_(64 * 1024, '\0') {
  const auto colon = address.rfind(':');
  const auto digits = colon == std::string::npos ? std::string() : address.substr(colon + 1);
  const bool number =
      !digits.empty() && digits.size() <= 5 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (colon == 0 || !number || std::stoi(digits) == 0 || std::stoi(digits) > 65535)
    throw InputError("'" + address + "' is no address", {}, "write HOST:PORT, such as 192.168.0.10:8889");
  host_ = address.substr(0, colon);
  if (host_.starts_with('[') && host_.ends_with(']')) host_ = host_.substr(1, host_.size() - 2);
  port_ = digits;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found);
  if (found != nullptr) freeaddrinfo(found);
  // A name server that does not answer may do so later.
  if (error != 0 && error != EAI_AGAIN)
    throw InputError("cannot connect to '" + address + "'",
                     "the host " + host_ + " is not known: " + gai_strerror(error),
                     "look at its spelling, or give its number");
}

TcpClient::~TcpClient() {
  if (fd_ >= 0) ::close(fd_);
}

void TcpClient::close(const std::string& why) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  connected_ = false;
  why_ = why;
  next_try_ = std::chrono::steady_clock::now() + between_tries;
}

/// Begins to connect without waiting.
bool TcpClient::start() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found); error != 0) {
    close(gai_strerror(error));
    return false;
  }
  fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // A controller that lost its power says nothing; the kernel's own patience with it is two hours.
  for (const auto& [level, option, value] : {std::array{SOL_SOCKET, SO_KEEPALIVE, 1},
                                             {IPPROTO_TCP, TCP_KEEPIDLE, 10},
                                             {IPPROTO_TCP, TCP_KEEPINTVL, 5},
                                             {IPPROTO_TCP, TCP_KEEPCNT, 4}})
    if (fd_ >= 0) setsockopt(fd_, level, option, &value, sizeof value);
  const bool begun =
      fd_ >= 0 && (::connect(fd_, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS);
  const int error = errno;
  freeaddrinfo(found);
  if (!begun) close(std::strerror(error));
  return begun;
}

bool TcpClient::connect(std::chrono::milliseconds timeout) {
  if (connected_) return true;
  const auto now = std::chrono::steady_clock::now();
  if (fd_ < 0 && now < next_try_) {
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(timeout, next_try_ - now));
    return false;
  }
  if (fd_ < 0 && !start()) return false;
  if (!wait_for(fd_, POLLOUT, timeout)) {
    why_ = "it does not answer";
    return false;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    close(std::strerror(error));
    return false;
  }
  connected_ = true;
  why_.clear();
  return true;
}

bool TcpClient::send(std::string_view text) {
  // A request of a few bytes always fits the kernel's buffer.
  if (connected_ && ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()))
    return true;
  close(std::strerror(errno));
  return false;
}

std::span<const std::byte> TcpClient::receive(std::chrono::milliseconds timeout) {
  if (!connected_ || !wait_for(fd_, POLLIN, timeout)) return {};
  const auto n = recv(fd_, buffer_.data(), buffer_.size(), 0);
  if (n > 0) return std::as_bytes(std::span(buffer_.data(), static_cast<std::size_t>(n)));
  if (n == 0)
    close("the other side closed the connection");
  else if (errno != EAGAIN && errno != EINTR)
    close(std::strerror(errno));
  return {};
}

}  // namespace ptero::ingest
