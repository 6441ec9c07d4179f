#include <algorithm>
#include <cmath>

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
}  // namespace

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
  const Image<Complex> fill = fresh_object(wide);
  workspace->grow(wide, std::span(&fill, 1));
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
  best_error = std::numeric_limits<double>::infinity();
  note_mean(pattern);
  // Without its light in the map the frame's first step would be far too long.
  if (started) workspace->illuminate(std::span(&slot, 1));
  return pattern.counts;
}

bool Reconstruction::State::remove(FrameId id) {
  const auto found = frames.find(id);
  if (found == frames.end()) return false;
  const Slot slot = found->second;
  workspace->drop(slot);
  batches.remove(slot);
  frames.erase(found);
  best_error = std::numeric_limits<double>::infinity();
  return true;
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
  const std::size_t n = options.intake.n;
  Snapshot shot{.pixel_m = options.pixel_m,
                .frames = frames.size(),
                .epochs = epoch,
                .errors = errors,
                .r_factor = r_factor,
                .recoveries = recoveries};
  shot.probe = started ? workspace->probe(0) : options.probe.value_or(Image<Complex>(Shape{n, n}));
  if (frames.empty()) return shot;
  Extent covered;
  for (const auto& [id, slot] : frames) {
    const Placement placement = workspace->placement(slot);
    covered = Extent::join(covered, {placement.row, placement.col, {n, n}});
  }
  shot.last_frame = frames.rbegin()->first;
  shot.object = cut(workspace->object(0), workspace->extent(), covered);
  shot.coverage = cut(workspace->illumination(), workspace->extent(), covered);
  shot.centre = {
      .x_m = (static_cast<double>(covered.col) + static_cast<double>(covered.shape.cols) / 2) * shot.pixel_m,
      .y_m = (static_cast<double>(covered.row) + static_cast<double>(covered.shape.rows) / 2) * shot.pixel_m};
  return shot;
}

}  // namespace ptero::ptycho
