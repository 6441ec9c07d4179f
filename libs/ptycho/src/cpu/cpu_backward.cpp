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

kernels::RowSums CpuWorkspace::constrain_columns(const Stored& pattern, Waves& waves, Worker& worker) const {
  const auto size = static_cast<float>(n_);
  const std::size_t room = n_ * FftPasses::columns_at_once;
  kernels::RowSums sums;
  passes_.each_columns([&](std::size_t c, std::size_t width) {
    const std::size_t count = n_ * width;
    std::uint16_t* values = worker.values.data();
    const kernels::Block part{n_, width, n_};
    kernels::gather_block(pattern.amplitude.data() + c, part, values);
    for (std::size_t m = 0; m < modes_; ++m) {
      Complex* block = worker.block.get() + m * room;
      kernels::gather_block(waves.chi_at(m, slices_ - 1) + c, part, block);
      passes_.columns(block, width, 1);
      if (modes_ == 1) {
        sums += kernels::replace_modulus(block, values, pattern.unit, size, count);
      } else {
        (m == 0 ? static_cast<void (*)(const Complex*, float*, std::size_t)>(kernels::intensity)
                : kernels::add_intensity)(block, worker.total.data(), count);
      }
    }
    if (modes_ > 1) sums += kernels::modulus_factors(worker.total.data(), values, pattern.unit, size, count);
    for (std::size_t m = 0; m < modes_; ++m) {
      Complex* block = worker.block.get() + m * room;
      if (modes_ > 1) kernels::multiply_by(block, worker.total.data(), count);
      passes_.columns(block, width, -1);
      kernels::scatter_block(block, part, waves.chi_at(m, slices_ - 1) + c);
    }
  });
  return sums;
}

kernels::RowSums CpuWorkspace::replace(const Stored& pattern, Waves& waves, Worker& worker) const {
  const auto size = static_cast<float>(n_);
  const bool poisson = spec_.noise == Noise::poisson;
  for (std::size_t r = 0; poisson && r < n_; ++r) add_total(waves, r, worker.total.data() + r * n_);
  const float length =
      poisson ? poisson_length(worker.total, pattern.amplitude.data(), pattern.unit, size) : 1.0F;
  kernels::RowSums sums;
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

kernels::RowSums CpuWorkspace::constrain(const Stored& pattern, Waves& waves, Worker& worker) const {
  if (spec_.noise == Noise::gaussian && spec_.regime() == Regime::far_field)
    return constrain_columns(pattern, waves, worker);
  for (std::size_t m = 0; m < modes_; ++m) to_detector(waves.chi_at(m, slices_ - 1), worker);
  const kernels::RowSums sums = replace(pattern, waves, worker);
  for (std::size_t m = 0; m < modes_; ++m) from_detector(waves.chi_at(m, slices_ - 1), worker);
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
  each_row(waves.chi_at(0, 0), 1);
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
    each_row(back, 1);
    cross(l - 1, back, -1, worker);
    each_row(back, -1);
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

void CpuWorkspace::add_probe_gradient(const Stored& pattern, std::size_t mode, Complex* back, Worker& worker,
                                      PatternEquation* equation) const {
  const bool weights = equation != nullptr && spec_.has_weights();
  const std::size_t terms = mode == 0 ? spec_.variations : 0;
  const auto sum_of = [&](std::size_t k) {
    return worker.probe_gradient[k == 0 ? mode : modes_ + k - 1].data();
  };
  // T_-d in Fourier space, where the sum over the batch is taken: one transform a pattern, one back a batch.
  if (spec_.subpixel) fft_.forward_unscaled(back);
  if (weights) add_weights(mode, back, worker, *equation);
  for (std::size_t k = 0; k <= terms; ++k)
    if (spec_.subpixel)
      kernels::add_unramped(back, n_, worker.ramp_row.data(), worker.ramp_col.data(), weight(pattern, k),
                            sum_of(k));
    else
      kernels::add_scaled(sum_of(k), back, weight(pattern, k), n_ * n_);
}

void CpuWorkspace::scatter_probe(const Stored& pattern, std::size_t mode, std::size_t at, Waves& waves,
                                 Rest rest, Worker& worker, PatternEquation* equation) const {
  Complex* chi = waves.chi_at(mode, 0);
  const Complex* before = waves.before[mode * slices_];
  const std::size_t stride = extent_.shape.cols;
  const Complex* patch = object_[0].data() + at;
  Complex* gradient = worker.object_gradient[0].data() + at;
  const bool shared = !spec_.subpixel && !spec_.has_weights();
  // A sampled pattern's chi is needed again.
  Complex* back = &waves == &worker.waves ? chi : worker.scratch.get();
  passes_.each_rows([&](std::size_t first, std::size_t count) {
    if (rest == Rest::rows) passes_.rows(chi + first * n_, count, -1);
    for (std::size_t r = first; r < first + count; ++r)
      if (shared)
        kernels::scatter(chi + r * n_, before + r * n_, patch + r * stride, gradient + r * stride,
                         worker.probe_gradient[mode].data() + r * n_, n_);
      else
        kernels::scatter_apart(chi + r * n_, before + r * n_, patch + r * stride, gradient + r * stride,
                               back + r * n_, n_);
    if (shared) return;
    if (equation != nullptr && spec_.has_weights())
      equation->weight_chi[0] += kernels::inner(before + first * n_, back + first * n_, count * n_);
  });
  if (!shared) add_probe_gradient(pattern, mode, back, worker, equation);
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
  // Where nobody else looks at chi its rows are finished on the way.
  const Rest rest = slices_ > 1 || difference || equation != nullptr ? Rest::none : Rest::rows;
  for (std::size_t m = 0; rest == Rest::none && m < modes_; ++m) each_row(waves.chi_at(m, slices_ - 1), -1);
  if (difference) keep_wave(pattern, waves);

  const std::size_t at = corner(pattern.placement);
  const std::size_t top = at / extent_.shape.cols;
  const bool none = worker.rows[0] == worker.rows[1];
  worker.rows = {none ? top : std::min(worker.rows[0], top),
                 none ? top + n_ : std::max(worker.rows[1], top + n_)};
  for (std::size_t m = 0; m < modes_; ++m) {
    carry_back(m, at, waves, worker);
    if (equation != nullptr) add_position(m, at, waves, *equation);
    scatter_probe(pattern, m, at, waves, rest, worker, equation);
  }
  for (std::size_t k = 0; k < worker.weight_squares.size(); ++k)
    worker.weight_squares[k] += double{weight(pattern, k)} * double{weight(pattern, k)};
  if (equation != nullptr && spec_.has_weights()) finish_weights(pattern, sums.model, *equation);
}

}  // namespace ptero::ptycho
