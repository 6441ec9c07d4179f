#include <algorithm>
#include <cmath>

#include "cpu_workspace.hpp"

// Patterns, object, probe and illumination map of the CPU workspace.

namespace ptero::ptycho {

Slot CpuWorkspace::load(const Pattern& pattern, const Placement& placement) {
  PTERO_EXPECT(pattern.amplitude.size() == n_ * n_);
  Stored stored{pattern.amplitude, pattern.unit, pattern.counts, placement};
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

void CpuWorkspace::grow(const Extent& extent, const Image<Complex>& fill) {
  PTERO_EXPECT(batch_size_ == 0 && fill.shape() == extent.shape);
  PTERO_EXPECT(extent_.shape.count() == 0 || extent.contains(extent_));
  Image<Complex> object = fill;
  Image<float> illumination(extent.shape);
  const auto top = static_cast<std::size_t>(extent_.row - extent.row);
  const auto left = static_cast<std::size_t>(extent_.col - extent.col);
  for (std::size_t r = 0; r < extent_.shape.rows; ++r) {
    std::copy_n(object_.row(r).data(), extent_.shape.cols, object.row(r + top).data() + left);
    std::copy_n(illumination_.row(r).data(), extent_.shape.cols, illumination.row(r + top).data() + left);
  }
  object_ = std::move(object);
  illumination_ = std::move(illumination);
  extent_ = extent;
  for (Worker& worker : workers_) {
    worker.object_gradient = Image<Complex>(extent.shape);
    worker.light = Image<float>(extent.shape);
  }
}

void CpuWorkspace::set_object(const Image<Complex>& object) {
  PTERO_EXPECT(object.shape() == extent_.shape);
  object_ = object;
}

void CpuWorkspace::set_probe(const Image<Complex>& probe) {
  PTERO_EXPECT(probe.shape() == (Shape{n_, n_}));
  probe_ = probe;
}

void CpuWorkspace::scale(double object_factor, double probe_factor) {
  for (Complex& o : object_.pixels()) o *= static_cast<float>(object_factor);
  for (Complex& p : probe_.pixels()) p *= static_cast<float>(probe_factor);
  for (float& w : illumination_.pixels()) w *= static_cast<float>(probe_factor * probe_factor);
}

void CpuWorkspace::clamp_object(double limit) {
  const auto most = static_cast<float>(limit);
  for (Complex& o : object_.pixels()) {
    const float size = std::norm(o);
    if (size > most * most) o *= most / std::sqrt(size);
  }
}

void CpuWorkspace::illuminate(std::span<const Slot> slots) {
  Image<float> light(probe_.shape());
  kernels::intensity(probe_.data(), light.data(), light.size());
  for (const Slot slot : slots) {
    float* patch = illumination_.data() + corner(patterns_[slot].placement);
    for (std::size_t r = 0; r < n_; ++r)
      kernels::add_scaled(patch + r * illumination_.cols(), light.row(r).data(), 1, n_);
  }
}

void CpuWorkspace::refresh_illumination(std::span<const Slot> slots) {
  Image<float> light(probe_.shape());
  kernels::intensity(probe_.data(), light.data(), light.size());
  // Threads own bands of rows: every pattern adds its rows inside the band, nobody waits.
  team_.split(illumination_.rows(), [&](unsigned, std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r)
      std::fill(illumination_.row(r).begin(), illumination_.row(r).end(), 0.0F);
    for (const Slot slot : slots) {
      const std::size_t at = corner(patterns_[slot].placement);
      const std::size_t top = at / illumination_.cols(), left = at % illumination_.cols();
      for (std::size_t r = std::max(top, begin); r < std::min(top + n_, end); ++r)
        kernels::add_scaled(illumination_.row(r).data() + left, light.row(r - top).data(), 1, n_);
    }
  });
}

}  // namespace ptero::ptycho
