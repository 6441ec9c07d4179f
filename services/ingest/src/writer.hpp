#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "series_store.hpp"

namespace ptero::ingest {

/// What the writer asks of the other stages.
struct Surroundings {
  std::function<bool()> recording;     ///< more may still be appended to the log
  std::function<bool()> has_consumer;  ///< somebody may still send labels
  std::function<bool()> has_room;      ///< on the disk; below it the rest is the journals'
  runtime::Alarms& alarms;
};

/// Writes a series' raw HDF5 file from its journal while it grows, waits for the final labels, seals the file
/// and removes the journal, which it then replaces. Returns the series' part of report.json. A disk that
/// refuses costs nothing: the file is made anew from the journal, again and again, until it can be written;
/// nullopt when a stop comes first, and the journal stays. Where there is a file of somebody else, it gets
/// another name.
std::optional<std::string> write_series(Series& series, const SeriesStore& store,
                                        const IngestOptions& options, std::stop_token stop,
                                        runtime::Heartbeat& heartbeat, const Surroundings& around);

}  // namespace ptero::ingest
