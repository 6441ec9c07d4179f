#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ptero::ingest {

/// A TCP connection that is made again whenever it breaks. No call waits longer than it is told, name lookup
/// excepted. Used by one thread.
class TcpClient {
 public:
  /// address: HOST:PORT. Throws InputError when it is none.
  explicit TcpClient(const std::string& address);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  /// True once connected; false: not yet, `why()` says what stands in the way. Tries a few times a second.
  bool connect(std::chrono::milliseconds timeout);
  bool connected() const { return connected_; }
  /// False: the connection is gone.
  bool send(std::string_view text);
  /// Bytes that came, none when there were none within `timeout`. A connection that ends is closed.
  std::span<const std::byte> receive(std::chrono::milliseconds timeout);
  void close(const std::string& why);
  const std::string& why() const { return why_; }

 private:
  bool start();

  std::string host_, port_;
  int fd_ = -1;
  bool connected_ = false;
  std::chrono::steady_clock::time_point next_try_{};
  std::string why_;
  std::string buffer_;
};

}  // namespace ptero::ingest
