#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace ptero::test {

/// Keeps a name to itself until this process ends; false where another process has it.
inline bool keep_name(const char* name) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  // From a zero byte on: a name that is no file and is gone with the process.
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
  close(fd);
  return false;
}

inline bool nobody_listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(static_cast<std::uint16_t>(port)),
                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

/// Ports that nobody listens on, and that no other test is given while this process lives. They lie below
/// those that the kernel gives to connections: a test may open one long after it asked.
inline std::vector<int> free_ports(std::size_t count) {
  constexpr int first = 20'000, last = 32'000;
  std::random_device random;
  std::vector<int> ports;
  for (int tries = 0; ports.size() < count; ++tries) {
    if (tries > last - first) throw std::runtime_error("no free ports");
    const int port = std::uniform_int_distribution<int>(first, last)(random);
    if (keep_name(("ptero-test-port-" + std::to_string(port)).c_str()) && nobody_listens(port))
      ports.push_back(port);
  }
  return ports;
}

}  // namespace ptero::test
