#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/curve_gate.hpp>

namespace ptero::host {

/// Counts connections that were refused, and logs them: of each kind the first at once, then one line in ten
/// seconds at most. Thread safe.
class RefusalLog {
 public:
  explicit RefusalLog(const std::string& service);

  void note(const transport::Refusal& refusal);
  const telemetry::Metrics& metrics() const { return metrics_; }

 private:
  using Kind = std::pair<transport::Refusal::Side, transport::RefusalReason>;
  struct Told {
    std::uint64_t since_last_line = 0;
    std::int64_t last_line_ns = 0;  ///< 0: none yet
  };

  telemetry::Metrics metrics_;
  telemetry::Counters total_;
  std::mutex mutex_;
  std::map<Kind, Told> told_;
};

}  // namespace ptero::host
