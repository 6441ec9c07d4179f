#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace ptero::ptycho {

/// A fixed number of threads that do one thing together. The caller is member 0.
class ThreadTeam {
 public:
  explicit ThreadTeam(unsigned size);

  unsigned size() const { return static_cast<unsigned>(helpers_.size()) + 1; }
  /// Calls work(member) once for each member and waits for all. Work does not throw.
  void run(const std::function<void(unsigned)>& work);
  /// Cuts [0, count) into one contiguous piece a member, the same pieces every time: work(member, begin,
  /// end).
  template <class Work>
  void split(std::size_t count, const Work& work) {
    run([&](unsigned member) {
      const std::size_t begin = count * member / size(), end = count * (member + 1) / size();
      if (begin < end) work(member, begin, end);
    });
  }

 private:
  void serve(const std::stop_token& stop, unsigned member);

  std::mutex mutex_;
  std::condition_variable_any wake_, done_;
  const std::function<void(unsigned)>* work_ = nullptr;
  std::atomic<std::size_t> round_ = 0;
  std::atomic<unsigned> running_ = 0;
  std::vector<std::jthread> helpers_;
};

}  // namespace ptero::ptycho
