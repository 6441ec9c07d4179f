#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ptero/core/error.hpp>
#include <ptero/runtime/signal_wait.hpp>

namespace ptero::runtime {

void let_limits_fail_writes() {
  std::signal(SIGXFSZ, SIG_IGN);
}

SignalWait::SignalWait() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGINT);
  sigaddset(&mask, SIGTERM);
  if (const int code = pthread_sigmask(SIG_BLOCK, &mask, &previous_mask_); code != 0)
    throw Error("cannot block SIGINT and SIGTERM", std::strerror(code));
  signal_fd_ = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signal_fd_ >= 0 && wake_fd_ >= 0) return;
  const Error error("cannot wait for signals", std::strerror(errno));
  if (signal_fd_ >= 0) close(signal_fd_);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
  throw error;
}

SignalWait::~SignalWait() {
  close(signal_fd_);
  close(wake_fd_);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

std::optional<int> SignalWait::wait(std::stop_token stop) {
  std::stop_callback wake(stop, [this] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
  });
  while (!stop.stop_requested()) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) throw Error("cannot wait for signals", std::strerror(errno));
    signalfd_siginfo info;
    if (read(signal_fd_, &info, sizeof info) == sizeof info) return static_cast<int>(info.ssi_signo);
    // An earlier wait may have left its wake-up behind.
    std::uint64_t count = 0;
    [[maybe_unused]] const auto cleared = read(wake_fd_, &count, sizeof count);
  }
  return std::nullopt;
}

}  // namespace ptero::runtime
