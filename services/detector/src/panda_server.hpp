#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ptero::detector {

/// The data port of a PandABox with room for one client. Used by one thread.
class PandaServer {
 public:
  /// HOST:PORT with a numeric HOST; port 0 or *: a free one. Throws InputError.
  PandaServer(const std::string& address, bool insecure);
  ~PandaServer();
  PandaServer(const PandaServer&) = delete;
  PandaServer& operator=(const PandaServer&) = delete;

  std::string address() const;
  /// True once a client has connected and sent its request.
  bool accept(std::chrono::milliseconds timeout);
  /// Blocks while the client does not read. A client that left is forgotten.
  void send(const std::string& bytes);

 private:
  int listener_ = -1;
  int client_ = -1;
  bool asked_ = false;
};

}  // namespace ptero::detector
