#include <algorithm>
#include <cmath>

#include "cpu_workspace.hpp"

// From the detector back: the constraint, and what each pattern adds to the batch's sums.

namespace ptero::ptycho {

void CpuWorkspace::add_total(Waves& waves, std::size_t row, float* total) const {
  const std::size_t last = slices_ - 1;
  kernels::intensity(waves.chi_at(0, last) + row * n_, total, n_);
  for (std::size_t m = 1; m < modes_; ++m)
    kernels::add_intensity(waves.chi_at(m, last) + row * n_, total, n_);
}

namespace {
constexpr int search_steps = 2;

// The length of the Poisson step that maximises the likelihood along it, psi (1 - alpha xi) with xi =
// 1 - I / Ihat, by fixed-point steps from 1/2, where it equals the gaussian one close to the solution
// [Ods18, eq. 17].
float poisson_length(const std::vector<float>& total, const std::uint16_t* values, float unit, float size) {
  double length = 0.5;
  for (int step = 0; step < search_steps; ++step) {
    const kernels::Search sums =
        kernels::search_poisson(total.data(), values, unit, size, static_cast<float>(length), total.size());
    if (sums.curvature > 0) length = 0.5 * length + 0.5 * std::clamp(sums.slope / sums.curvature, 0.0, 1.0);
  }
  return static_cast<float>(length);
}
}  // namespace

kernels::RowSums CpuWorkspace::constrain(const Stored& pattern, Waves& waves, Worker& worker) const {
  const auto size = static_cast<float>(n_);
  kernels::RowSums sums;
  if (modes_ == 1 && spec_.noise == Noise::gaussian) {
    Complex* field = waves.chi_at(0, slices_ - 1);
    for (std::size_t r = 0; r < n_; ++r)
      sums +=
          kernels::replace_modulus(field + r * n_, pattern.amplitude.data() + r * n_, pattern.unit, size, n_);
    return sums;
  }
  const bool poisson = spec_.noise == Noise::poisson;
  for (std::size_t r = 0; poisson && r < n_; ++r) add_total(waves, r, worker.total.data() + r * n_);
  const float length =
      poisson ? poisson_length(worker.total, pattern.amplitude.data(), pattern.unit, size) : 1.0F;
  for (std::size_t r = 0; r < n_; ++r) {
    float* total = worker.total.data() + r * n_;
    const std::uint16_t* values = pattern.amplitude.data() + r * n_;
    if (!poisson) add_total(waves, r, total);
    sums += poisson ? kernels::poisson_factors(total, values, pattern.unit, size, length, n_)
                    : kernels::modulus_factors(total, values, pattern.unit, size, n_);
    for (std::size_t m = 0; m < modes_; ++m)
      kernels::multiply_by(waves.chi_at(m, slices_ - 1) + r * n_, total, n_);
  }
  return sums;
}

void CpuWorkspace::reflect(Stored& pattern, Waves& waves) const {
  const bool first = pattern.wave == nullptr;
  if (first) pattern.wave = make_fft_buffer(n_ * n_);
  const std::size_t at = corner(pattern.placement);
  for (std::size_t r = 0; r < n_; ++r) {
    const Complex* patch = object_[0].data() + at + r * extent_.shape.cols;
    const Complex* probe = waves.before[0] + r * n_;
    Complex* wave = pattern.wave.get() + r * n_;
    if (first) kernels::multiply(probe, patch, wave, n_);
    kernels::reflect(probe, patch, wave, waves.chi_at(0, 0) + r * n_, n_);
  }
  to_detector(waves.chi_at(0, 0));
}

void CpuWorkspace::keep_wave(Stored& pattern, Waves& waves) const {
  kernels::scale(waves.chi_at(0, 0), static_cast<float>(spec_.relaxation), n_ * n_);
  const std::size_t at = corner(pattern.placement);
  for (std::size_t r = 0; r < n_; ++r)
    kernels::multiply_and_add(waves.before[0] + r * n_, object_[0].data() + at + r * extent_.shape.cols,
                              waves.chi_at(0, 0) + r * n_, pattern.wave.get() + r * n_, n_);
}

// [Mai12], with the gradients of [Ods18] at each slice.
void CpuWorkspace::carry_back(std::size_t mode, std::size_t at, Waves& waves, Worker& worker) const {
  const std::size_t stride = extent_.shape.cols;
  for (std::size_t l = slices_ - 1; l > 0; --l) {
    const Complex *chi = waves.chi_at(mode, l), *before = waves.before[mode * slices_ + l];
    Complex* back = waves.chi_at(mode, l - 1);
    for (std::size_t r = 0; r < n_; ++r) {
      kernels::scatter_apart(chi + r * n_, before + r * n_, object_[l].data() + at + r * stride,
                             worker.object_gradient[l].data() + at + r * stride, back + r * n_, n_);
      kernels::add_intensity(before + r * n_, worker.light[l].data() + at + r * stride, n_);
    }
    propagate(l - 1, back, -1);
  }
}

void CpuWorkspace::add_position(std::size_t mode, std::size_t at, Waves& waves,
                                PatternEquation& equation) const {
  const Complex *probe = waves.before[mode * slices_], *chi = waves.chi_at(mode, 0);
  kernels::PositionSums sums;
  for (std::size_t r = 2; r + 2 < n_; ++r)
    kernels::add_position(probe + r * n_, n_, object_[0].data() + at + r * extent_.shape.cols, chi + r * n_,
                          sums);
  equation.row_chi += sums.row_chi;
  equation.row_row += sums.row_row;
  equation.col_chi += sums.col_chi;
  equation.col_col += sums.col_col;
}

void CpuWorkspace::add_weights(std::size_t mode, const Complex* back, const Worker& worker,
                               PatternEquation& equation) const {
  for (std::size_t k = 1; mode == 0 && k <= spec_.variations; ++k) {
    const std::size_t index = modes_ + k - 1;
    double sum = 0;
    for (std::size_t r = 0; r < n_; ++r)
      sum += spec_.subpixel ? kernels::inner_ramped(spectrum_[index].get() + r * n_, worker.ramp_col.data(),
                                                    worker.ramp_row[r], back + r * n_, n_)
                            : kernels::inner(probe_[index].data() + r * n_, back + r * n_, n_);
    equation.weight_chi[k] += sum;
  }
}

void CpuWorkspace::finish_weights(const Stored& pattern, double model, PatternEquation& equation) const {
  const double first = double{pattern.weights[0]};
  double of_modes = 0;
  for (std::size_t m = 0; m < modes_; ++m) of_modes += probe_power_[m];
  const double mean_object = model / std::max(1e-30, first * first * of_modes);
  for (std::size_t k = 1; k <= spec_.variations; ++k) {
    equation.weight_chi[0] -= double{pattern.weights[k]} * equation.weight_chi[k];
    equation.weight_norm[k] = probe_power_[modes_ + k - 1] * mean_object;
  }
  equation.weight_chi[0] /= first;
  equation.weight_norm[0] = model / (first * first);
}

void CpuWorkspace::scatter_probe(const Stored& pattern, std::size_t mode, std::size_t at, Waves& waves,
                                 Worker& worker, PatternEquation* equation) const {
  Complex* chi = waves.chi_at(mode, 0);
  const Complex* before = waves.before[mode * slices_];
  const std::size_t stride = extent_.shape.cols;
  const Complex* patch = object_[0].data() + at;
  Complex* gradient = worker.object_gradient[0].data() + at;
  if (!spec_.subpixel && !spec_.has_weights()) {
    for (std::size_t r = 0; r < n_; ++r)
      kernels::scatter(chi + r * n_, before + r * n_, patch + r * stride, gradient + r * stride,
                       worker.probe_gradient[mode].data() + r * n_, n_);
    return;
  }
  // A sampled pattern's chi is needed again.
  Complex* back = &waves == &worker.waves ? chi : worker.scratch.get();
  for (std::size_t r = 0; r < n_; ++r)
    kernels::scatter_apart(chi + r * n_, before + r * n_, patch + r * stride, gradient + r * stride,
                           back + r * n_, n_);
  const bool weights = equation != nullptr && spec_.has_weights();
  for (std::size_t r = 0; weights && r < n_; ++r)
    equation->weight_chi[0] += kernels::inner(before + r * n_, back + r * n_, n_);
  // T_-d in Fourier space, where the sum over the batch is taken: one transform a pattern, one back a batch.
  if (spec_.subpixel) fft_.forward_unscaled(back);
  if (weights) add_weights(mode, back, worker, *equation);

  const std::size_t terms = mode == 0 ? spec_.variations : 0;
  for (std::size_t k = 0; k <= terms; ++k) {
    Complex* sum = worker.probe_gradient[k == 0 ? mode : modes_ + k - 1].data();
    const float v = weight(pattern, k);
    for (std::size_t r = 0; r < n_; ++r)
      if (spec_.subpixel)
        kernels::add_unramped(back + r * n_, worker.ramp_col.data(), worker.ramp_row[r] * v, sum + r * n_,
                              n_);
      else
        kernels::add_scaled(sum + r * n_, back + r * n_, v, n_);
  }
}

void CpuWorkspace::project_one(Stored& pattern, Waves& waves, Worker& worker, PatternEquation* equation) {
  const bool difference = spec_.constraint == Constraint::difference_map;
  if (difference) {
    form_probes(pattern, worker, waves);
    reflect(pattern, waves);
  } else {
    form_exit_waves(pattern, worker, waves);
  }
  const kernels::RowSums sums = constrain(pattern, waves, worker);
  worker.sums.intensity += pattern.counts;
  worker.sums.frames += 1;
  sums.add_to(worker.sums);
  for (std::size_t m = 0; m < modes_; ++m) from_detector(waves.chi_at(m, slices_ - 1));
  if (difference) keep_wave(pattern, waves);

  const std::size_t at = corner(pattern.placement), stride = extent_.shape.cols;
  for (std::size_t r = 0; r < n_; ++r)
    kernels::add_scaled(worker.light[0].data() + at + r * stride, probe_intensity_.data() + r * n_, 1, n_);
  for (std::size_t m = 0; m < modes_; ++m) {
    carry_back(m, at, waves, worker);
    if (equation != nullptr) add_position(m, at, waves, *equation);
    scatter_probe(pattern, m, at, waves, worker, equation);
  }
  for (std::size_t k = 0; k < worker.weight_squares.size(); ++k)
    worker.weight_squares[k] += double{weight(pattern, k)} * double{weight(pattern, k)};
  if (equation != nullptr && spec_.has_weights()) finish_weights(pattern, sums.model, *equation);
}

}  // namespace ptero::ptycho
