#include "thread_team.hpp"

#include <algorithm>
#include <chrono>

namespace ptero::ptycho {

namespace {
// Waking a thread on a processor that sleeps takes as long as some patterns, and a batch has half a dozen
// rounds.
constexpr std::chrono::microseconds patience{100};

template <class Condition>
void await_awake(const Condition& met) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!met() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
}
}  // namespace

ThreadTeam::ThreadTeam(unsigned size) {
  if (size == 0) size = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned member = 1; member < size; ++member)
    helpers_.emplace_back([this, member](const std::stop_token& stop) { serve(stop, member); });
}

void ThreadTeam::run(const std::function<void(unsigned)>& work) {
  {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    running_ = static_cast<unsigned>(helpers_.size());
    ++round_;
  }
  wake_.notify_all();
  work(0);
  await_awake([this] { return running_ == 0; });
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return running_ == 0; });
}

void ThreadTeam::serve(const std::stop_token& stop, unsigned member) {
  std::size_t seen = 0;
  while (true) {
    const std::function<void(unsigned)>* work = nullptr;
    await_awake([&] { return round_ != seen; });
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return round_ != seen; })) return;
      seen = round_;
      work = work_;
    }
    (*work)(member);
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) done_.notify_one();
  }
}

}  // namespace ptero::ptycho
