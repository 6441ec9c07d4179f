#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace ptero::test {

/// The client's end of a WebSocket on loopback, as small as it can be: whole unmasked messages in, short
/// masked ones out.
class WebSocketClient {
 public:
  /// `receive_buffer`: bytes that the kernel takes for a client that does not read; 0: as many as it likes.
  WebSocketClient(int port, const std::string& path, const std::string& headers = {}, int receive_buffer = 0)
      : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return;
    send_all("GET " + path + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
             headers + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    std::string head;
    for (char c; !head.ends_with("\r\n\r\n") && recv(fd_, &c, 1, 0) == 1;) head.push_back(c);
    connected_ = head.starts_with("HTTP/1.1 101");
  }
  ~WebSocketClient() { close(fd_); }
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  bool connected() const { return connected_; }

  /// The next text or binary message; empty when the connection ends or nothing comes for 5 s.
  std::string next() {
    for (;;) {
      std::string head = take(2);
      if (head.size() < 2) return {};
      const int opcode = head[0] & 0x0f;
      std::uint64_t size = static_cast<unsigned char>(head[1]) & 0x7f;
      if (size >= 126) {
        const std::string more = take(size == 126 ? 2 : 8);
        size = 0;
        for (const char c : more) size = size << 8 | static_cast<unsigned char>(c);
      }
      std::string body = take(size);
      if (opcode == 8 || body.size() < size) return {};
      if (opcode == 1 || opcode == 2) return body;
    }
  }

  /// A text of up to 125 bytes.
  void say(const std::string& text) {
    // A mask of zeros leaves the text as it is.
    send_all(std::string("\x81") + static_cast<char>(0x80 | text.size()) + std::string(4, '\0') + text);
  }

 private:
  std::string take(std::uint64_t size) {
    std::string out(size, '\0');
    std::size_t got = 0;
    while (got < size) {
      const auto n = recv(fd_, out.data() + got, size - got, 0);
      if (n <= 0) return {};
      got += static_cast<std::size_t>(n);
    }
    return out;
  }
  void send_all(const std::string& bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  int fd_;
  bool connected_ = false;
};

}  // namespace ptero::test
