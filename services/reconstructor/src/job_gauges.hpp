#pragma once

#include <vector>

#include <ptero/telemetry/metrics.hpp>

#include "series_job.hpp"

namespace ptero::reconstructor {

/// What the metrics say of the reconstruction under way.
class JobGauges {
 public:
  explicit JobGauges(telemetry::Metrics& metrics);
  void show(const SeriesJob& job) const;

 private:
  telemetry::Gauge frames_, waiting_, patterns_, iteration_, converged_, recoveries_, error_;
  std::vector<telemetry::Gauge> left_out_;  // by the number of the reason
};

}  // namespace ptero::reconstructor
