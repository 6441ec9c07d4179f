#pragma once

#include <filesystem>

#include <ptero/runtime/alarms.hpp>
#include <ptero/telemetry/log.hpp>

namespace ptero::ingest {

/// Takes up what an earlier process left, and remembers on disk that it is being tried: what has ended so
/// many processes one after the other does not end the next. Once may be chance: somebody killed it, or the
/// power failed. Used by one thread.
class Trial {
 public:
  static constexpr int most_tries = 3;
  /// `mark`: the file that remembers. One left behind names what the last process did not survive, and how
  /// many did not.
  explicit Trial(std::filesystem::path mark);

  /// False: the last most_tries processes did not survive taking this up. It is renamed, and the alarm
  /// `put_aside` says so.
  bool begin(const std::filesystem::path& what, runtime::Alarms& alarms);
  /// What begin() allowed was taken up.
  void survived();

 private:
  std::filesystem::path mark_;
  std::filesystem::path fatal_;  // empty: nothing was
  int tries_ = 0;                // of it
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
