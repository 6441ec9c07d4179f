#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <string>

#include "reconstruction_state.hpp"

namespace ptero::ptycho {

namespace {
constexpr double exploded = 4;  // an amplitude error above 2 is worse than no light at all
constexpr std::size_t scaling_frames = 64;
constexpr double relapse = 3;    // times the best error, beyond which it has diverged ...
constexpr double ripple = 1e-3;  // ... if it is worse by this too
constexpr unsigned max_recoveries = 4;
constexpr std::size_t keep_every = 5;  // epochs between copies of a good state
constexpr double safe_beta = 0.5;

void check(const ReconstructionOptions& options) {
  const auto refuse = [](const std::string& problem, const std::string& hint) {
    throw InputError("reconstruction: " + problem, "", hint);
  };
  const std::size_t n = options.intake.n;
  if (!(options.pixel_m > 0) || !std::isfinite(options.pixel_m))
    refuse("the object pixel size is not known", "give it in metres, or 1 where positions come in pixels");
  if (options.probe && options.probe->shape() != Shape{n, n})
    refuse("the probe is " + std::to_string(options.probe->rows()) + " x " +
               std::to_string(options.probe->cols()) + " pixels, the patterns " + std::to_string(n) + " x " +
               std::to_string(n),
           "crop the patterns to the probe's size or give another probe");
  if (!(options.batch_fraction > 0) || options.batch_fraction > 1)
    refuse("the batch fraction must be above 0 and at most 1", "0.1 is usual");
  if (options.min_batch == 0 || options.max_batch < options.min_batch)
    refuse("batch sizes must satisfy 1 <= smallest <= largest", "");
  if (!(options.catch_up_factor >= 1)) refuse("the catch-up factor must be at least 1", "1 switches it off");
}
}  // namespace

Reconstruction::State::State(ReconstructionOptions given)
    : options((check(given), std::move(given))),
      workspace(make_workspace(options.backend, {.n = options.intake.n,
                                                 .subpixel = options.subpixel,
                                                 .regularisation = options.regularisation,
                                                 .threads = options.threads})),
      batches({.fraction = options.batch_fraction,
               .min_size = options.min_batch,
               .max_size = options.max_batch,
               .catch_up_visits = options.catch_up_visits,
               .catch_up_factor = options.catch_up_factor,
               .seed = options.seed}) {}

void Reconstruction::State::scale_probe() {
  std::vector<Slot> some = slots();
  const std::size_t stride = std::max<std::size_t>(1, some.size() / scaling_frames);
  for (std::size_t i = 0; i * stride < some.size(); ++i) some[i] = some[i * stride];
  some.resize((some.size() + stride - 1) / stride);
  const ErrorSums sums = workspace->evaluate(some);
  if (sums.model > 0 && std::isfinite(sums.model))
    workspace->scale(1, std::sqrt(sums.intensity / sums.model));
}

void Reconstruction::State::start() {
  if (!options.probe) {
    for (std::size_t i = 0; i < intensity_sum.size(); ++i)
      intensity_sum.data()[i] /= std::max(1.0F, valid_count.data()[i]);
    options.probe = probe_from_mean_pattern(intensity_sum, options.defocus_phase);
    intensity_sum = valid_count = {};
  }
  workspace->set_probe(0, *options.probe);
  if (options.rescale_probe) scale_probe();
  workspace->refresh_illumination(slots());
  started = true;
}

void Reconstruction::State::rebalance() {
  const Image<Complex> object = workspace->object(0);
  const Image<float> light = workspace->illumination();
  double weighted = 0, total = 0;
  for (std::size_t i = 0; i < object.size(); ++i) {
    weighted += double{light.data()[i]} * std::norm(std::complex<double>(object.data()[i]));
    total += double{light.data()[i]};
  }
  if (!(weighted > 0) || !(total > 0)) return;
  const double norm = std::sqrt(weighted / total);
  workspace->scale(1 / norm, norm);
}

void Reconstruction::State::keep_state() {
  if (candidate) good = std::move(candidate);
  candidate = Good{workspace->extent(), workspace->object(0), workspace->probe(0)};
}

void Reconstruction::State::recover() {
  if (recoveries == max_recoveries) {
    diverged = true;
    return;
  }
  ++recoveries;
  options.lsqml.beta = std::min(safe_beta, options.lsqml.beta / 2);
  candidate.reset();
  epoch_sums = {};
  Image<Complex> object = fresh_object(workspace->extent());
  if (good) {
    const Extent now = workspace->extent();  // it only grows
    for (std::size_t r = 0; r < good->extent.shape.rows; ++r)
      std::copy_n(good->object.row(r).data(), good->extent.shape.cols,
                  object.row(r + static_cast<std::size_t>(good->extent.row - now.row)).data() +
                      (good->extent.col - now.col));
  }
  workspace->set_object(0, object);
  if (!good) return start();
  workspace->set_probe(0, good->probe);
  workspace->refresh_illumination(slots());
}

void Reconstruction::State::judge(double error) {
  if (!(error < exploded) || error > relapse * best_error + ripple) return recover();
  best_error = std::min(best_error, error);
  if (epoch % keep_every == 0) keep_state();
}

void Reconstruction::State::finish_epoch() {
  const double error = epoch_sums.amplitude_error();
  errors.push_back(error);
  r_factor = epoch_sums.r_factor();
  epoch_sums = {};
  ++epoch;
  if (options.object_limit > 0) workspace->clamp_object(options.object_limit);
  if (options.rebalance_every > 0 && epoch % options.rebalance_every == 0) rebalance();
  workspace->refresh_illumination(slots());
  judge(error);
}

RunReport Reconstruction::State::run_batch() {
  if (diverged) return {.status = RunStatus::diverged};
  if (frames.empty()) return {.status = RunStatus::no_frames};
  if (!started) start();
  const std::vector<Slot> batch = batches.next();
  const bool update_probe = options.update_probe && epoch >= options.probe_start_epoch;
  RunReport report{.patterns = batch.size(), .epoch_finished = batches.epoch_finished()};
  if (!batch.empty()) {
    const BatchOutcome outcome =
        run_lsqml_batch(*workspace, batch, {.update_probe = update_probe}, options.lsqml);
    report.amplitude_error = outcome.sums.amplitude_error();
    if (outcome.diverged)
      recover();
    else
      epoch_sums += outcome.sums;
  }
  // Nothing is known of an epoch that a recovery ended.
  if (report.epoch_finished && epoch_sums.frames > 0) finish_epoch();
  if (diverged) report.status = RunStatus::diverged;
  return report;
}

Reconstruction::Reconstruction(ReconstructionOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
Reconstruction::~Reconstruction() = default;
Reconstruction::Reconstruction(Reconstruction&&) noexcept = default;
Reconstruction& Reconstruction::operator=(Reconstruction&&) noexcept = default;

Result<double, IntakeFault> Reconstruction::add_frame(FrameId id, const PixelView& pixels,
                                                      const Position& position) {
  const std::pair type{pixels.shape, pixels.dtype};
  if (state_->frame_type && *state_->frame_type != type) return IntakeFault::wrong_shape;
  const auto pattern = make_pattern(pixels, state_->options.intake);
  if (!pattern) return pattern.reason();
  state_->frame_type = type;
  return state_->add(id, *pattern, position);
}

Result<double, IntakeFault> Reconstruction::add_pattern(FrameId id, const Pattern& pattern,
                                                        const Position& position) {
  return state_->add(id, pattern, position);
}

std::size_t Reconstruction::remove_frames(std::span<const FrameId> ids) {
  std::size_t removed = 0;
  for (const FrameId id : ids) removed += state_->remove(id) ? 1 : 0;
  // Anew: the probe has moved since their light was added, and taking away another amount would leave holes,
  // in which the next steps would be far too long.
  if (removed > 0 && state_->started) state_->workspace->refresh_illumination(state_->slots());
  return removed;
}

RunReport Reconstruction::run_batch() {
  return state_->run_batch();
}

RunReport Reconstruction::run_epoch() {
  RunReport total;
  do {
    const RunReport report = run_batch();
    total.patterns += report.patterns;
    total.status = report.status;
    total.epoch_finished = report.epoch_finished;
  } while (total.status == RunStatus::ok && !total.epoch_finished);
  if (total.epoch_finished && !state_->errors.empty()) total.amplitude_error = state_->errors.back();
  return total;
}

double Reconstruction::evaluate() {
  if (state_->frames.empty()) return 0;
  if (!state_->started) state_->start();
  return state_->workspace->evaluate(state_->slots()).amplitude_error();
}

std::size_t Reconstruction::frames() const {
  return state_->frames.size();
}
std::size_t Reconstruction::epochs() const {
  return state_->epoch;
}
bool Reconstruction::contains(FrameId id) const {
  return state_->frames.contains(id);
}

Snapshot Reconstruction::snapshot() const {
  return state_->snapshot();
}

}  // namespace ptero::ptycho
