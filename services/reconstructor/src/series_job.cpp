#include "series_job.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <ptero/codec/view.hpp>
#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>

namespace ptero::reconstructor {

namespace {

/// No pixel of it is a count.
bool is_saturated(std::span<const std::byte> pixels, Dtype dtype) {
  const double flag = flag_value(dtype);
  return with_dtype(dtype, [&]<class T>(T) {
    for (std::size_t i = 0; i + sizeof(T) <= pixels.size(); i += sizeof(T)) {
      T value;
      std::memcpy(&value, pixels.data() + i, sizeof(T));
      if (static_cast<double>(value) < flag) return false;
    }
    return true;
  });
}

}  // namespace

SeriesJob::SeriesJob(SeriesInfo info, const scan::SolverOptions& options, std::size_t min_frames)
    : view_(info.view), info_(viewed(std::move(info))), options_(options), min_frames_(min_frames) {
  if (!options_.enabled) {
    problem_ = "switched off";
    return;
  }
  // What does not fit this series costs its image, not the service: others may share the process.
  try {
    auto set_up_options = scan::set_up(options_, info_);
    if (set_up_options)
      reconstruction_.emplace(std::move(set_up_options.value()));
    else
      problem_ = set_up_options.reason();
  } catch (const InputError& unfit) {
    problem_ = unfit.what();
  }
}

void SeriesJob::resume(const WorkerCheckpoint& checkpoint) {
  if (!reconstruction_) return;
  reconstruction_->resume(checkpoint.state);
  for (const auto& frame : checkpoint.state.frames) awaited_.insert(frame.id);
  resumed_epochs_at_final_ = checkpoint.epochs_at_final;
  revision_ = checkpoint.revision;
  patterns_run_ = checkpoint.patterns_run;
  seconds_ = checkpoint.seconds;
  resumed_at_ = checkpoint.state.epochs;
  if (!checkpoint.state.errors.empty()) last_error_ = checkpoint.state.errors.back();
}

std::optional<WorkerCheckpoint> SeriesJob::checkpoint() const {
  if (epochs() == 0 || !problem_.empty()) return std::nullopt;
  WorkerCheckpoint out{.revision = revision_,
                       .epochs_at_final = std::nullopt,
                       .patterns_run = patterns_run_,
                       .seconds = seconds_,
                       .state = reconstruction_->checkpoint()};
  if (final_) out.epochs_at_final = epochs_at_final_;
  return out;
}

std::optional<std::string> SeriesJob::take(const Frame& frame, std::int64_t t_arrival_ns) {
  awaited_.erase(frame.id);
  if (!reconstruction_) return std::nullopt;
  auto why = try_to_take(frame, t_arrival_ns);
  if (why) refused_.insert(frame.id);
  return why;
}

std::optional<std::string> SeriesJob::try_to_take(const Frame& frame, std::int64_t t_arrival_ns) {
  const auto position = position_of(info_, frame);
  if (!position) return "unpositioned";
  const auto pixels = codec::decode(frame, view_);
  if (!pixels) return std::string(name_of(pixels.reason()));
  const auto taken =
      reconstruction_->add_frame(frame.id, {pixels->span(), info_.frame_shape, info_.dtype}, *position);
  if (!taken && taken.reason() == ptycho::IntakeFault::no_counts && is_saturated(pixels->span(), info_.dtype))
    return "saturated";
  if (!taken) return std::string(ptycho::name_of(taken.reason()));
  positions_.emplace(frame.id, *position);
  newest_arrival_ns_ = std::max(newest_arrival_ns_, t_arrival_ns);
  return std::nullopt;
}

void SeriesJob::revise(const wire::RevisionNote& note) {
  if (reconstruction_) reconstruction_->remove_frames(note.removed);
  for (FrameId id : note.removed) {
    positions_.erase(id);
    refused_.erase(id);
    awaited_.erase(id);
  }
  // The first word names all that is selected; what left meanwhile will not come.
  if (!std::exchange(told_, true)) {
    const std::set<FrameId> coming(note.added.begin(), note.added.end());
    std::erase_if(awaited_, [&](FrameId id) { return !coming.contains(id); });
  }
  revision_ = note.revision;
  if (!note.final) return;
  final_ = true;
  set_hash_ = note.set_hash;
  awaited_.clear();
  epochs_at_final_ = resumed_epochs_at_final_.value_or(epochs());
}

void SeriesJob::restart() {
  if (!reconstruction_) return;
  reconstruction_->restart();
  awaited_.clear();  // of a checkpoint that counts no more
  if (problem_ == ptycho::why_diverged) problem_.clear();
  last_error_ = 0;
  epochs_at_final_ = resumed_at_ = 0;
  resumed_epochs_at_final_.reset();
}

bool SeriesJob::can_run() const {
  return reconstruction_ && problem_.empty() && !done() && frames() > 0 && awaited_.empty() &&
         (final_ || frames() >= min_frames_);
}

void SeriesJob::run() {
  const auto start_ns = runtime::steady_now_ns();
  const auto report = reconstruction_->run_batch();
  seconds_ += static_cast<double>(runtime::steady_now_ns() - start_ns) * 1e-9;
  patterns_run_ += report.patterns;
  if (report.status == ptycho::RunStatus::ok) last_error_ = report.amplitude_error;
  if (report.status != ptycho::RunStatus::diverged) return;
  problem_ = ptycho::why_diverged;
  last_error_ = std::numeric_limits<double>::quiet_NaN();
}

bool SeriesJob::done() const {
  if (!final_) return false;
  if (!problem_.empty() || frames() == 0 || last_epochs() >= options_.epochs) return true;
  if (options_.stop_converged && converged()) return true;
  return early_ && last_epochs() > 0;
}

std::size_t SeriesJob::last_epochs() const {
  return reconstruction_ ? reconstruction_->epochs() - epochs_at_final_ : 0;
}

scan::Finished SeriesJob::finish() const {
  scan::Finished finished{.info = info_,
                          .snapshot = {},
                          .positions = positions_,
                          .problem = problem_,
                          .seconds = seconds_,
                          .resumed_at = resumed_at_,
                          .quality = {},
                          .age = {},
                          .record = {}};
  finished.remove_ramp = options_.remove_ramp;
  if (reconstruction_ && frames() > 0) finished.snapshot = reconstruction_->snapshot();
  // What a divergence leaves is no image to put in the place of an earlier one.
  const auto& pixels = finished.snapshot.object.pixels();
  if (!std::all_of(pixels.begin(), pixels.end(), [](auto p) { return std::isfinite(std::abs(p)); }))
    finished.snapshot.object = {};
  if (!problem_.empty()) return finished;
  if (!final_)
    finished.problem = "ended before the selection was final";
  else if (frames() == 0)
    finished.problem = "no frame was selected";
  else if (last_epochs() < options_.epochs && !(options_.stop_converged && converged()))
    finished.problem = "stopped after " + std::to_string(last_epochs()) + " of " +
                       std::to_string(options_.epochs) + " passes over all frames";
  return finished;
}

scan::Quality SeriesJob::quality(const std::function<bool()>& go_on) {
  if (!reconstruction_ || frames() == 0 || early_ || !final_ || problem_ == ptycho::why_diverged) return {};
  return scan::measure_quality(*reconstruction_, options_, go_on);
}

}  // namespace ptero::reconstructor
