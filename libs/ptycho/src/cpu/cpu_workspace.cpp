#include "cpu_workspace.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

// LSQ-ML's arithmetic; what concerns storage and the illumination map is in cpu_storage.cpp.

namespace ptero::ptycho {

CpuWorkspace::CpuWorkspace(const WorkspaceSpec& spec)
    : spec_(spec),
      n_(spec.n),
      fft_(Shape{spec.n, spec.n}),
      team_(spec.threads),
      probe_(Shape{spec.n, spec.n}),
      spectrum_(make_fft_buffer(spec.n * spec.n)),
      probe_intensity_(Shape{spec.n, spec.n}),
      workers_(team_.size()),
      probe_direction_(Shape{spec.n, spec.n}),
      direction_spectrum_(make_fft_buffer(spec.n * spec.n)) {
  for (Worker& worker : workers_) {
    worker.field = make_fft_buffer(n_ * n_);
    worker.probe = make_fft_buffer(n_ * n_);
    worker.probe_gradient = Image<Complex>(Shape{n_, n_});
    worker.ramp_row.resize(n_);
    worker.ramp_col.resize(n_);
  }
}

std::size_t CpuWorkspace::corner(const Placement& placement) const {
  PTERO_EXPECT(extent_.contains({placement.row, placement.col, {n_, n_}}));
  return static_cast<std::size_t>(placement.row - extent_.row) * extent_.shape.cols +
         static_cast<std::size_t>(placement.col - extent_.col);
}

namespace {
// exp(-2 pi i f d) for the frequencies of an even FFT.
void set_ramp(double shift, std::vector<Complex>& ramp) {
  const std::size_t n = ramp.size();
  const std::complex<double> step = std::polar(1.0, -2 * std::numbers::pi * shift / static_cast<double>(n));
  double re = 1, im = 0;
  ramp[0] = 1;
  for (std::size_t k = 1; k <= n / 2; ++k) {
    const double next = re * step.real() - im * step.imag();
    im = re * step.imag() + im * step.real();
    re = next;
    ramp[k] = Complex(std::complex(re, im));
    ramp[n - k] = Complex(std::complex(re, -im));
  }
}
}  // namespace

void CpuWorkspace::set_ramps(const Placement& placement, Worker& worker) const {
  set_ramp(double{placement.sub_row}, worker.ramp_row);
  set_ramp(double{placement.sub_col}, worker.ramp_col);
}

void CpuWorkspace::shift(const Complex* spectrum, const Placement& placement, Worker& worker,
                         Complex* out) const {
  set_ramps(placement, worker);
  for (std::size_t r = 0; r < n_; ++r)
    kernels::ramp(spectrum + r * n_, worker.ramp_col.data(), worker.ramp_row[r], out + r * n_, n_);
  fft_.inverse_unscaled(out);
}

void CpuWorkspace::prepare_probe() {
  if (!spec_.subpixel) return;
  std::copy_n(probe_.data(), probe_.size(), spectrum_.get());
  fft_.forward_unscaled(spectrum_.get());
  const float scale = 1.0F / static_cast<float>(n_ * n_);
  for (std::size_t i = 0; i < n_ * n_; ++i) spectrum_[i] *= scale;
}

const Complex* CpuWorkspace::form_exit_wave(const Stored& pattern, Worker& worker, Complex* field,
                                            Complex* shifted) const {
  const Complex* probe = probe_.data();
  if (spec_.subpixel) {
    shift(spectrum_.get(), pattern.placement, worker, shifted);
    probe = shifted;
  }
  const Complex* patch = object_.data() + corner(pattern.placement);
  for (std::size_t r = 0; r < n_; ++r)
    kernels::multiply(probe + r * n_, patch + r * object_.cols(), field + r * n_, n_);
  fft_.forward_unscaled(field);
  return probe;
}

namespace {
void add(const kernels::RowSums& row, ErrorSums& sums) {
  sums.residual += row.residual;
  sums.model += row.model;
  sums.distance += row.distance;
  sums.amplitude += row.amplitude;
}
}  // namespace

void CpuWorkspace::project_one(const Stored& pattern, Sample* sample, Worker& worker) {
  // A sampled pattern is worked on where it will be kept.
  Complex* field = sample != nullptr ? sample->chi.get() : worker.field.get();
  const Complex* probe =
      form_exit_wave(pattern, worker, field, sample != nullptr ? sample->probe.get() : worker.probe.get());
  worker.sums.intensity += pattern.counts;
  worker.sums.frames += 1;
  for (std::size_t r = 0; r < n_; ++r) {
    const auto row = kernels::replace_modulus(field + r * n_, pattern.amplitude.data() + r * n_, pattern.unit,
                                              static_cast<float>(n_), n_);
    add(row, worker.sums);
  }
  fft_.inverse_unscaled(field);

  const std::size_t at = corner(pattern.placement), stride = object_.cols();
  const Complex* patch = object_.data() + at;
  Complex* gradient = worker.object_gradient.data() + at;
  Complex* probe_gradient = worker.probe_gradient.data();
  for (std::size_t r = 0; r < n_; ++r)
    kernels::add_scaled(worker.light.data() + at + r * stride, probe_intensity_.data() + r * n_, 1, n_);
  if (!spec_.subpixel) {
    for (std::size_t r = 0; r < n_; ++r)
      kernels::scatter(field + r * n_, probe + r * n_, patch + r * stride, gradient + r * stride,
                       probe_gradient + r * n_, n_);
    return;
  }
  Complex* back = worker.field.get();
  for (std::size_t r = 0; r < n_; ++r)
    kernels::scatter_apart(field + r * n_, probe + r * n_, patch + r * stride, gradient + r * stride,
                           back + r * n_, n_);
  // T_-d in Fourier space, where the sum over the batch is taken: one transform a pattern, one back a batch.
  fft_.forward_unscaled(back);
  for (std::size_t r = 0; r < n_; ++r)
    kernels::add_unramped(back + r * n_, worker.ramp_col.data(), worker.ramp_row[r], probe_gradient + r * n_,
                          n_);
}

ErrorSums CpuWorkspace::project(std::span<const Slot> batch, std::span<const std::size_t> sampled) {
  PTERO_EXPECT(!batch.empty() && batch_size_ == 0);
  prepare_probe();
  kernels::intensity(probe_.data(), probe_intensity_.data(), n_ * n_);
  std::vector<Sample*> sample_of(batch.size(), nullptr);
  sample_count_ = sampled.size();
  if (samples_.size() < sample_count_) samples_.resize(sample_count_);
  for (std::size_t k = 0; k < sample_count_; ++k) {
    Sample& sample = samples_[k];
    if (!sample.chi) sample.chi = make_fft_buffer(n_ * n_);
    if (spec_.subpixel && !sample.probe) sample.probe = make_fft_buffer(n_ * n_);
    sample.slot = batch[sampled[k]];
    sample_of[sampled[k]] = &sample;
  }

  std::int64_t first = patterns_[batch[0]].placement.row, last = first;
  for (const Slot slot : batch) {
    first = std::min(first, patterns_[slot].placement.row);
    last = std::max(last, patterns_[slot].placement.row);
  }
  dirty_rows_ = {static_cast<std::size_t>(first - extent_.row),
                 static_cast<std::size_t>(last - extent_.row) + n_};
  batch_size_ = batch.size();

  team_.split(batch.size(), [&](unsigned member, std::size_t begin, std::size_t end) {
    Worker& worker = workers_[member];
    for (std::size_t i = begin; i < end; ++i) project_one(patterns_[batch[i]], sample_of[i], worker);
  });
  ErrorSums sums;
  for (Worker& worker : workers_) {
    sums += worker.sums;
    worker.sums = {};
  }
  return sums;
}

float CpuWorkspace::illumination_floor() const {
  const auto brightest = std::max_element(illumination_.pixels().begin(), illumination_.pixels().end());
  // A map without light leaves the directions finite.
  return std::max(1e-12F, static_cast<float>(spec_.regularisation) * *brightest);
}

void CpuWorkspace::gather_directions() {
  const float floor = illumination_floor();
  Worker& sum = workers_[0];
  team_.split(dirty_rows_[1] - dirty_rows_[0], [&](unsigned, std::size_t begin, std::size_t end) {
    for (std::size_t r = dirty_rows_[0] + begin; r < dirty_rows_[0] + end; ++r) {
      for (std::size_t t = 1; t < workers_.size(); ++t) {
        kernels::absorb(sum.object_gradient.row(r).data(), workers_[t].object_gradient.row(r).data(),
                        object_.cols());
        kernels::absorb(sum.light.row(r).data(), workers_[t].light.row(r).data(), object_.cols());
      }
      // [Ods18, eq. 24]
      kernels::precondition(sum.object_gradient.row(r).data(), illumination_.row(r).data(), floor,
                            object_.cols());
    }
  });

  // The plain mean over the batch instead of [Ods18, eq. 25a]'s division by sum |O|^2: |O| is about 1.
  for (std::size_t t = 1; t < workers_.size(); ++t)
    kernels::absorb(sum.probe_gradient.data(), workers_[t].probe_gradient.data(), n_ * n_);
  const float scale = 1.0F / static_cast<float>(batch_size_ * (spec_.subpixel ? n_ * n_ : 1));
  for (std::size_t i = 0; i < n_ * n_; ++i) {
    direction_spectrum_[i] = sum.probe_gradient.data()[i] * scale;
    sum.probe_gradient.data()[i] = 0;
  }
  std::copy_n(direction_spectrum_.get(), n_ * n_, probe_direction_.data());
  if (!spec_.subpixel) return;
  fft_.inverse_unscaled(probe_direction_.data());
}

StepEquation CpuWorkspace::equation_of(const Sample& sample, Worker& worker) const {
  const Placement& placement = patterns_[sample.slot].placement;
  const Complex* probe = probe_.data();
  const Complex* probe_direction = probe_direction_.data();
  if (spec_.subpixel) {
    shift(direction_spectrum_.get(), placement, worker, worker.probe.get());
    probe = sample.probe.get();
    probe_direction = worker.probe.get();
  }
  const std::size_t at = corner(placement), stride = object_.cols();
  kernels::Products sum;
  for (std::size_t r = 0; r < n_; ++r)
    kernels::add_products(workers_[0].object_gradient.data() + at + r * stride, probe + r * n_,
                          probe_direction + r * n_, object_.data() + at + r * stride,
                          sample.chi.get() + r * n_, n_, sum);
  return {.uu = sum.uu, .vv = sum.vv, .uv = sum.uv, .u_chi = sum.u_chi, .v_chi = sum.v_chi};
}

std::vector<StepEquation> CpuWorkspace::step_equations() {
  PTERO_EXPECT(batch_size_ > 0);
  gather_directions();
  std::vector<StepEquation> equations(sample_count_);
  team_.split(sample_count_, [&](unsigned member, std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) equations[k] = equation_of(samples_[k], workers_[member]);
  });
  return equations;
}

void CpuWorkspace::update(double object_step, double probe_step) {
  PTERO_EXPECT(batch_size_ > 0);
  Image<Complex>& direction = workers_[0].object_gradient;
  Image<float>& light = workers_[0].light;
  const float floor = illumination_floor();
  team_.split(dirty_rows_[1] - dirty_rows_[0], [&](unsigned, std::size_t begin, std::size_t end) {
    for (std::size_t r = dirty_rows_[0] + begin; r < dirty_rows_[0] + end; ++r) {
      if (object_step != 0)
        kernels::step_within(object_.row(r).data(), direction.row(r).data(), illumination_.row(r).data(),
                             light.row(r).data(), floor, static_cast<float>(object_step), object_.cols());
      std::fill(direction.row(r).begin(), direction.row(r).end(), Complex{});
      std::fill(light.row(r).begin(), light.row(r).end(), 0.0F);
    }
  });
  if (probe_step != 0)
    kernels::add_scaled(probe_.data(), probe_direction_.data(), static_cast<float>(probe_step), n_ * n_);
  batch_size_ = 0;
}

ErrorSums CpuWorkspace::evaluate(std::span<const Slot> slots) {
  prepare_probe();
  team_.split(slots.size(), [&](unsigned member, std::size_t begin, std::size_t end) {
    Worker& worker = workers_[member];
    for (std::size_t i = begin; i < end; ++i) {
      const Stored& pattern = patterns_[slots[i]];
      form_exit_wave(pattern, worker, worker.field.get(), worker.probe.get());
      for (std::size_t r = 0; r < n_; ++r) {
        const auto row =
            kernels::compare_modulus(worker.field.get() + r * n_, pattern.amplitude.data() + r * n_,
                                     pattern.unit, static_cast<float>(n_), n_);
        add(row, worker.sums);
      }
      worker.sums.intensity += pattern.counts;
      worker.sums.frames += 1;
    }
  });
  ErrorSums sums;
  for (Worker& worker : workers_) {
    sums += worker.sums;
    worker.sums = {};
  }
  return sums;
}

}  // namespace ptero::ptycho
