#include <algorithm>
#include <cmath>

#include "cpu_workspace.hpp"

// Patterns, object, probe and illumination map of the CPU workspace.

namespace ptero::ptycho {

std::size_t CpuWorkspace::corner(const Placement& placement) const {
  PTERO_EXPECT(extent_.contains({placement.row, placement.col, {n_, n_}}));
  return static_cast<std::size_t>(placement.row - extent_.row) * extent_.shape.cols +
         static_cast<std::size_t>(placement.col - extent_.col);
}

Slot CpuWorkspace::load(const Pattern& pattern, const Placement& placement) {
  PTERO_EXPECT(pattern.amplitude.size() == n_ * n_);
  Stored stored{pattern.amplitude, pattern.unit, pattern.counts, placement, {}, {}};
  if (spec_.has_weights()) {
    stored.weights.assign(1 + spec_.variations, 0.0F);
    stored.weights[0] = 1;
  }
  if (free_slots_.empty()) {
    patterns_.push_back(std::move(stored));
    return patterns_.size() - 1;
  }
  const Slot slot = free_slots_.back();
  free_slots_.pop_back();
  patterns_[slot] = std::move(stored);
  return slot;
}

void CpuWorkspace::drop(Slot slot) {
  PTERO_EXPECT(slot < patterns_.size() && !patterns_[slot].amplitude.empty());
  patterns_[slot] = {};
  free_slots_.push_back(slot);
}

Pattern CpuWorkspace::pattern(Slot slot) const {
  const Stored& stored = patterns_[slot];
  PTERO_EXPECT(!stored.amplitude.empty());
  return {stored.amplitude, stored.unit, stored.counts};
}

void CpuWorkspace::move(Slot slot, const Placement& placement) {
  PTERO_EXPECT(batch_size_ == 0 && !patterns_[slot].amplitude.empty());
  (void)corner(placement);
  patterns_[slot].placement = placement;
}

void CpuWorkspace::set_weights(Slot slot, std::span<const float> weights) {
  PTERO_EXPECT(weights.size() == patterns_[slot].weights.size());
  std::copy(weights.begin(), weights.end(), patterns_[slot].weights.begin());
}

namespace {
template <class T>
void embed(Image<T>& small, Image<T> large, std::size_t top, std::size_t left) {
  for (std::size_t r = 0; r < small.rows(); ++r)
    std::copy_n(small.row(r).data(), small.cols(), large.row(r + top).data() + left);
  small = std::move(large);
}
}  // namespace

void CpuWorkspace::grow(const Extent& extent, std::span<const Image<Complex>> fill) {
  PTERO_EXPECT(batch_size_ == 0 && fill.size() == slices_);
  PTERO_EXPECT(extent_.shape.count() == 0 || extent.contains(extent_));
  const bool empty = extent_.shape.count() == 0;
  const std::size_t top = empty ? 0 : static_cast<std::size_t>(extent_.row - extent.row);
  const std::size_t left = empty ? 0 : static_cast<std::size_t>(extent_.col - extent.col);
  for (std::size_t l = 0; l < slices_; ++l) {
    PTERO_EXPECT(fill[l].shape() == extent.shape);
    embed(object_[l], fill[l], top, left);
  }
  embed(illumination_, Image<float>(extent.shape), top, left);
  extent_ = extent;
  for (Worker& worker : workers_) {
    // What waits for an update stays too.
    for (Image<Complex>& gradient : worker.object_gradient)
      embed(gradient, Image<Complex>(extent.shape), top, left);
    for (Image<float>& light : worker.light) embed(light, Image<float>(extent.shape), top, left);
    worker.strength.resize(extent.shape.cols);
  }
  illumination_changed_ = true;
  if (dirty_rows_[1] > 0) dirty_rows_ = {dirty_rows_[0] + top, dirty_rows_[1] + top};
}

void CpuWorkspace::set_object(std::size_t slice, const Image<Complex>& object) {
  PTERO_EXPECT(slice < slices_ && object.shape() == extent_.shape);
  object_[slice] = object;
}

void CpuWorkspace::set_probe(std::size_t index, const Image<Complex>& probe) {
  PTERO_EXPECT(index < probe_.size() && probe.shape() == (Shape{n_, n_}));
  probe_[index] = probe;
}

void CpuWorkspace::scale(double object_factor, double probe_factor) {
  for (Image<Complex>& object : object_)
    for (Complex& o : object.pixels()) o *= static_cast<float>(object_factor);
  for (Image<Complex>& probe : probe_)
    for (Complex& p : probe.pixels()) p *= static_cast<float>(probe_factor);
  for (float& w : illumination_.pixels()) w *= static_cast<float>(probe_factor * probe_factor);
  illumination_changed_ = true;
}

void CpuWorkspace::clamp_object(double limit) {
  const auto most = static_cast<float>(limit);
  for (Image<Complex>& object : object_)
    for (Complex& o : object.pixels()) {
      const float size = std::norm(o);
      if (size > most * most) o *= most / std::sqrt(size);
    }
}

void CpuWorkspace::set_probe_intensity() {
  kernels::intensity(probe_[0].data(), probe_intensity_.data(), n_ * n_);
  for (std::size_t m = 1; m < modes_; ++m)
    kernels::add_intensity(probe_[m].data(), probe_intensity_.data(), n_ * n_);
}

void CpuWorkspace::illuminate(std::span<const Slot> slots) {
  set_probe_intensity();
  const Image<float>& light = probe_intensity_;
  for (const Slot slot : slots) {
    float* patch = illumination_.data() + corner(patterns_[slot].placement);
    for (std::size_t r = 0; r < n_; ++r)
      kernels::add_scaled(patch + r * illumination_.cols(), light.row(r).data(), 1, n_);
  }
  illumination_changed_ = true;
}

void CpuWorkspace::add_patches(Image<float>& map, const Image<float>& patch, std::span<const Slot> slots,
                               std::size_t begin, std::size_t end) const {
  for (const Slot slot : slots) {
    const std::size_t at = corner(patterns_[slot].placement);
    const std::size_t top = at / map.cols(), left = at % map.cols();
    for (std::size_t r = std::max(top, begin); r < std::min(top + n_, end); ++r)
      kernels::add_scaled(map.row(r).data() + left, patch.row(r - top).data(), 1, n_);
  }
}

void CpuWorkspace::refresh_illumination(std::span<const Slot> slots) {
  set_probe_intensity();
  const Image<float>& light = probe_intensity_;
  // Threads own bands of rows: every pattern adds its rows inside the band, nobody waits.
  team_.split(illumination_.rows(), [&](unsigned, std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r)
      std::fill(illumination_.row(r).begin(), illumination_.row(r).end(), 0.0F);
    add_patches(illumination_, light, slots, begin, end);
  });
  illumination_changed_ = true;
}

}  // namespace ptero::ptycho
