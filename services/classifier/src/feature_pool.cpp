#include "feature_pool.hpp"

#include <atomic>
#include <exception>
#include <latch>
#include <mutex>

namespace ptero::classifier {

FeaturePool::FeaturePool(unsigned threads) {
  for (unsigned i = 1; i < threads; ++i)
    helpers_.emplace_back([this] {
      while (auto task = tasks_.pop()) (*task)();
    });
}

FeaturePool::~FeaturePool() {
  tasks_.close();
}

void FeaturePool::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto share = [&] {
    try {
      for (std::size_t i; (i = next++) < count;) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  // One piece needs no help: a frame that comes alone wakes nobody.
  const std::size_t helping = count > 1 ? std::min(helpers_.size(), count - 1) : 0;
  std::latch done(static_cast<std::ptrdiff_t>(helping));
  for (std::size_t i = 0; i < helping; ++i)
    tasks_.push([&] {
      share();
      done.count_down();
    });
  share();
  done.wait();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ptero::classifier
