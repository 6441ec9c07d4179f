#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>

#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "series_store.hpp"

namespace ptero::ingest {

/// Puts the journals on the disk every sync_seconds. A power cut costs what was appended since, and while the
/// disk was at it. Run by one stage.
class SyncStage {
 public:
  SyncStage(const IngestOptions& options, const SeriesStore& store, telemetry::Metrics& metrics,
            runtime::Alarms& alarms, std::function<bool()> recording);
  void run(std::stop_token stop, runtime::Heartbeat& beat);

 private:
  void sync_all();

  const IngestOptions& options_;
  const SeriesStore& store_;
  runtime::Alarms& alarms_;
  std::function<bool()> recording_;
  std::atomic<std::int64_t> sync_ns_ = 0;
};

}  // namespace ptero::ingest
