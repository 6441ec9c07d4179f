#include "job_gauges.hpp"

namespace ptero::reconstructor {

JobGauges::JobGauges(telemetry::Metrics& metrics)
    : frames_(metrics.gauge("ptero_reconstructor_frames", "Frames in the reconstruction")),
      waiting_(metrics.gauge("ptero_reconstructor_waiting_frames",
                             "Selected frames that are neither in the image nor left out yet")),
      patterns_(
          metrics.gauge("ptero_reconstructor_pattern_updates", "Pattern updates of the current series")),
      iteration_(
          metrics.gauge("ptero_reconstructor_iteration", "Passes over all frames of the current series")),
      converged_(metrics.gauge("ptero_reconstructor_converged",
                               "1: more iterations of these frames change nothing")),
      recoveries_(metrics.gauge("ptero_reconstructor_recoveries",
                                "How often the current series diverged and was taken up again")),
      error_(metrics.gauge("ptero_reconstructor_amplitude_error", "Relative amplitude error")) {
  for (const LeftOut why : all_left_out)
    left_out_.push_back(
        metrics.gauge("ptero_reconstructor_left_out_frames",
                      "Selected frames of the current series that are not in the image, by reason",
                      {{"reason", std::string(name_of(why))}}));
}

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
