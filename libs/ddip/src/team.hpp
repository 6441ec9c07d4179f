#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ptero::ddip {

/// Threads that share out a few large tasks. The networks are independent of each other but for three places
/// of a step, so one thread a network wastes less than several threads in each of their small loops, and
/// nobody spins at a barrier when another process takes the core.
class Team {
 public:
  /// prepare: run once in each thread.
  Team(std::size_t threads, const std::function<void()>& prepare);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t threads() const { return threads_.size(); }
  /// Runs task(0) .. task(count - 1), in this order as threads become free, and waits. Rethrows the first
  /// exception, after all have ended.
  void run(std::size_t count, const std::function<void(std::size_t)>& task);

 private:
  void work(const std::function<void()>& prepare);

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(std::size_t)>* task_ = nullptr;
  std::size_t count_ = 0, next_ = 0, open_ = 0;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ptero::ddip
