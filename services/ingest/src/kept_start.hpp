#pragma once

#include <filesystem>
#include <optional>

#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>

#include "source.hpp"
#include "trial.hpp"

namespace ptero::ingest {

/// The start of a series that no journal has yet, because it is held back until the first image or waits
/// behind frames without a position: as received, in a file of its own, so that a kill between arming and
/// the first image does not cost the series its start. Used by one thread.
class KeptStart {
 public:
  static constexpr const char* file_name = "announced.journal";

  /// Nothing is kept, and nothing taken up, where series of killed processes are not gone on with.
  explicit KeptStart(const IngestOptions& options);

  /// Replaces what was kept. A disk that refuses it is logged: the running process still has the message.
  void keep(const Incoming& start);
  /// The series whose start came then is in a journal of its own: it needs no keeping any more.
  void started(std::int64_t t_arrival_ns);
  /// What an earlier process kept, as it came to it. What cannot be read is removed, with a line in the log.
  /// What an earlier process already took up, and was gone before survived(), is put aside with an alarm.
  std::optional<Incoming> earlier(runtime::Alarms& alarms);
  /// What earlier() gave has been taken up, and the process is still there.
  void survived() { trial_.survived(); }

 private:
  void remove();

  Trial trial_;
  std::filesystem::path file_;  // empty: keeps nothing
  std::optional<std::int64_t> kept_ns_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
