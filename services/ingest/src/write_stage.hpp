#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <string>

#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "writer.hpp"

namespace ptero::ingest {

/// One raw file after the other, from the journals, in the order of the series. Run by one stage.
class WriteStage {
 public:
  /// `sealed` is told of each file with the series' part of report.json.
  using Sealed = std::function<void(const Series&, const std::string& report)>;
  WriteStage(const IngestOptions& options, SeriesStore& store, Surroundings around, Sealed sealed);

  void run(std::stop_token stop, runtime::Heartbeat& beat);
  /// A file may still be sealed. Thread-safe.
  bool writing() const { return writing_; }

 private:
  const IngestOptions& options_;
  SeriesStore& store_;
  Surroundings around_;
  Sealed sealed_;
  std::atomic<bool> writing_ = true;
};

}  // namespace ptero::ingest
