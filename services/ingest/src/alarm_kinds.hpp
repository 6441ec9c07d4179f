#pragma once

#include <vector>

#include <ptero/runtime/alarms.hpp>

namespace ptero::ingest {

/// What ingest may have to say; doc/operations.md says what helps.
inline std::vector<runtime::AlarmKind> alarm_kinds() {
  using runtime::Severity;
  return {
      {"disk_low"},
      {"backlog"},
      {"raw_file_waits"},
      {"raw_file"},
      {"journal_sync"},
      {"disk_full", Severity::critical},
      {"detector_distance", Severity::warning},
      {"mask", Severity::warning},
      {"crop", Severity::warning},
      {"series_stalled", Severity::warning},
      {"stealing", Severity::critical},
      {"unreadable", Severity::warning},
      {"no_start", Severity::warning},
      {"no_positions", Severity::warning},
      {"foreign_labels", Severity::warning},
  };
}

}  // namespace ptero::ingest
