#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include <ptero/runtime/bounded_queue.hpp>

namespace ptero::classifier {

/// Threads that do independent pieces of work together with their caller. Used by one thread.
class FeaturePool {
 public:
  /// threads: the caller included, 1 or more.
  explicit FeaturePool(unsigned threads);
  ~FeaturePool();
  FeaturePool(const FeaturePool&) = delete;
  FeaturePool& operator=(const FeaturePool&) = delete;

  unsigned threads() const { return static_cast<unsigned>(helpers_.size()) + 1; }
  /// work(0) to work(count - 1), each once, in any order on any thread; returns when all are done. What a
  /// piece throws, the caller gets.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  runtime::BoundedQueue<std::function<void()>> tasks_{64};
  std::vector<std::jthread> helpers_;
};

}  // namespace ptero::classifier
