#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include <ptero/core/frame.hpp>
#include <ptero/core/series.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/wire/views.hpp>

namespace ptero::classifier {

/// Shows the newest frame and the mean of those it looked at, a few times a second, on a thread of its own:
/// frames that come faster are not looked at, and nothing waits for it.
class Preview {
 public:
  /// A frame, and what the whole series says of its flagged pixels.
  struct Look {
    std::shared_ptr<const SeriesInfo> info;
    Frame frame;
    std::uint64_t least_flagged = 0;
    std::uint64_t saturated_frames = 0;
  };
  /// The newest wins. Any thread.
  void offer(Look look);
  /// The stage. Calls `publish` for each frame looked at.
  void run(std::stop_token stop, runtime::Heartbeat& beat,
           const std::function<void(wire::PreviewEvent)>& publish);

  /// One look: exposed for tests. nullopt when the frame does not decode.
  std::optional<wire::PreviewEvent> look_at(const Look& look);

 private:
  std::mutex mutex_;
  std::condition_variable_any came_;
  std::optional<Look> newest_;
  std::shared_ptr<const SeriesInfo> series_;  // of the mean
  std::vector<double> sum_;
  std::vector<std::uint32_t> times_;  // a pixel counted
  std::uint64_t looked_at_ = 0;
};

}  // namespace ptero::classifier
