#pragma once

#include <cstdint>
#include <string>

#include <ptero/core/frame.hpp>
#include <ptero/runtime/alarms.hpp>

namespace ptero::ingest {

/// Recognises what goes wrong when a detector is connected for the first time, from the messages alone, and
/// says it as an alarm: otherwise a person waits in front of a scan that never shows. Used by one thread.
class UsualMistakes {
 public:
  /// `source` and `positions` as configured. `alarms` must outlive this and know `unreadable`, `no_start` and
  /// `no_positions`.
  UsualMistakes(runtime::Alarms& alarms, std::string source, std::string positions);

  /// A series began: all alarms are cleared.
  void started();
  /// A message could not be read while no series runs, most likely one of another protocol.
  void unreadable(FrameFault fault);
  /// A frame came of a series whose start was not heard.
  void without_start(FrameId id);
  /// A frame of the running series was recorded.
  void recorded(bool positioned);

 private:
  void raise(const char* alarm, const std::string& sentence);

  runtime::Alarms& alarms_;
  std::string source_, positions_;
  const char* raised_ = nullptr;        // the one alarm there is at a time
  std::uint64_t without_position_ = 0;  // frames since the series began
  bool any_position_ = false;           // in the running series
};

}  // namespace ptero::ingest
