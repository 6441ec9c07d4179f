#include <algorithm>
#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <string>

#include "probe_modes.hpp"
#include "reconstruction_state.hpp"
#include "variations.hpp"

namespace ptero::ptycho {

namespace {
constexpr std::size_t scaling_frames = 64;

void refuse(const std::string& problem, const std::string& hint) {
  throw InputError("reconstruction: " + problem, "", hint);
}

void check(const ReconstructionOptions& options) {
  const std::size_t n = options.intake.n;
  if (!(options.pixel_m > 0) || !std::isfinite(options.pixel_m))
    refuse("the object pixel size is not known", "give it in metres, or 1 where positions come in pixels");
  std::vector<const Image<Complex>*> probes;
  if (options.probe) probes.push_back(&*options.probe);
  for (const Image<Complex>& guess : options.modes.guesses) probes.push_back(&guess);
  for (const Image<Complex>* probe : probes)
    if (probe->shape() != Shape{n, n})
      refuse("the probe is " + std::to_string(probe->rows()) + " x " + std::to_string(probe->cols()) +
                 " pixels, the patterns " + std::to_string(n) + " x " + std::to_string(n),
             "crop the patterns to the probe's size or give another probe");
  if (!(options.batch_fraction > 0) || options.batch_fraction > 1)
    refuse("the batch fraction must be above 0 and at most 1", "0.1 is usual");
  if (options.min_batch == 0 || options.max_batch < options.min_batch || options.pie.batch == 0)
    refuse("batch sizes must satisfy 1 <= smallest <= largest", "");
  if (!(options.catch_up_factor >= 1)) refuse("the catch-up factor must be at least 1", "1 switches it off");
  if (!(options.pie.alpha > 0) || options.pie.alpha > 1)
    refuse("rPIE's alpha must be above 0 and at most 1", "0.1 is usual");
  for (const Image<Complex>& object : options.slices.objects)
    if (!object.empty() && object.shape() != options.slices.objects_extent.shape)
      refuse("the slices' first guesses differ in shape", "give all of them on one grid");
}

WorkspaceSpec spec_for(const ReconstructionOptions& o, const Method& method) {
  WorkspaceSpec spec{.n = o.intake.n,
                     .subpixel = o.subpixel,
                     .regularisation = o.regularisation,
                     .threads = o.threads,
                     .modes = o.modes.count,
                     .variations = o.variations.count,
                     .weighted = o.variations.intensity,
                     .slice_spacing_m = o.slices.spacing_m,
                     .near_field_m = o.near_field_m,
                     .pixel_m = o.pixel_m,
                     .wavelength_m = o.wavelength_m,
                     .noise = o.noise};
  method.specify(spec);
  return spec;
}

BatchOptions batches_for(const ReconstructionOptions& o, const Method& method) {
  BatchOptions batches{.fraction = o.batch_fraction,
                       .min_size = o.min_batch,
                       .max_size = o.max_batch,
                       .catch_up_visits = o.catch_up_visits,
                       .catch_up_factor = o.catch_up_factor,
                       .seed = o.seed};
  batches.shape = method.batch_shape(0);
  method.shape(batches);
  return batches;
}
}  // namespace

Run::Run(const ReconstructionOptions& options)
    : method(make_method(options)),
      batches(batches_for(options, *method)),
      recovery(options.lsqml.beta),
      probe_momentum(options.momentum.probe_gain, options.momentum.memory),
      position_gain(options.positions.gain),
      first_probe(options.probe) {}

void Run::frames_changed() {
  recovery.frames_changed();
  progress.begin_again();
}

void Run::slow_down() {
  method->slow_down(recovery.damping());
  probe_momentum = {};
}

Reconstruction::State::State(ReconstructionOptions given)
    : options((check(given), std::move(given))), run(options) {
  workspace = make_workspace(options.backend, spec_for(options, *run.method));
  options.intake.regime = workspace->spec().regime();
}

void Reconstruction::State::restart() {
  if (!frames.empty()) run.method->drop_directions(*workspace, frames.begin()->second.slot);
  run = Run(options);
  // Each comes in again, so that nothing of its first run stays: place, weights, the difference map's wave.
  for (const auto& [id, resident] : std::exchange(frames, {})) {
    const Pattern pattern = workspace->pattern(resident.slot);
    workspace->drop(resident.slot);
    const auto kept =
        add(id, pattern,
            {.x_m = resident.place.col0 * options.pixel_m, .y_m = resident.place.row0 * options.pixel_m});
    PTERO_ASSERT(kept);
  }
  for (std::size_t l = 0; l < workspace->spec().slices(); ++l)
    workspace->set_object(l, fresh_object(workspace->extent(), l));
}

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
  if (!run.first_probe) {
    Image<float>& mean = run.intensity_sum;
    for (std::size_t i = 0; i < mean.size(); ++i) mean.data()[i] /= std::max(1.0F, run.valid_count.data()[i]);
    run.first_probe =
        options.near_field_m == 0
            ? probe_from_mean_pattern(mean, options.defocus_phase)
            : probe_from_near_field(mean, options.near_field_m, options.wavelength_m, options.pixel_m);
    run.intensity_sum = run.valid_count = {};
  }
  std::vector<Image<Complex>> probes{*run.first_probe};
  const std::size_t modes = options.modes.count;
  for (const Image<Complex>& guess : options.modes.guesses)
    if (probes.size() < modes) probes.push_back(guess);
  if (probes.size() < modes) {
    const auto made = hermite_modes(probes[0], modes, options.modes.extra_power);
    probes.insert(probes.end(), made.begin() + static_cast<std::ptrdiff_t>(probes.size()) - 1, made.end());
  }
  const auto variations = hermite_modes(probes[0], options.variations.count + 1, 1);
  probes.insert(probes.end(), variations.begin(), variations.end());
  for (std::size_t k = 0; k < probes.size(); ++k) workspace->set_probe(k, probes[k]);
  if (options.rescale_probe) scale_probe();
  workspace->refresh_illumination(slots());
  run.started = true;
}

bool Reconstruction::State::moves_positions() const {
  return options.positions.refine && run.progress.epoch() >= options.positions.start_epoch;
}

bool Reconstruction::State::moves_weights() const {
  return workspace->spec().has_weights() && run.progress.epoch() >= options.variations.start_epoch;
}

BatchOutcome Reconstruction::State::iterate(std::span<const Slot> batch) {
  return run.method->run(
      *workspace, batch,
      {.update_probe = options.update_probe && run.progress.epoch() >= options.probe_start_epoch,
       .pattern_equations = moves_positions() || moves_weights(),
       .ends_epoch = run.batches.epoch_finished(),
       .epoch = run.progress.epoch()});
}

void Reconstruction::State::put(Slot slot, const Place& place) {
  const Placement placement = ptycho::place({.x_m = place.col, .y_m = place.row}, 1, options.intake.n);
  Extent needed;
  if (!fits(placement, needed)) return;
  grow(needed);
  workspace->move(slot, placement);
}

void Reconstruction::State::follow_patterns(std::span<const Slot> batch) {
  const auto equations = workspace->pattern_equations();
  if (equations.empty()) return;
  std::vector<Slot> sorted(batch.begin(), batch.end());
  std::sort(sorted.begin(), sorted.end());
  if (moves_weights()) {
    const auto typical = typical_norms(equations);
    for (std::size_t i = 0; i < sorted.size(); ++i)
      workspace->set_weights(
          sorted[i], moved_weights(workspace->weights(sorted[i]), equations[i], typical, options.variations));
  }
  if (!moves_positions()) return;
  const auto steps = position_steps(equations, run.position_gain, options.positions);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    Place& place = resident_of[sorted[i]]->place;
    place.row += steps[i].row;
    place.col += steps[i].col;
    place.features = equations[i].row_row + equations[i].col_col;
    put(sorted[i], place);
  }
}

RunReport Reconstruction::State::run_batch() {
  if (run.diverged) return {.status = RunStatus::diverged};
  if (frames.empty()) return {.status = RunStatus::no_frames};
  if (!run.started) start();
  const std::vector<Slot> batch = run.batches.next();
  RunReport report{.patterns = batch.size(), .epoch_finished = run.batches.epoch_finished()};
  if (!batch.empty()) {
    const BatchOutcome outcome = iterate(batch);
    report.amplitude_error = outcome.sums.amplitude_error();
    if (outcome.diverged) {
      recover();
    } else {
      run.progress.add(outcome.sums);
      follow_patterns(batch);
    }
  }
  if (report.epoch_finished && run.progress.has_sums()) finish_epoch();
  if (run.diverged) report.status = RunStatus::diverged;
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
  if (removed > 0 && state_->run.started) state_->workspace->refresh_illumination(state_->slots());
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
  if (total.epoch_finished && !state_->run.progress.errors().empty())
    total.amplitude_error = state_->run.progress.errors().back();
  return total;
}

ErrorSums Reconstruction::evaluate_all() {
  if (state_->frames.empty()) return {};
  if (!state_->run.started) state_->start();
  return state_->workspace->evaluate(state_->slots());
}

double Reconstruction::evaluate() {
  return evaluate_all().amplitude_error();
}

void Reconstruction::restart() {
  if (state_->run.started) state_->restart();
}
std::size_t Reconstruction::frames() const {
  return state_->frames.size();
}
std::size_t Reconstruction::epochs() const {
  return state_->run.progress.epoch();
}
unsigned Reconstruction::recoveries() const {
  return state_->run.recovery.count();
}
bool Reconstruction::contains(FrameId id) const {
  return state_->frames.contains(id);
}
bool Reconstruction::settled() const {
  return state_->run.progress.settled();
}
bool Reconstruction::converged() const {
  return state_->converged();
}
Snapshot Reconstruction::snapshot() const {
  return state_->snapshot();
}
Checkpoint Reconstruction::checkpoint() const {
  Checkpoint out = state_->checkpoint();
  out.momentum = state_->momentum();
  return out;
}
void Reconstruction::resume(const Checkpoint& checkpoint) {
  state_->resume(checkpoint);
}
Halves Reconstruction::reconstruct_halves(std::size_t epochs, const std::function<bool()>& go_on) {
  return state_->reconstruct_halves(epochs, go_on);
}

}  // namespace ptero::ptycho
