#pragma once

#include <filesystem>
#include <optional>

#include <ptero/journal/journal.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>

#include "aside.hpp"
#include "source.hpp"

namespace ptero::ingest {

/// Keeps what came and belongs nowhere, as received, in a file of its own beside the series: nothing that a
/// detector sent is thrown away for what ptero makes of it. Bounded; what is not kept is counted all the
/// same. Used by one thread.
class SetAside {
 public:
  static constexpr const char* file_name = "set-aside.journal";

  SetAside(const IngestOptions& options, telemetry::Metrics& metrics);

  enum class Keep : std::uint8_t { message, count_alone };
  void put(Aside why, const Arrival& arrival, Keep keep = Keep::message);
  const std::filesystem::path& file() const { return file_; }

 private:
  void write(const Arrival& arrival);

  std::filesystem::path file_;
  std::uint64_t most_bytes_;
  std::optional<journal::JournalWriter> writer_;
  telemetry::Counters counters_;  // by reason
  telemetry::Counter not_kept_;
  bool told_ = false;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
