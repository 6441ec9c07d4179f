#include "panda_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ptero/core/error.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::detector {

namespace {

bool readable(int fd, std::chrono::milliseconds timeout) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(timeout.count())) > 0;
}

sockaddr_in address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  sockaddr_in out{};
  out.sin_family = AF_INET;
  const std::string port = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  const bool number =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  if ((!number && port != "*") || inet_pton(AF_INET, text.substr(0, colon).c_str(), &out.sin_addr) != 1)
    throw InputError("'" + text + "' is no address to bind", {}, "write HOST:PORT, such as 127.0.0.1:8889");
  out.sin_port = htons(static_cast<std::uint16_t>(number ? std::stoi(port) : 0));
  return out;
}

}  // namespace

PandaServer::PandaServer(const std::string& address, bool insecure) {
  if (!insecure && !transport::is_local("tcp://" + address))
    throw InputError("other machines could reach " + address, {},
                     "bind 127.0.0.1, or allow it with insecure");
  auto name = address_of(address);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 || listen(listener_, 1) != 0) {
    const int error = errno;
    ::close(listener_);
    throw InputError("cannot bind " + address, std::strerror(error), "choose another port");
  }
}

PandaServer::~PandaServer() {
  if (client_ >= 0) ::close(client_);
  ::close(listener_);
}

std::string PandaServer::address() const {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
  char host[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &name.sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(ntohs(name.sin_port));
}

bool PandaServer::accept(std::chrono::milliseconds timeout) {
  if (client_ < 0) {
    if (!readable(listener_, timeout)) return false;
    client_ = ::accept(listener_, nullptr, nullptr);
    asked_ = false;
  }
  if (!asked_ && client_ >= 0 && readable(client_, timeout)) {
    char request[256];
    asked_ = recv(client_, request, sizeof request, 0) > 0;
    if (asked_) send("OK\n");
  }
  return asked_;
}

void PandaServer::send(const std::string& bytes) {
  for (std::size_t sent = 0; client_ >= 0 && sent < bytes.size();) {
    const auto n = ::send(client_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      ::close(client_);
      client_ = -1;
    }
  }
}

}  // namespace ptero::detector
