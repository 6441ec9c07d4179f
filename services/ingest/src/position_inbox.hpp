#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include <ptero/positions/stream_event.hpp>

namespace ptero::ingest {

/// What a stream of positions said and when it came.
struct PositionEvent {
  positions::StreamEvent event;
  std::int64_t t_arrival_ns = 0;
};

/// From the thread that listens to the stage to the one that records frames. Pushing never waits: a
/// controller whose samples are not read may stop the scan. Bounded all the same. Thread-safe.
class PositionInbox {
 public:
  explicit PositionInbox(std::size_t max_samples) : max_samples_(max_samples) {}

  /// False: full, the event is dropped. Nobody takes, because the disk does not.
  bool push(PositionEvent event) {
    const std::lock_guard lock(mutex_);
    if (const auto* some = std::get_if<positions::StreamSamples>(&event.event)) {
      if (samples_ + some->samples.size() > max_samples_) return false;
      samples_ += some->samples.size();
    }
    events_.push_back(std::move(event));
    any_ = true;
    return true;
  }

  /// Everything since the last call, in order. Costs nothing while there is nothing.
  std::vector<PositionEvent> take() {
    if (!any_) return {};
    const std::lock_guard lock(mutex_);
    any_ = false;
    samples_ = 0;
    return std::exchange(events_, {});
  }

 private:
  const std::size_t max_samples_;
  std::mutex mutex_;
  std::atomic<bool> any_ = false;
  std::vector<PositionEvent> events_;
  std::size_t samples_ = 0;
};

}  // namespace ptero::ingest
