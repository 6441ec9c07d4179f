#include "team.hpp"

#include <utility>

namespace ptero::ddip {

Team::Team(std::size_t threads, const std::function<void()>& prepare) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, prepare] { work(prepare); });
}

Team::~Team() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::unique_lock lock(mutex_);
  task_ = &task;
  count_ = open_ = count;
  next_ = 0;
  wake_.notify_all();
  done_.wait(lock, [this] { return open_ == 0; });
  task_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Team::work(const std::function<void()>& prepare) {
  prepare();
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || (task_ && next_ < count_); });
    if (stop_) return;
    const auto& task = *task_;
    const std::size_t mine = next_++;
    lock.unlock();
    std::exception_ptr failure;
    try {
      task(mine);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
    if (--open_ == 0) done_.notify_all();
  }
}

}  // namespace ptero::ddip
