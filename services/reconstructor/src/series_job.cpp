#include "series_job.hpp"

#include <ptero/codec/view.hpp>
#include <ptero/runtime/clock.hpp>

namespace ptero::reconstructor {

SeriesJob::SeriesJob(SeriesInfo info, const SolverOptions& options, std::size_t min_frames)
    : view_(info.view), info_(viewed(std::move(info))), options_(options), min_frames_(min_frames) {
  if (!options_.enabled) {
    problem_ = "switched off";
    return;
  }
  auto set_up_options = set_up(options_, info_);
  if (set_up_options)
    reconstruction_.emplace(std::move(set_up_options.value()));
  else
    problem_ = set_up_options.reason();
}

std::optional<std::string> SeriesJob::take(const Frame& frame, std::int64_t t_arrival_ns) {
  if (!reconstruction_) return std::nullopt;
  const auto position = position_of(info_, frame);
  if (!position) return "unpositioned";
  const auto pixels = codec::decode(frame, view_);
  if (!pixels) return std::string(name_of(pixels.reason()));
  const auto taken =
      reconstruction_->add_frame(frame.id, {pixels->span(), info_.frame_shape, info_.dtype}, *position);
  if (!taken) return std::string(ptycho::name_of(taken.reason()));
  positions_.emplace(frame.id, *position);
  newest_arrival_ns_ = std::max(newest_arrival_ns_, t_arrival_ns);
  return std::nullopt;
}

void SeriesJob::revise(const wire::RevisionNote& note) {
  if (reconstruction_) reconstruction_->remove_frames(note.removed);
  for (FrameId id : note.removed) positions_.erase(id);
  if (!note.final) return;
  final_ = true;
  epochs_at_final_ = reconstruction_ ? reconstruction_->epochs() : 0;
}

bool SeriesJob::can_run() const {
  return reconstruction_ && problem_.empty() && !done() && frames() > 0 &&
         (final_ || frames() >= min_frames_);
}

void SeriesJob::run() {
  const auto start_ns = runtime::steady_now_ns();
  const auto report = reconstruction_->run_batch();
  seconds_ += static_cast<double>(runtime::steady_now_ns() - start_ns) * 1e-9;
  patterns_run_ += report.patterns;
  if (report.status == ptycho::RunStatus::ok) last_error_ = report.amplitude_error;
  if (report.status == ptycho::RunStatus::diverged) problem_ = ptycho::why_diverged;
}

bool SeriesJob::done() const {
  if (!final_) return false;
  if (!problem_.empty() || frames() == 0 || last_epochs() >= options_.epochs) return true;
  return early_ && last_epochs() > 0;
}

std::size_t SeriesJob::last_epochs() const {
  return reconstruction_ ? reconstruction_->epochs() - epochs_at_final_ : 0;
}

Finished SeriesJob::finish() const {
  Finished finished{.info = info_, .positions = positions_, .problem = problem_, .seconds = seconds_};
  if (reconstruction_ && frames() > 0) finished.snapshot = reconstruction_->snapshot();
  if (!problem_.empty()) return finished;
  if (!final_)
    finished.problem = "ended before the selection was final";
  else if (frames() == 0)
    finished.problem = "no frame was selected";
  else if (last_epochs() < options_.epochs)
    finished.problem = "stopped after " + std::to_string(last_epochs()) + " of " +
                       std::to_string(options_.epochs) + " passes over all frames";
  return finished;
}

}  // namespace ptero::reconstructor
