#include "listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <ptero/core/contract.hpp>

namespace ptero::telemetry::detail {

namespace {
// "[ingest] http_port", or "http_port" where the section is not known.
std::string key(const HttpOptions& options, const std::string& name) {
  return options.section.empty() ? name : "[" + options.section + "] " + name;
}

InputError cannot_listen(const HttpOptions& options, int error) {
  std::string why = std::strerror(error);
  if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
  const std::string problem = "cannot listen on " + host_and_port(options.address, options.port);
  if (error == EADDRINUSE)
    return InputError(problem, why,
                      "choose another port with " + key(options, "http_port") + " or stop the other process");
  return InputError(problem, why,
                    "choose another " + key(options, "http_address") + " or " + key(options, "http_port"));
}
}  // namespace

std::string host_and_port(const std::string& address, int port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

void check_address(const HttpOptions& options) {
  in_addr v4;
  in6_addr v6;
  bool loopback = false;
  if (inet_pton(AF_INET, options.address.c_str(), &v4) == 1)
    loopback = (ntohl(v4.s_addr) >> 24) == 127;
  else if (inet_pton(AF_INET6, options.address.c_str(), &v6) == 1)
    loopback = IN6_IS_ADDR_LOOPBACK(&v6);
  else
    throw InputError("cannot listen on " + host_and_port(options.address, options.port), "not an IP address",
                     "give " + key(options, "http_address") + " as 127.0.0.1 or the address of this host");
  if (!loopback && options.token_file.empty() && !options.insecure)
    throw InputError("will not listen on " + host_and_port(options.address, options.port),
                     "anybody who reaches this address could read and control the service",
                     "use 127.0.0.1, ask for a token with " + key(options, "http_token_file") +
                         ", or allow it with " + key(options, "http_insecure") + " = true");
}

int listen_on(const HttpOptions& options, int& port) {
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(options.port))};
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(static_cast<std::uint16_t>(options.port))};
  const bool is_v4 = inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4) inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr);
  auto* at = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
  const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  constexpr int backlog = 128;
  if (fd < 0) throw cannot_listen(options, errno);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, at, size) != 0 || listen(fd, backlog) != 0) {
    const int error = errno;
    close(fd);
    throw cannot_listen(options, error);
  }
  PTERO_ASSERT(getsockname(fd, at, &size) == 0);
  port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
  return fd;
}

void knock(int port) {
  const sockaddr_in to{.sin_family = AF_INET,
                       .sin_port = htons(static_cast<std::uint16_t>(port)),
                       .sin_addr = {htonl(INADDR_LOOPBACK)}};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  [[maybe_unused]] const int ignored = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  close(fd);
}

}  // namespace ptero::telemetry::detail
