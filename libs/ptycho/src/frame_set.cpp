#include <algorithm>
#include <cmath>
#include <ptero/ptycho/verdict.hpp>

#include "reconstruction_state.hpp"

// Frames coming and going, and the object buffer that follows them.

namespace ptero::ptycho {

namespace {
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

constexpr float first_weight = 0.05F;
}  // namespace

std::vector<Slot> Reconstruction::State::slots() const {
  std::vector<Slot> all;
  all.reserve(frames.size());
  for (const auto& [id, resident] : frames) all.push_back(resident.slot);
  return all;
}

Image<Complex> Reconstruction::State::fresh_object(const Extent& extent, std::size_t slice) const {
  Image<Complex> object(extent.shape);
  const auto size = static_cast<float>(options.object_noise);
  const SliceOptions& slices = options.slices;
  const Image<Complex>* guess = slice < slices.objects.size() ? &slices.objects[slice] : nullptr;
  for (std::size_t r = 0; r < object.rows(); ++r)
    for (std::size_t c = 0; c < object.cols(); ++c) {
      const std::int64_t row = extent.row + static_cast<std::int64_t>(r);
      const std::int64_t col = extent.col + static_cast<std::int64_t>(c);
      object(r, c) = {1 + size * noise_at(options.seed + slice, row, col, 1),
                      size * noise_at(options.seed + slice, row, col, 2)};
      if (guess != nullptr && !guess->empty() && slices.objects_extent.contains({row, col, {1, 1}}))
        object(r, c) = (*guess)(static_cast<std::size_t>(row - slices.objects_extent.row),
                                static_cast<std::size_t>(col - slices.objects_extent.col));
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
  std::vector<Image<Complex>> fill;
  for (std::size_t l = 0; l < workspace->spec().slices(); ++l) fill.push_back(fresh_object(wide, l));
  workspace->grow(wide, fill);
}

void Reconstruction::State::note_mean(const Pattern& pattern) {
  if (run.started || run.first_probe) return;
  const std::size_t n = options.intake.n;
  if (run.intensity_sum.empty()) {
    run.intensity_sum = Image<float>(Shape{n, n});
    run.valid_count = Image<float>(Shape{n, n});
  }
  const Image<float> amplitude = amplitudes(pattern, n);
  for (std::size_t i = 0; i < amplitude.size(); ++i) {
    const float a = amplitude.data()[i];
    if (a < 0) continue;
    run.intensity_sum.data()[i] += a * a;
    run.valid_count.data()[i] += 1;
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
  Place where{.row0 = position.y_m / options.pixel_m, .col0 = position.x_m / options.pixel_m};
  where.row = where.row0;
  where.col = where.col0;
  const auto known = run.expected.find(id);
  const auto found = options.positions.known.find(id);
  if (known != run.expected.end() || found != options.positions.known.end()) {
    const Position& begin = known != run.expected.end() ? known->second.position : found->second;
    where.row = begin.y_m / options.pixel_m;
    where.col = begin.x_m / options.pixel_m;
  }
  where.row_start = where.row;
  where.col_start = where.col;
  const Placement placement = place({.x_m = where.col, .y_m = where.row}, 1, options.intake.n);
  Extent needed;
  if (!fits(placement, needed)) return IntakeFault::bad_position;

  grow(needed);
  const Slot slot = workspace->load(pattern, placement);
  Resident& resident =
      frames.emplace(id, Resident{slot, where, counting_noise(pattern), pattern.counts}).first->second;
  if (resident_of.size() <= slot) resident_of.resize(slot + 1);
  resident_of[slot] = &resident;
  if (workspace->spec().has_weights()) workspace->set_weights(slot, first_weights(id, known));
  run.batches.add(slot, where.row, where.col, known != run.expected.end() ? known->second.visits : 0);
  run.frames_changed();
  note_mean(pattern);
  // Without its light in the map the frame's first step would be far too long.
  if (run.started) workspace->illuminate(std::span(&slot, 1));
  return pattern.counts;
}

std::vector<float> Reconstruction::State::first_weights(
    FrameId id, std::map<FrameId, FrameState>::const_iterator known) const {
  if (known != run.expected.end()) return known->second.weights;
  // Not zero: a variation nobody has any of would have no gradient.
  std::vector<float> weights(1 + options.variations.count, 1.0F);
  for (std::size_t k = 1; k < weights.size(); ++k)
    weights[k] =
        first_weight * noise_at(options.seed, static_cast<std::int64_t>(id), static_cast<std::int64_t>(k), 3);
  return weights;
}

bool Reconstruction::State::remove(FrameId id) {
  const auto found = frames.find(id);
  if (found == frames.end()) return false;
  const Slot slot = found->second.slot;
  workspace->drop(slot);
  run.batches.remove(slot);
  resident_of[slot] = nullptr;
  frames.erase(found);
  run.frames_changed();
  return true;
}

std::vector<FrameState> Reconstruction::State::frame_states() const {
  std::vector<FrameState> states;
  states.reserve(frames.size());
  for (const auto& [id, resident] : frames)
    states.push_back(
        {id,
         {.x_m = resident.place.col * options.pixel_m, .y_m = resident.place.row * options.pixel_m},
         workspace->weights(resident.slot),
         run.batches.visits(resident.slot)});
  return states;
}

double Reconstruction::State::noise_floor() const {
  double noise = 0, counts = 0;
  for (const auto& [id, resident] : frames) {
    if (!resident.noise.counted) return 0;
    noise += resident.noise.residual;
    counts += resident.counts;
  }
  return counts > 0 ? noise / counts : 0;
}

bool Reconstruction::State::converged() const {
  if (!run.progress.settled()) return false;
  const double noise = noise_floor();
  return noise == 0 || run.progress.errors().back() <= believable_misfit * noise;
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

Snapshot Reconstruction::State::snapshot() const {
  const std::size_t n = options.intake.n, modes = options.modes.count;
  Snapshot shot{.slice_spacing_m = options.slices.spacing_m,
                .pixel_m = options.pixel_m,
                .patterns = frame_states(),
                .frames = frames.size(),
                .epochs = run.progress.epoch(),
                .errors = run.progress.errors(),
                .r_factor = run.progress.r_factor(),
                .noise_floor = noise_floor(),
                .recoveries = run.recovery.count(),
                .settled = run.progress.settled(),
                .converged = converged()};
  shot.probe = run.started ? workspace->probe(0) : run.first_probe.value_or(Image<Complex>(Shape{n, n}));
  for (std::size_t k = 0; run.started && k < workspace->spec().probes(); ++k)
    (k < modes ? shot.modes : shot.variations).push_back(workspace->probe(k));
  if (!run.started) shot.modes = {shot.probe};
  if (frames.empty()) return shot;
  Extent covered;
  for (const auto& [id, resident] : frames) {
    const Placement placement = workspace->placement(resident.slot);
    covered = Extent::join(covered, {placement.row, placement.col, {n, n}});
  }
  shot.last_frame = frames.rbegin()->first;
  shot.object = cut(workspace->object(0), workspace->extent(), covered);
  const std::size_t slices = workspace->spec().slices();
  if (slices > 1) shot.slices.push_back(shot.object);
  for (std::size_t l = 1; l < slices; ++l) {
    shot.slices.push_back(cut(workspace->object(l), workspace->extent(), covered));
    for (std::size_t i = 0; i < shot.object.size(); ++i) shot.object.data()[i] *= shot.slices[l].data()[i];
  }
  shot.coverage = cut(workspace->illumination(), workspace->extent(), covered);
  shot.centre = {
      .x_m = (static_cast<double>(covered.col) + static_cast<double>(covered.shape.cols) / 2) * shot.pixel_m,
      .y_m = (static_cast<double>(covered.row) + static_cast<double>(covered.shape.rows) / 2) * shot.pixel_m};
  return shot;
}

}  // namespace ptero::ptycho
