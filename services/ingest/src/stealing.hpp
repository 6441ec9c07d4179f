#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <ptero/core/frame.hpp>

namespace ptero::ingest {

/// Sees that somebody else pulls from the same detector. A PUSH socket deals its messages out in turn, so
/// that of N pullers each sees every Nth id; frames lost for any other reason leave no such pattern. Used by
/// one thread.
class StealingWatch {
 public:
  /// Ids in the order they come. Returns N where the steps show that one id in N comes, and 1 where they do
  /// not; what is in between, or a window that is not full yet, leaves the answer as it was.
  std::uint64_t saw(FrameId id);
  /// Another series begins: the next id follows none.
  void restart() { last_.reset(); }

 private:
  static constexpr std::size_t window = 32;
  /// A puller that is busy is passed over now and then.
  static constexpr std::size_t enough = window - window / 8;
  static constexpr std::uint64_t most_pullers = 16;

  std::optional<FrameId> last_;
  std::array<std::uint8_t, window> steps_{};  // 0: none of interest
  std::array<std::size_t, most_pullers + 1> count_{};
  std::size_t seen_ = 0;
  std::uint64_t answer_ = 1;
};

}  // namespace ptero::ingest
