#pragma once

#include <csignal>
#include <optional>
#include <stop_token>

namespace ptero::runtime {

/// Takes SIGINT and SIGTERM as events instead of interruptions. Make one at the top of main, before any
/// thread: it blocks both signals for this thread and all that are started from it, until it is destroyed.
/// One per process; `wait` by one thread at a time.
class SignalWait {
 public:
  /// Throws Error when the system gives no descriptor.
  SignalWait();
  ~SignalWait();
  SignalWait(const SignalWait&) = delete;
  SignalWait& operator=(const SignalWait&) = delete;

  /// The signal's number, or nothing once `stop` is requested.
  std::optional<int> wait(std::stop_token stop = {});

 private:
  sigset_t previous_mask_;
  int signal_fd_ = -1;
  int wake_fd_ = -1;
};

/// From now on a write beyond the process's limit for files (ulimit -f) fails as on a full disk, instead of
/// ending the process.
void let_limits_fail_writes();

}  // namespace ptero::runtime
