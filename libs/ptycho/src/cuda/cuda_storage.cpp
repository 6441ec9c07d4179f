#include <algorithm>

#include "cuda_workspace.hpp"

// Patterns, object, probe and illumination map of the CUDA workspace.

namespace ptero::ptycho::cuda {

std::size_t CudaWorkspace::corner(const Placement& placement) const {
  PTERO_EXPECT(extent_.contains({placement.row, placement.col, {n_, n_}}));
  return static_cast<std::size_t>(placement.row - extent_.row) * extent_.shape.cols +
         static_cast<std::size_t>(placement.col - extent_.col);
}

Slot CudaWorkspace::load(const Pattern& pattern, const Placement& placement) {
  PTERO_EXPECT(pattern.amplitude.size() == pixels_);
  const Slot slot = free_slots_.empty() ? patterns_.size() : free_slots_.back();
  amplitudes_.make_room(device_, slot + 1);
  // What reads patterns has ended when `project` and `evaluate` return, so a slot used again is idle.
  device_.upload_beside(amplitudes_.at(slot), pattern.amplitude.data(), pixels_ * sizeof(std::uint16_t));
  Stored stored{.present = true, .unit = pattern.unit, .counts = pattern.counts, .placement = placement};
  if (spec_.has_weights()) {
    stored.weights.assign(1 + spec_.variations, 0.0F);
    stored.weights[0] = 1;
  }
  if (free_slots_.empty()) {
    patterns_.push_back(std::move(stored));
  } else {
    free_slots_.pop_back();
    patterns_[slot] = std::move(stored);
  }
  return slot;
}

void CudaWorkspace::drop(Slot slot) {
  PTERO_EXPECT(slot < patterns_.size() && patterns_[slot].present);
  patterns_[slot] = {};
  free_slots_.push_back(slot);
}

Pattern CudaWorkspace::pattern(Slot slot) const {
  const Stored& stored = patterns_[slot];
  PTERO_EXPECT(!waits_for_update_ && stored.present);
  Pattern out{std::vector<std::uint16_t>(pixels_), stored.unit, stored.counts};
  device_.join_uploads();
  device_.download(out.amplitude.data(), amplitudes_.at(slot), pixels_ * sizeof(std::uint16_t));
  return out;
}

void CudaWorkspace::move(Slot slot, const Placement& placement) {
  PTERO_EXPECT(!waits_for_update_ && patterns_[slot].present);
  (void)corner(placement);
  patterns_[slot].placement = placement;
}

void CudaWorkspace::set_weights(Slot slot, std::span<const float> weights) {
  PTERO_EXPECT(weights.size() == patterns_[slot].weights.size());
  std::copy(weights.begin(), weights.end(), patterns_[slot].weights.begin());
}

namespace {
// An array of planes in the new shape: the old planes inside it, what `larger` holds around them.
template <class T>
void embed(Device& device, DeviceArray<T>& array, DeviceArray<T> larger, const Extent& from,
           const Extent& to) {
  if (from.shape.count() > 0) {
    const auto top = static_cast<std::size_t>(from.row - to.row);
    const auto left = static_cast<std::size_t>(from.col - to.col);
    const std::size_t planes = larger.size() / to.shape.count();
    for (std::size_t l = 0; l < planes; ++l)
      device.copy_rows(larger.data() + l * to.shape.count() + top * to.shape.cols + left,
                       to.shape.cols * sizeof(T), array.data() + l * from.shape.count(),
                       from.shape.cols * sizeof(T), from.shape.cols * sizeof(T), from.shape.rows);
  }
  array = std::move(larger);
}
}  // namespace

void CudaWorkspace::grow(const Extent& extent, std::span<const Image<Complex>> fill) {
  PTERO_EXPECT(!waits_for_update_ && fill.size() == slices_ && extent.shape.count() > 0);
  PTERO_EXPECT(plane() == 0 || extent.contains(extent_));
  const std::size_t size = extent.shape.count();
  DeviceArray<Cfloat> object(device_, slices_ * size);
  for (std::size_t l = 0; l < slices_; ++l) {
    PTERO_EXPECT(fill[l].shape() == extent.shape);
    device_.upload(object.data() + l * size, fill[l].data(), size * sizeof(Cfloat));
  }
  embed(device_, object_, std::move(object), extent_, extent);
  // What waits for an update stays too.
  embed(device_, gradient_, DeviceArray<Cfloat>(device_, slices_ * size), extent_, extent);
  embed(device_, light_, DeviceArray<float>(device_, slices_ * size), extent_, extent);
  embed(device_, illumination_, DeviceArray<float>(device_, size), extent_, extent);
  if (dirty_rows_[1] > 0) {
    const auto top = static_cast<std::size_t>(extent_.row - extent.row);
    dirty_rows_ = {dirty_rows_[0] + top, dirty_rows_[1] + top};
  }
  extent_ = extent;
}

void CudaWorkspace::set_object(std::size_t slice, const Image<Complex>& object) {
  PTERO_EXPECT(slice < slices_ && object.shape() == extent_.shape);
  device_.upload(object_.data() + slice * plane(), object.data(), plane() * sizeof(Cfloat));
}

void CudaWorkspace::set_probe(std::size_t index, const Image<Complex>& probe) {
  PTERO_EXPECT(index < spec_.probes() && probe.shape() == (Shape{n_, n_}));
  device_.upload(probe_.data() + index * pixels_, probe.data(), pixels_ * sizeof(Cfloat));
}

void CudaWorkspace::scale(double object_factor, double probe_factor) {
  device_.each(1, slices_ * plane(), Scale<Cfloat>{object_.data(), static_cast<float>(object_factor)});
  device_.each(1, probe_.size(), Scale<Cfloat>{probe_.data(), static_cast<float>(probe_factor)});
  device_.each(1, plane(),
               Scale<float>{illumination_.data(), static_cast<float>(probe_factor * probe_factor)});
  illumination_changed_ = true;
}

void CudaWorkspace::clamp_object(double limit) {
  device_.each(1, slices_ * plane(), Clamp{object_.data(), static_cast<float>(limit)});
}

BatchView CudaWorkspace::describe(std::span<const Slot> slots, Descriptions& into) {
  const bool has_waves = spec_.constraint == Constraint::difference_map;
  if (has_waves) own_waves_.make_room(device_, patterns_.size());
  std::vector<Item> items;
  std::vector<float> weights;
  items.reserve(slots.size());
  for (const Slot slot : slots) {
    const Stored& stored = patterns_[slot];
    PTERO_EXPECT(stored.present);
    items.push_back({.amplitude = amplitudes_.at(slot),
                     .wave = has_waves ? own_waves_.at(slot) : nullptr,
                     .corner = corner(stored.placement),
                     .unit = stored.unit,
                     .sub_row = stored.placement.sub_row,
                     .sub_col = stored.placement.sub_col,
                     .has_wave = stored.has_wave ? 1U : 0U});
    weights.insert(weights.end(), stored.weights.begin(), stored.weights.end());
  }
  into.items.reserve(device_, items.size());
  into.weights.reserve(device_, weights.size());
  device_.upload(into.items.data(), items.data(), items.size() * sizeof(Item));
  device_.upload(into.weights.data(), weights.data(), weights.size() * sizeof(float));
  return {.items = into.items.data(),
          .weights = spec_.has_weights() ? into.weights.data() : nullptr,
          .ramps = nullptr,
          .count = static_cast<std::uint32_t>(slots.size()),
          .n = static_cast<std::uint32_t>(n_),
          .modes = static_cast<std::uint32_t>(modes_),
          .variations = static_cast<std::uint32_t>(spec_.variations),
          .object_cols = static_cast<std::uint32_t>(extent_.shape.cols)};
}

void CudaWorkspace::set_probe_intensity() {
  device_.each(1, pixels_,
               SumIntensity{probe_.data(), static_cast<std::uint32_t>(modes_),
                            static_cast<std::uint32_t>(pixels_), probe_intensity_.data()});
}

void CudaWorkspace::illuminate(std::span<const Slot> slots) {
  if (slots.empty()) return;
  set_probe_intensity();
  const BatchView batch = describe(slots, descriptions_);
  device_.each(slots.size(), pixels_, Illuminate{batch, probe_intensity_.data(), illumination_.data()});
  illumination_changed_ = true;
}

void CudaWorkspace::refresh_illumination(std::span<const Slot> slots) {
  device_.zero(illumination_.data(), plane() * sizeof(float));
  illumination_changed_ = true;
  illuminate(slots);
}

Image<Complex> CudaWorkspace::object(std::size_t slice) const {
  PTERO_EXPECT(slice < slices_);
  Image<Complex> out(extent_.shape);
  device_.download(out.data(), object_.data() + slice * plane(), plane() * sizeof(Cfloat));
  return out;
}

Image<Complex> CudaWorkspace::probe(std::size_t index) const {
  PTERO_EXPECT(index < spec_.probes());
  Image<Complex> out(Shape{n_, n_});
  device_.download(out.data(), probe_.data() + index * pixels_, pixels_ * sizeof(Cfloat));
  return out;
}

Image<float> CudaWorkspace::illumination() const {
  Image<float> out(extent_.shape);
  device_.download(out.data(), illumination_.data(), plane() * sizeof(float));
  return out;
}

}  // namespace ptero::ptycho::cuda
