#include <algorithm>
#include <cmath>
#include <map>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <string>

#include "batches.hpp"

namespace ptero::ptycho {

namespace {
constexpr double exploded = 4;  // an amplitude error above 2 is worse than no light at all
constexpr std::size_t scaling_frames = 64;
constexpr std::size_t busy_epochs = 10;  // epochs in which the illumination map follows the probe closely

// A number in [-1, 1) that depends on the grid pixel alone: the start does not change with the order of
// arrival.
float noise_at(std::uint64_t seed, std::int64_t row, std::int64_t col, std::uint64_t part) {
  std::uint64_t x = seed * 0x9E3779B97F4A7C15ULL ^ static_cast<std::uint64_t>(row) * 0xC2B2AE3D27D4EB4FULL ^
                    static_cast<std::uint64_t>(col) * 0x165667B19E3779F9ULL ^ part;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  x ^= x >> 31;
  return static_cast<float>(static_cast<double>(x >> 11) * 0x1.0p-52 - 1.0);
}

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
  if (options.catch_up_share < 0 || options.catch_up_share > 1)
    refuse("the catch-up share must be in 0..1", "");
}
}  // namespace

struct Reconstruction::State {
  explicit State(ReconstructionOptions given);

  Result<double, IntakeFault> add(FrameId id, const Pattern& pattern, const Position& position);
  bool fits(const Placement& placement, Extent& needed) const;
  void grow(const Extent& needed);
  Image<Complex> fresh_object(const Extent& extent) const;
  void note_mean(const Pattern& pattern);
  void start();
  void scale_probe();
  void finish_epoch();
  void rebalance();
  RunReport run_batch();
  std::vector<Slot> slots() const;

  ReconstructionOptions options;
  std::unique_ptr<Workspace> workspace;
  Batches batches;
  std::map<FrameId, Slot> frames;
  std::optional<std::pair<Shape, Dtype>> frame_type;
  Image<float> intensity_sum, valid_count;  // of the patterns before the start, for a probe from the data
  bool started = false, diverged = false;
  std::size_t epoch = 0, probe_epochs = 0;
  ErrorSums epoch_sums;
  std::vector<double> errors;
};

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
               .catch_up_share = options.catch_up_share,
               .seed = options.seed}) {}

std::vector<Slot> Reconstruction::State::slots() const {
  std::vector<Slot> all;
  all.reserve(frames.size());
  for (const auto& [id, slot] : frames) all.push_back(slot);
  return all;
}

Image<Complex> Reconstruction::State::fresh_object(const Extent& extent) const {
  Image<Complex> object(extent.shape);
  const auto size = static_cast<float>(options.object_noise);
  for (std::size_t r = 0; r < object.rows(); ++r)
    for (std::size_t c = 0; c < object.cols(); ++c) {
      const std::int64_t row = extent.row + static_cast<std::int64_t>(r);
      const std::int64_t col = extent.col + static_cast<std::int64_t>(c);
      object(r, c) = {1 + size * noise_at(options.seed, row, col, 1),
                      size * noise_at(options.seed, row, col, 2)};
    }
  return object;
}

bool Reconstruction::State::fits(const Placement& placement, Extent& needed) const {
  const std::size_t n = options.intake.n;
  needed = Extent::join(workspace->extent(), {placement.row, placement.col, {n, n}});
  return static_cast<double>(needed.shape.rows) * static_cast<double>(needed.shape.cols) <=
         static_cast<double>(options.max_object_pixels);
}

void Reconstruction::State::grow(const Extent& needed) {
  const Extent now = workspace->extent();
  if (now.shape.count() > 0 && now.contains(needed)) return;
  // Room beyond what is needed, on the sides that moved, so that a scan does not copy the object at every
  // frame.
  Extent wide = needed;
  const auto spare =
      static_cast<std::int64_t>(options.intake.n / 2 + std::max(now.shape.rows, now.shape.cols) / 4);
  const auto widen = [spare](std::int64_t old_begin, std::size_t old_size, std::int64_t& begin,
                             std::size_t& size) {
    const std::int64_t end = begin + static_cast<std::int64_t>(size);
    const bool before = begin<old_begin, after = end> old_begin + static_cast<std::int64_t>(old_size);
    if (before) begin -= spare;
    size = static_cast<std::size_t>(end + (after ? spare : 0) - begin);
  };
  if (now.shape.count() > 0) {
    widen(now.row, now.shape.rows, wide.row, wide.shape.rows);
    widen(now.col, now.shape.cols, wide.col, wide.shape.cols);
  }
  if (wide.shape.count() > options.max_object_pixels) wide = needed;
  workspace->grow(wide, fresh_object(wide));
}

void Reconstruction::State::note_mean(const Pattern& pattern) {
  if (started || options.probe) return;
  const std::size_t n = options.intake.n;
  if (intensity_sum.empty()) {
    intensity_sum = Image<float>(Shape{n, n});
    valid_count = Image<float>(Shape{n, n});
  }
  const Image<float> amplitude = amplitudes(pattern, n);
  for (std::size_t i = 0; i < amplitude.size(); ++i) {
    const float a = amplitude.data()[i];
    if (a < 0) continue;
    intensity_sum.data()[i] += a * a;
    valid_count.data()[i] += 1;
  }
}

Result<double, IntakeFault> Reconstruction::State::add(FrameId id, const Pattern& pattern,
                                                       const Position& position) {
  if (pattern.amplitude.size() != options.intake.n * options.intake.n) return IntakeFault::wrong_shape;
  if (!(pattern.counts > 0) || pattern.counts < options.intake.min_counts) return IntakeFault::no_counts;
  if (frames.contains(id)) return IntakeFault::duplicate_id;
  const double far = 1e9 * options.pixel_m;
  if (!is_finite(position) || std::abs(position.x_m) >= far || std::abs(position.y_m) >= far)
    return IntakeFault::bad_position;
  const Placement placement = place(position, options.pixel_m, options.intake.n);
  Extent needed;
  if (!fits(placement, needed)) return IntakeFault::bad_position;

  grow(needed);
  const Slot slot = workspace->load(pattern, placement);
  frames.emplace(id, slot);
  batches.add(slot);
  note_mean(pattern);
  // Without its light in the map the frame's first step would be far too long.
  if (started) workspace->illuminate(std::span(&slot, 1), +1);
  return pattern.counts;
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
  if (!options.probe) {
    for (std::size_t i = 0; i < intensity_sum.size(); ++i)
      intensity_sum.data()[i] /= std::max(1.0F, valid_count.data()[i]);
    options.probe = probe_from_mean_pattern(intensity_sum, options.defocus_phase);
    intensity_sum = valid_count = {};
  }
  workspace->set_probe(*options.probe);
  if (options.rescale_probe) scale_probe();
  workspace->refresh_illumination(slots(), 0);
  started = true;
}

void Reconstruction::State::rebalance() {
  const Image<Complex> object = workspace->object();
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

void Reconstruction::State::finish_epoch() {
  errors.push_back(epoch_sums.amplitude_error());
  epoch_sums = {};
  const bool probe_moved = options.update_probe && epoch >= options.probe_start_epoch;
  ++epoch;
  if (!(errors.back() < exploded)) diverged = true;
  if (options.object_limit > 0) workspace->clamp_object(options.object_limit);
  if (options.rebalance_every > 0 && epoch % options.rebalance_every == 0) rebalance();
  if (!probe_moved) return;
  ++probe_epochs;
  // Averaged with the old map, which stops it from swinging against the probe.
  if (probe_epochs <= busy_epochs || probe_epochs % busy_epochs == 0)
    workspace->refresh_illumination(slots(), 0.5);
}

RunReport Reconstruction::State::run_batch() {
  if (diverged) return {.status = RunStatus::diverged};
  if (frames.empty()) return {.status = RunStatus::no_frames};
  if (!started) start();
  const std::vector<Slot> batch = batches.next();
  const bool update_probe = options.update_probe && epoch >= options.probe_start_epoch;
  RunReport report{.patterns = batch.size(), .epoch_finished = batches.epoch_finished()};
  if (!batch.empty()) {
    const BatchOutcome outcome = run_lsqml_batch(*workspace, batch, update_probe, options.lsqml);
    diverged = outcome.diverged;
    report.amplitude_error = outcome.sums.amplitude_error();
    epoch_sums += outcome.sums;
  }
  if (report.epoch_finished && !diverged) finish_epoch();
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
  for (const FrameId id : ids) {
    const auto found = state_->frames.find(id);
    if (found == state_->frames.end()) continue;
    const Slot slot = found->second;
    if (state_->started) state_->workspace->illuminate(std::span(&slot, 1), -1);
    state_->workspace->drop(slot);
    state_->batches.remove(slot);
    state_->frames.erase(found);
    ++removed;
  }
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

void Reconstruction::restart(double beta) {
  State& state = *state_;
  state.options.lsqml.beta = beta;
  state.diverged = false;
  state.epoch = state.probe_epochs = 0;
  state.epoch_sums = {};
  state.errors.clear();
  if (!state.started) return;
  state.workspace->set_object(state.fresh_object(state.workspace->extent()));
  state.start();
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

namespace {
template <class T>
Image<T> cut(const Image<T>& from, const Extent& whole, const Extent& part) {
  Image<T> out(part.shape);
  for (std::size_t r = 0; r < part.shape.rows; ++r)
    std::copy_n(from.row(r + static_cast<std::size_t>(part.row - whole.row)).data() + (part.col - whole.col),
                part.shape.cols, out.row(r).data());
  return out;
}
}  // namespace

Snapshot Reconstruction::snapshot() const {
  const State& state = *state_;
  const std::size_t n = state.options.intake.n;
  Snapshot shot{.pixel_m = state.options.pixel_m,
                .frames = state.frames.size(),
                .epochs = state.epoch,
                .errors = state.errors};
  shot.probe =
      state.started ? state.workspace->probe() : state.options.probe.value_or(Image<Complex>(Shape{n, n}));
  if (state.frames.empty()) return shot;
  Extent covered;
  for (const auto& [id, slot] : state.frames) {
    const Placement placement = state.workspace->placement(slot);
    covered = Extent::join(covered, {placement.row, placement.col, {n, n}});
  }
  shot.last_frame = state.frames.rbegin()->first;
  shot.object = cut(state.workspace->object(), state.workspace->extent(), covered);
  shot.coverage = cut(state.workspace->illumination(), state.workspace->extent(), covered);
  shot.centre = {
      .x_m = (static_cast<double>(covered.col) + static_cast<double>(covered.shape.cols) / 2) * shot.pixel_m,
      .y_m = (static_cast<double>(covered.row) + static_cast<double>(covered.shape.rows) / 2) * shot.pixel_m};
  return shot;
}

}  // namespace ptero::ptycho
