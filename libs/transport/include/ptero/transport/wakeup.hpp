#pragma once

namespace ptero::transport {

/// Wakes a thread that waits in `Socket::wait`. notify() may be called from any thread; the rest belongs to
/// the waiting thread. Notifications before a drain() count once.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void notify() const;
  void drain() const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace ptero::transport
