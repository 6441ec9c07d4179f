#include "job_gauges.hpp"

namespace ptero::reconstructor {

JobGauges::JobGauges(telemetry::Metrics& metrics)
    : frames_(metrics.gauge("ptero_reconstructor_frames")),
      waiting_(metrics.gauge("ptero_reconstructor_waiting_frames")),
      patterns_(metrics.gauge("ptero_reconstructor_pattern_updates")),
      iteration_(metrics.gauge("ptero_reconstructor_iteration")),
      converged_(metrics.gauge("ptero_reconstructor_converged")),
      recoveries_(metrics.gauge("ptero_reconstructor_recoveries")),
      error_(metrics.gauge("ptero_reconstructor_amplitude_error")),
      left_out_(metrics.gauges("ptero_reconstructor_left_out_frames", telemetry::names_of(all_left_out))) {}

void JobGauges::show(const SeriesJob& job) const {
  const auto use = job.use();
  frames_.set(static_cast<double>(use.in_image));
  waiting_.set(static_cast<double>(use.waiting));
  for (std::size_t i = 0; i < left_out_.size(); ++i) left_out_[i].set(static_cast<double>(use.left_out[i]));
  patterns_.set(static_cast<double>(job.patterns_run()));
  iteration_.set(static_cast<double>(job.epochs()));
  converged_.set(job.converged() ? 1 : 0);
  recoveries_.set(static_cast<double>(job.recoveries()));
  error_.set(job.last_error());
}

}  // namespace ptero::reconstructor
