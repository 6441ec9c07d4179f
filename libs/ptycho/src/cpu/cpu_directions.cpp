#include <algorithm>
#include <cmath>
#include <utility>

#include "cpu_workspace.hpp"

// From the batch's sums to directions, step equations and the update.

namespace ptero::ptycho {

void CpuWorkspace::set_floor() {
  const auto share = static_cast<float>(spec_.regularisation);
  float most = 0;
  if (spec_.preconditioner == Preconditioner::illumination) {
    if (illumination_changed_)
      brightest_ = *std::max_element(illumination_.pixels().begin(), illumination_.pixels().end());
    illumination_changed_ = false;
    most = brightest_;
  } else {
    for (const Image<float>& light : workers_[0].light)
      for (std::size_t r = dirty_rows_[0]; r < dirty_rows_[1]; ++r)
        most = std::max(most, *std::max_element(light.row(r).begin(), light.row(r).end()));
  }
  // A map without light leaves the directions finite.
  floor_ = std::max(1e-12F, share * most);
}

void CpuWorkspace::set_strength(const float* illumination, const float* light, std::size_t count,
                                float* out) const {
  if (spec_.preconditioner == Preconditioner::illumination)
    kernels::hypotenuse(illumination, floor_, out, count);
  else
    kernels::blend(light, 1 - static_cast<float>(spec_.regularisation), floor_, out, count);
}

void CpuWorkspace::gather_probe(std::size_t index, double norm) {
  Image<Complex>& sum = workers_[0].probe_gradient[index];
  for (std::size_t t = 1; t < workers_.size(); ++t)
    kernels::absorb(sum.data(), workers_[t].probe_gradient[index].data(), n_ * n_);
  const auto scale = static_cast<float>(1 / (norm * (spec_.subpixel ? static_cast<double>(n_ * n_) : 1)));
  Complex* direction = probe_direction_[index].data();
  for (std::size_t i = 0; i < n_ * n_; ++i) {
    direction[i] = sum.data()[i] * scale;
    sum.data()[i] = 0;
  }
  if (!spec_.subpixel) return;
  if (index < modes_) std::copy_n(direction, n_ * n_, direction_spectrum_[index].get());
  fft_.inverse_unscaled(direction);
}

void CpuWorkspace::gather_directions() {
  Worker& first = workers_[0];
  const std::size_t cols = extent_.shape.cols;
  const auto each_row = [&](auto&& work) {
    team_.split(dirty_rows_[1] - dirty_rows_[0], [&](unsigned member, std::size_t begin, std::size_t end) {
      for (std::size_t l = 0; l < slices_; ++l)
        for (std::size_t r = dirty_rows_[0] + begin; r < dirty_rows_[0] + end; ++r) work(member, l, r);
    });
  };
  const auto absorb = [&](unsigned, std::size_t l, std::size_t r) {
    for (std::size_t t = 1; t < workers_.size(); ++t) {
      Worker& other = workers_[t];
      if (r < other.rows[0] || r >= other.rows[1]) continue;
      kernels::absorb(first.object_gradient[l].row(r).data(), other.object_gradient[l].row(r).data(), cols);
      if (l > 0) kernels::absorb(first.light[l].row(r).data(), other.light[l].row(r).data(), cols);
    }
  };
  const auto precondition = [&](unsigned member, std::size_t l, std::size_t r) {
    float* strength = workers_[member].strength.data();
    set_strength(illumination_.row(r).data(), first.light[l].row(r).data(), cols, strength);
    kernels::divide_by(first.object_gradient[l].row(r).data(), strength, cols);  // [Ods18, eq. 24]
  };
  if (spec_.preconditioner == Preconditioner::batch) {
    // Its floor is not known before the light of all threads is in.
    each_row(absorb);
    set_floor();
    each_row(precondition);
  } else {
    set_floor();
    each_row([&](unsigned member, std::size_t l, std::size_t r) {
      absorb(member, l, r);
      precondition(member, l, r);
    });
  }

  for (Worker& worker : workers_) worker.rows = {};
  std::vector<double> squares(first.weight_squares.size());
  for (Worker& worker : workers_)
    for (std::size_t k = 0; k < squares.size(); ++k) squares[k] += std::exchange(worker.weight_squares[k], 0);
  // The plain mean over the batch instead of [Ods18, eq. 25a]'s division by sum |O|^2: |O| is about 1.
  for (std::size_t m = 0; m < modes_; ++m) gather_probe(m, std::max(squares[0], 1e-12));
  for (std::size_t k = 1; k < squares.size(); ++k)
    gather_probe(modes_ + k - 1, std::max(squares[k] + variation_floor * squares[0], 1e-12));
}

void CpuWorkspace::add_equations(Sample& sample, Worker& worker, StepEquation* equations) const {
  const Stored& pattern = patterns_[sample.slot];
  const std::size_t at = corner(pattern.placement), stride = extent_.shape.cols;
  if (spec_.subpixel) set_ramps(pattern.placement, worker);
  for (std::size_t m = 0; m < modes_; ++m) {
    const Complex* probe_direction = probe_direction_[m].data();
    if (spec_.subpixel || spec_.has_weights()) {
      probe_direction = worker.scratch.get();
      if (spec_.subpixel) {
        shift(direction_spectrum_[m].get(), weight(pattern, 0), worker, worker.scratch.get());
        fft_.inverse_unscaled(worker.scratch.get());
      } else {
        std::fill_n(worker.scratch.get(), n_ * n_, Complex{});
        kernels::add_scaled(worker.scratch.get(), probe_direction_[m].data(), weight(pattern, 0), n_ * n_);
      }
    }
    for (std::size_t l = 0; l < slices_; ++l) {
      kernels::Products sum;
      const Complex *chi = sample.waves.chi_at(m, l), *before = sample.waves.before[m * slices_ + l];
      for (std::size_t r = 0; r < n_; ++r) {
        const Complex* direction = workers_[0].object_gradient[l].data() + at + r * stride;
        if (l == 0)
          kernels::add_products(direction, before + r * n_, probe_direction + r * n_,
                                object_[0].data() + at + r * stride, chi + r * n_, n_, sum);
        else
          kernels::add_object_products(direction, before + r * n_, chi + r * n_, n_, sum);
      }
      StepEquation& e = equations[l];
      e.uu += sum.uu;
      e.vv += sum.vv;
      e.uv += sum.uv;
      e.u_chi += sum.u_chi;
      e.v_chi += sum.v_chi;
    }
  }
}

std::vector<StepEquation> CpuWorkspace::step_equations() {
  PTERO_EXPECT(batch_size_ > 0);
  gather_directions();
  std::vector<StepEquation> equations(sample_count_ * slices_);
  team_.split(sample_count_, [&](unsigned member, std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k)
      add_equations(samples_[k], workers_[member], equations.data() + k * slices_);
  });
  return equations;
}

void CpuWorkspace::move_probe(double step) {
  for (std::size_t k = 0; step != 0 && k < probe_.size(); ++k)
    kernels::add_scaled(probe_[k].data(), probe_direction_[k].data(), static_cast<float>(step), n_ * n_);
  batch_size_ = 0;
}

void CpuWorkspace::update(std::span<const double> object_steps, double probe_step) {
  PTERO_EXPECT(batch_size_ > 0 && object_steps.size() == slices_);
  Worker& first = workers_[0];
  const std::size_t cols = extent_.shape.cols;
  team_.split(dirty_rows_[1] - dirty_rows_[0], [&](unsigned member, std::size_t begin, std::size_t end) {
    float* strength = workers_[member].strength.data();
    for (std::size_t l = 0; l < slices_; ++l)
      for (std::size_t r = dirty_rows_[0] + begin; r < dirty_rows_[0] + end; ++r) {
        const auto direction = first.object_gradient[l].row(r);
        const auto light = first.light[l].row(r);
        if (object_steps[l] != 0) {
          set_strength(illumination_.row(r).data(), light.data(), cols, strength);
          kernels::step_within(object_[l].row(r).data(), direction.data(), strength, light.data(),
                               static_cast<float>(object_steps[l]), cols);
        }
        std::fill(direction.begin(), direction.end(), Complex{});
        std::fill(light.begin(), light.end(), 0.0F);
      }
  });
  dirty_rows_ = {};
  move_probe(probe_step);
}

void CpuWorkspace::update_probe_only(double probe_step) {
  PTERO_EXPECT(batch_size_ > 0);
  Worker& first = workers_[0];
  const std::size_t cols = extent_.shape.cols;
  for (std::size_t l = 0; l < slices_; ++l)
    for (std::size_t r = dirty_rows_[0]; r < dirty_rows_[1]; ++r) {
      set_strength(illumination_.row(r).data(), first.light[l].row(r).data(), cols, first.strength.data());
      kernels::multiply_by(first.object_gradient[l].row(r).data(), first.strength.data(), cols);
    }
  move_probe(probe_step);
}

}  // namespace ptero::ptycho
