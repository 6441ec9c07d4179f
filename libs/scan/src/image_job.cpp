#include <ptero/scan/first_probe.hpp>
#include <ptero/scan/image_job.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <ptero/core/error.hpp>

namespace ptero::scan {

namespace {
bool is_finite(const Image<ptycho::Complex>& object) {
  return std::all_of(object.pixels().begin(), object.pixels().end(),
                     [](const auto& value) { return std::isfinite(std::abs(value)); });
}
}  // namespace

ImageJob::ImageJob(SeriesInfo info, const SolverOptions& options, std::size_t min_frames)
    : view_(info.view), info_(viewed(std::move(info))), options_(options), min_frames_(min_frames) {
  if (!options_.enabled) {
    problem_ = "switched off";
    return;
  }
  // What does not fit this series costs its image, not the service: others may share the process.
  try {
    set_up_for_series();
  } catch (const InputError& unfit) {
    problem_ = unfit.what();
  }
}

void ImageJob::set_up_for_series() {
  auto set_up_options = set_up(options_, info_);
  if (!set_up_options) {
    problem_ = set_up_options.reason();
    return;
  }
  const ptycho::ReconstructionOptions& made_with = set_up_options.value();
  object_pixel_m_ = made_with.pixel_m;
  pattern_ = made_with.intake.n;
  auto judgement = judge(quantities_of(info_, options_.probe_model == "electron", object_pixel_m_));
  if (!judgement.refused.empty()) {
    problem_ = judgement.refused;
    return;
  }
  implausible_ = std::move(judgement.warnings);
  reconstruction_.emplace(made_with);
  intake_.emplace(info_, view_, made_with, *reconstruction_);
}

void ImageJob::resume(const Standing& standing) {
  if (!reconstruction_) return;
  reconstruction_->resume(standing.state);
  for (const auto& frame : standing.state.frames) awaited_.insert(frame.id);
  resumed_epochs_at_final_ = standing.epochs_at_final;
  patterns_run_ = standing.patterns_run;
  seconds_ = standing.seconds;
  resumed_at_ = standing.state.epochs;
  if (!standing.state.errors.empty()) last_error_ = standing.state.errors.back();
}

std::optional<ImageJob::Standing> ImageJob::standing() const {
  if (epochs() == 0 || !problem_.empty()) return std::nullopt;
  Standing out{.epochs_at_final = std::nullopt,
               .patterns_run = patterns_run_,
               .seconds = seconds_,
               .state = reconstruction_->checkpoint()};
  if (final_) out.epochs_at_final = epochs_at_final_;
  return out;
}

void ImageJob::announce(std::span<const FrameId> ids) {
  selected_.insert(ids.begin(), ids.end());
}

void ImageJob::expect(const std::map<FrameId, Position>& places) {
  for (const auto& [id, place] : places) selected_.insert(id);
  if (intake_) intake_->expect(places);
}

std::optional<LeftOut> ImageJob::take(const Frame& frame) {
  awaited_.erase(frame.id);
  selected_.insert(frame.id);
  if (!intake_) return std::nullopt;
  intake_->take(frame);
  const auto found = intake_->left_out().find(frame.id);
  return found == intake_->left_out().end() ? std::nullopt : std::optional(found->second);
}

void ImageJob::remove(std::span<const FrameId> ids) {
  if (intake_) intake_->remove(ids);
  for (const FrameId id : ids) {
    selected_.erase(id);
    awaited_.erase(id);
  }
}

void ImageJob::await_only(const std::set<FrameId>& coming) {
  std::erase_if(awaited_, [&](FrameId id) { return !coming.contains(id); });
}

void ImageJob::finalise() {
  final_ = true;
  awaited_.clear();
  if (intake_) intake_->settle();
  epochs_at_final_ = resumed_epochs_at_final_.value_or(epochs());
  if (!intake_) return;
  auto judgement = judge(quantities());
  implausible_ = std::move(judgement.warnings);
  if (problem_.empty()) problem_ = judgement.refused;
}

ScanQuantities ImageJob::quantities() const {
  auto out = quantities_of(info_, options_.probe_model == "electron", object_pixel_m_);
  const bool begun = reconstruction_ && epochs() > 0;
  add_scan(out, positions(), object_pixel_m_, pattern_,
           begun ? reconstruction_->snapshot().probe : Image<ptycho::Complex>{});
  if (intake_) out.masked_counts = intake_->masked_counts();
  return out;
}

void ImageJob::restart() {
  if (!reconstruction_) return;
  reconstruction_->restart();
  awaited_.clear();  // of an earlier job that counts no more
  if (problem_ == ptycho::why_diverged) problem_.clear();
  last_error_ = 0;
  epochs_at_final_ = resumed_at_ = 0;
  resumed_epochs_at_final_.reset();
}

bool ImageJob::can_run() const {
  return reconstruction_ && problem_.empty() && !done() && frames() > 0 && awaited_.empty() &&
         (final_ || frames() >= min_frames_);
}

void ImageJob::run() {
  const auto start = std::chrono::steady_clock::now();
  const auto report = reconstruction_->run_batch();
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  patterns_run_ += report.patterns;
  if (report.status == ptycho::RunStatus::ok) last_error_ = report.amplitude_error;
  if (report.status != ptycho::RunStatus::diverged) return;
  problem_ = ptycho::why_diverged;
  last_error_ = std::numeric_limits<double>::quiet_NaN();
}

bool ImageJob::done() const {
  if (!final_) return false;
  if (!problem_.empty() || frames() == 0 || last_epochs() >= options_.epochs) return true;
  if (options_.stop_converged && settled()) return true;
  return early_ && last_epochs() > 0;
}

std::size_t ImageJob::last_epochs() const {
  return reconstruction_ ? reconstruction_->epochs() - epochs_at_final_ : 0;
}

ImageFrames ImageJob::use() const {
  ImageFrames out = intake_ ? intake_->frames() : ImageFrames{};
  // On their way still, or held back; without a reconstruction all are.
  out.waiting =
      selected_.size() - std::min<std::uint64_t>(selected_.size(), out.in_image + out.all_left_out_frames());
  return out;
}

const std::map<FrameId, LeftOut>& ImageJob::left_out() const {
  static const std::map<FrameId, LeftOut> none;
  return intake_ ? intake_->left_out() : none;
}

Warnings ImageJob::warnings() const {
  auto out = implausible_;
  if (intake_) merge(out, intake_->warnings());
  return out;
}

const std::map<FrameId, Position>& ImageJob::positions() const {
  static const std::map<FrameId, Position> none;
  return intake_ ? intake_->positions() : none;
}

/// Of the image as it is, where nothing else is wrong.
std::string ImageJob::shortcoming() const {
  const auto frames_used = use();
  if (!final_) return "ended before the selection was final";
  if (frames_used.selected() == 0) return "no frame was selected";
  if (frames() == 0)
    return fmt::format("none of the {} selected frames can be used: {}", frames_used.selected(),
                       describe_left_out(frames_used));
  if (last_epochs() < options_.epochs && !(options_.stop_converged && settled()))
    return fmt::format("stopped after {} of {} passes over all frames", last_epochs(), options_.epochs);
  return {};
}

Finished ImageJob::finish() const {
  Finished finished{.info = info_,
                    .snapshot = {},
                    .positions = positions(),
                    .problem = problem_,
                    .seconds = seconds_,
                    .resumed_at = resumed_at_,
                    .quality = {},
                    .age = {},
                    .options = SolverOptions::declared().values(options_),
                    .record = {}};
  finished.remove_ramp = options_.remove_ramp;
  finished.use = use();
  finished.warnings = warnings();
  if (reconstruction_) {
    merge(finished.warnings, about_first_probe(options_, info_));
    merge(finished.warnings, about_object_pixel(options_, info_));
  }
  // Now that the beam is known.
  if (intake_ && epochs() > 0) merge(finished.warnings, judge(quantities()).warnings);
  if (reconstruction_ && frames() > 0) finished.snapshot = reconstruction_->snapshot();
  // What a divergence leaves is no image to put in the place of an earlier one.
  if (!is_finite(finished.snapshot.object)) finished.snapshot.object = {};
  if (problem_.empty()) finished.problem = shortcoming();
  return finished;
}

Quality ImageJob::quality(const std::function<bool()>& go_on) {
  if (!reconstruction_ || frames() == 0 || early_ || !final_ || problem_ == ptycho::why_diverged) return {};
  return measure_quality(*reconstruction_, options_, go_on);
}

}  // namespace ptero::scan
