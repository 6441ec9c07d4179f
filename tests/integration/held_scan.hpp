#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "hand_detector.hpp"

namespace ptero::test {

/// Sends the small scan at a rate and waits before some of its frames until it may go on, so that what has to
/// happen while a series runs does, however slow the machine. A minute is enough patience for each.
class HeldScan {
 public:
  HeldScan(double rate_hz, std::vector<FrameId> before)
      : pause_(1 / rate_hz),
        before_(std::move(before)),
        thread_([this](std::stop_token stop) { run(stop); }) {}

  std::string source() const { return "native:" + detector_.endpoint(); }
  /// Past the first so many of the frames it waits before.
  void let_pass(std::size_t holds) { passed_ = std::max<std::size_t>(passed_, holds); }

 private:
  void run(std::stop_token stop) {
    detector_.send(detector_.info());
    std::size_t held = 0;
    for (FrameId id = 0; id < detector_.size() && !stop.stop_requested(); ++id) {
      if (held < before_.size() && id == before_[held]) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (passed_ <= held && !stop.stop_requested() && std::chrono::steady_clock::now() < patience)
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ++held;
      }
      std::this_thread::sleep_for(pause_);
      detector_.send(detector_.frame(id));
    }
    if (!stop.stop_requested()) detector_.send_end();
  }

  HandDetector detector_;
  const std::chrono::duration<double> pause_;
  const std::vector<FrameId> before_;
  std::atomic<std::size_t> passed_ = 0;
  std::jthread thread_;
};

}  // namespace ptero::test
