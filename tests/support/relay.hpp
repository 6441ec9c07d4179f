#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ptero::test {

/// What a network does to a connection.
enum class NetworkFault {
  delay,      ///< for a second every byte comes 50 ms late
  stall,      ///< nothing passes for 3 s, then all of it
  reset,      ///< both ends are told that the connection is gone
  half_open,  ///< it stands for both ends, and nothing passes any more
};

/// A network between a client and a server on loopback: forwards bytes both ways on a thread of its own, and
/// does to the connections what it is told.
class Relay {
 public:
  explicit Relay(int server_port) : server_port_(server_port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("a relay cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  ~Relay() {
    thread_ = {};
    for (auto& one : connections_) one.close_both(false);
    ::close(listener_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  int port() const { return port_; }
  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  void inflict(NetworkFault fault) {
    const std::lock_guard lock(mutex_);
    ordered_.push_back(fault);
  }
  std::uint64_t bytes() const { return bytes_; }
  int connections() const { return accepted_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t most_held = std::size_t{4} << 20;

  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };
  struct Way {
    std::deque<Chunk> held;
    std::size_t size = 0;
    bool ended = false;
  };
  struct Connection {
    std::array<int, 2> ends{-1, -1};
    std::array<Way, 2> ways;  // [i]: from end i to the other
    bool half_open = false;
    bool gone = false;

    void close_both(bool with_reset) {
      for (int& fd : ends) {
        const linger at_once{1, 0};
        if (with_reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        if (fd >= 0) ::close(fd);
        fd = -1;
      }
      gone = true;
    }
  };

  static sockaddr_in loopback(int port) {
    return {.sin_family = AF_INET,
            .sin_port = htons(static_cast<std::uint16_t>(port)),
            .sin_addr = {htonl(INADDR_LOOPBACK)}};
  }

  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      obey();
      std::vector<pollfd> fds{{listener_, POLLIN, 0}};
      for (auto& one : connections_)
        for (int i : {0, 1}) {
          const bool reads = one.half_open || (one.ways[i].size < most_held && !one.ways[i].ended);
          fds.push_back({one.ends[i], static_cast<short>(reads ? POLLIN : 0), 0});
        }
      poll(fds.data(), fds.size(), 2);
      if ((fds[0].revents & POLLIN) != 0) accept_one();
      std::size_t at = 1;
      for (auto& one : connections_) {
        for (int i : {0, 1})
          if (at < fds.size() && (fds[at++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) take(one, i);
        pass_on(one);
      }
      connections_.remove_if([](const Connection& one) { return one.gone; });
    }
  }

  void obey() {
    const std::lock_guard lock(mutex_);
    for (const NetworkFault fault : ordered_) {
      const auto now = Clock::now();
      if (fault == NetworkFault::delay) late_until_ = now + std::chrono::seconds(1);
      if (fault == NetworkFault::stall) stalled_until_ = now + std::chrono::seconds(3);
      for (auto& one : connections_) {
        if (fault == NetworkFault::half_open) one.half_open = true;
        if (fault == NetworkFault::reset) one.close_both(true);
      }
    }
    ordered_.clear();
    connections_.remove_if([](const Connection& one) { return one.gone; });
  }

  void accept_one() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in to = loopback(server_port_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(server);
      ::close(client);
      return;
    }
    fcntl(server, F_SETFL, O_NONBLOCK);
    const int yes = 1;
    for (int fd : {client, server}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connections_.emplace_back().ends = {client, server};
    ++accepted_;
  }

  void take(Connection& one, int from) {
    if (one.gone) return;
    std::array<char, 65536> buffer;
    const ssize_t n = recv(one.ends[from], buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      one.ways[from].ended = true;
      if (one.half_open) one.close_both(false);
      return;
    }
    if (one.half_open) return;  // swallowed
    const auto due = Clock::now() < late_until_ ? Clock::now() + std::chrono::milliseconds(50) : Clock::now();
    one.ways[from].held.push_back({due, std::string(buffer.data(), static_cast<std::size_t>(n))});
    one.ways[from].size += static_cast<std::size_t>(n);
    bytes_ += static_cast<std::uint64_t>(n);
  }

  void pass_on(Connection& one) {
    if (one.gone || one.half_open || Clock::now() < stalled_until_) return;
    for (int i : {0, 1}) {
      Way& way = one.ways[i];
      while (!way.held.empty() && way.held.front().due <= Clock::now()) {
        auto& bytes = way.held.front().bytes;
        const ssize_t n = send(one.ends[1 - i], bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
        if (n < 0) return one.close_both(false);
        way.size -= static_cast<std::size_t>(n);
        bytes.erase(0, static_cast<std::size_t>(n));
        if (!bytes.empty()) break;
        way.held.pop_front();
      }
      if (way.ended && way.held.empty()) return one.close_both(false);
    }
  }

  int server_port_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;  // of ordered_
  std::vector<NetworkFault> ordered_;
  std::list<Connection> connections_;
  Clock::time_point late_until_{}, stalled_until_{};
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<int> accepted_ = 0;
  std::jthread thread_;
};

/// Inflicts faults on relays at seeded moments, until it goes out of scope: each kind once, in seeded order,
/// then the same anew.
class BadNetwork {
 public:
  BadNetwork(std::vector<Relay*> relays, unsigned seed, std::chrono::milliseconds apart_at_most)
      : thread_([this, relays = std::move(relays), seed, apart_at_most](std::stop_token stop) {
          std::mt19937 random(seed);
          std::array<NetworkFault, 4> kinds{NetworkFault::delay, NetworkFault::stall, NetworkFault::reset,
                                            NetworkFault::half_open};
          while (!stop.stop_requested()) {
            std::shuffle(kinds.begin(), kinds.end(), random);
            for (const NetworkFault kind : kinds)
              for (Relay* relay : relays) {
                const auto pause = std::uniform_int_distribution<long>(50, apart_at_most.count())(random);
                for (long slept = 0; slept < pause && !stop.stop_requested(); slept += 10)
                  std::this_thread::sleep_for(std::chrono::milliseconds(10));
                if (stop.stop_requested()) return;
                relay->inflict(kind);
                ++done_[static_cast<std::size_t>(kind)];
              }
            ++rounds_;
          }
        }) {}

  /// How often each kind was inflicted on each relay at least.
  int rounds() const { return rounds_; }
  std::string account() const {
    std::ostringstream text;
    constexpr const char* names[] = {"delays", "stalls", "resets", "half-opens"};
    for (std::size_t i = 0; i < done_.size(); ++i) text << (i ? ", " : "") << done_[i] << " " << names[i];
    return text.str();
  }

 private:
  std::array<std::atomic<int>, 4> done_{};
  std::atomic<int> rounds_ = 0;
  std::jthread thread_;
};

}  // namespace ptero::test
