#include "cpu_workspace.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

// How a batch is divided among threads; the arithmetic is in cpu_forward, cpu_backward and cpu_directions,
// storage and illumination map in cpu_storage.

namespace ptero::ptycho {

CpuWorkspace::CpuWorkspace(const WorkspaceSpec& spec)
    : spec_(spec),
      n_(spec.n),
      modes_(spec.modes),
      slices_(spec.slices()),
      fft_(Shape{spec.n, spec.n}),
      passes_(spec.n),
      team_(spec.threads),
      object_(slices_),
      probe_(spec.probes(), Image<Complex>(Shape{spec.n, spec.n})),
      spectrum_(spec.probes()),
      probe_power_(spec.probes()),
      probe_intensity_(Shape{spec.n, spec.n}),
      workers_(team_.size()),
      probe_direction_(probe_),
      direction_spectrum_(spec.modes) {
  for (FftBuffer& buffer : spectrum_) buffer = make_fft_buffer(n_ * n_);
  for (FftBuffer& buffer : direction_spectrum_) buffer = make_fft_buffer(n_ * n_);
  for (const double distance : spec.slice_spacing_m) {
    gap_.push_back(propagator(n_, distance, spec.wavelength_m, spec.pixel_m));
    for (Complex& h : gap_.back().pixels()) h /= static_cast<float>(n_ * n_);
  }
  if (spec.regime() == Regime::near_field) {
    gap_.push_back(propagator(n_, spec.near_field_m, spec.wavelength_m, spec.pixel_m));
    for (Complex& h : gap_.back().pixels()) h /= static_cast<float>(n_);
  }
  for (Worker& worker : workers_) {
    worker.waves = make_waves(1);
    worker.scratch = make_fft_buffer(n_ * n_);
    worker.block = make_fft_buffer(modes_ * n_ * FftPasses::columns_at_once);
    worker.values.resize(n_ * FftPasses::columns_at_once);
    worker.object_gradient.resize(slices_);
    worker.light.resize(slices_);
    worker.probe_gradient = probe_direction_;
    worker.ramp_row.resize(n_);
    worker.ramp_col.resize(n_);
    worker.total.resize(n_ * n_);
    worker.weight_squares.resize(1 + spec.variations);
  }
}

ErrorSums CpuWorkspace::project(std::span<const Slot> batch, const Projection& projection) {
  PTERO_EXPECT(!batch.empty() && batch_size_ == 0);
  prepare_probe();
  set_probe_intensity();
  std::vector<Sample*> sample_of(batch.size(), nullptr);
  sample_count_ = projection.sampled.size();
  while (samples_.size() < sample_count_) samples_.push_back({.waves = make_waves(slices_)});
  for (std::size_t k = 0; k < sample_count_; ++k) {
    samples_[k].slot = batch[projection.sampled[k]];
    sample_of[projection.sampled[k]] = &samples_[k];
  }
  const std::size_t weight_count = spec_.has_weights() ? 1 + spec_.variations : 0;
  pattern_equations_.assign(
      projection.pattern_equations ? batch.size() : 0,
      {.weight_chi = std::vector<double>(weight_count), .weight_norm = std::vector<double>(weight_count)});

  for (const Slot slot : batch) {
    const auto top = static_cast<std::size_t>(patterns_[slot].placement.row - extent_.row);
    const bool none = dirty_rows_[0] == dirty_rows_[1];
    dirty_rows_ = {none ? top : std::min(dirty_rows_[0], top),
                   none ? top + n_ : std::max(dirty_rows_[1], top + n_)};
  }
  batch_size_ = batch.size();

  // Threads take patterns that lie together: their gradients then share few rows of the object.
  std::vector<std::size_t> order(batch.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return patterns_[batch[a]].placement.row < patterns_[batch[b]].placement.row;
  });
  team_.split(batch.size(), [&](unsigned member, std::size_t begin, std::size_t end) {
    Worker& worker = workers_[member];
    for (std::size_t k = begin; k < end; ++k) {
      const std::size_t i = order[k];
      project_one(patterns_[batch[i]], sample_of[i] != nullptr ? sample_of[i]->waves : worker.waves, worker,
                  projection.pattern_equations ? &pattern_equations_[i] : nullptr);
    }
  });
  add_light(batch);
  ErrorSums sums;
  for (Worker& worker : workers_) sums += std::exchange(worker.sums, {});
  return sums;
}

void CpuWorkspace::add_light(std::span<const Slot> batch) {
  Image<float>& light = workers_[0].light[0];
  team_.split(dirty_rows_[1] - dirty_rows_[0], [&](unsigned, std::size_t begin, std::size_t end) {
    add_patches(light, probe_intensity_, batch, dirty_rows_[0] + begin, dirty_rows_[0] + end);
  });
}

ErrorSums CpuWorkspace::evaluate(std::span<const Slot> slots) {
  prepare_probe();
  team_.split(slots.size(), [&](unsigned member, std::size_t begin, std::size_t end) {
    Worker& worker = workers_[member];
    for (std::size_t i = begin; i < end; ++i) {
      const Stored& pattern = patterns_[slots[i]];
      form_exit_waves(pattern, worker, worker.waves);
      for (std::size_t m = 0; m < modes_; ++m) to_detector(worker.waves.chi_at(m, slices_ - 1), worker);
      for (std::size_t r = 0; r < n_; ++r) {
        add_total(worker.waves, r, worker.total.data());
        kernels::compare(worker.total.data(), pattern.amplitude.data() + r * n_, pattern.unit,
                         static_cast<float>(n_), n_)
            .add_to(worker.sums);
      }
      worker.sums.intensity += pattern.counts;
      worker.sums.frames += 1;
    }
  });
  ErrorSums sums;
  for (Worker& worker : workers_) sums += std::exchange(worker.sums, {});
  return sums;
}

}  // namespace ptero::ptycho
