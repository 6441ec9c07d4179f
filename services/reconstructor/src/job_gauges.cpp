#include "job_gauges.hpp"

namespace ptero::reconstructor {

JobGauges::JobGauges(telemetry::Metrics& metrics)
    : frames_(metrics.gauge("ptero_reconstructor_frames", "Frames in the reconstruction")),
      patterns_(
          metrics.gauge("ptero_reconstructor_pattern_updates", "Pattern updates of the current series")),
      iteration_(
          metrics.gauge("ptero_reconstructor_iteration", "Passes over all frames of the current series")),
      converged_(metrics.gauge("ptero_reconstructor_converged",
                               "1: more iterations of these frames change nothing")),
      recoveries_(metrics.gauge("ptero_reconstructor_recoveries",
                                "How often the current series diverged and was taken up again")),
      error_(metrics.gauge("ptero_reconstructor_amplitude_error", "Relative amplitude error")) {}

void JobGauges::show(const SeriesJob& job) const {
  frames_.set(static_cast<double>(job.frames()));
  patterns_.set(static_cast<double>(job.patterns_run()));
  iteration_.set(static_cast<double>(job.epochs()));
  converged_.set(job.converged() ? 1 : 0);
  recoveries_.set(static_cast<double>(job.recoveries()));
  error_.set(job.last_error());
}

}  // namespace ptero::reconstructor
