#include <algorithm>

#include "cuda_workspace.hpp"

// From the batch's sums to directions, step equations and the update.

namespace ptero::ptycho::cuda {

Strength CudaWorkspace::strength() const {
  const bool by_map = spec_.preconditioner == Preconditioner::illumination;
  return {.illumination = by_map ? illumination_.data() : nullptr,
          .most = most_.data(),
          .share = static_cast<float>(spec_.regularisation)};
}

void CudaWorkspace::find_strength() {
  if (spec_.preconditioner == Preconditioner::batch) {
    device_.find_most(light_.data(), light_.size(), most_.data());
  } else if (illumination_changed_) {
    device_.find_most(illumination_.data(), illumination_.size(), most_.data());
    illumination_changed_ = false;
  }
}

void CudaWorkspace::gather_probe(std::size_t index, double norm) {
  const double scale = 1 / (norm * (spec_.subpixel ? static_cast<double>(pixels_) : 1));
  const bool copy = spec_.subpixel && index < modes_;
  device_.each(1, pixels_,
               TakeProbeSum{probe_sum_.data() + index * pixels_, static_cast<float>(scale),
                            probe_direction_.data() + index * pixels_,
                            copy ? direction_spectrum_.data() + index * pixels_ : nullptr});
}

BeforeView CudaWorkspace::sampled_probe_directions() {
  if (!own_probe_) return {.fields = probe_direction_.data(), .shared = true};
  const Cfloat* source = spec_.subpixel ? direction_spectrum_.data() : probe_direction_.data();
  samples_.directions.reserve(device_, samples_.stride);
  form_probes(with_ramps(samples_.view, samples_.descriptions), source, 0, samples_.directions.data());
  return {.fields = samples_.directions.data(), .shared = false};
}

std::vector<StepEquation> CudaWorkspace::step_equations() {
  PTERO_EXPECT(waits_for_update_);
  find_strength();
  // The plain mean over the batch instead of [Ods18, eq. 25a]'s division by sum |O|^2: |O| is about 1.
  for (std::size_t m = 0; m < modes_; ++m) gather_probe(m, std::max(weight_squares_[0], 1e-12));
  for (std::size_t k = 1; k < weight_squares_.size(); ++k)
    gather_probe(modes_ + k - 1, std::max(weight_squares_[k] + variation_floor * weight_squares_[0], 1e-12));
  if (spec_.subpixel) device_.transform(probe_direction_.data(), spec_.probes(), Direction::inverse);

  const std::size_t count = samples_.slots.size() * slices_;
  if (count == 0) return {};
  constexpr std::size_t width = MultiplyDirections::sums;
  products_.reserve(device_, count * width);
  const BeforeView directions = sampled_probe_directions();
  const BeforeView first = own_probe_ ? BeforeView{samples_.before.data(), false} : before(0);
  device_.reduce(count, pixels_,
                 MultiplyDirections{.batch = samples_.view,
                                    .slices = static_cast<std::uint32_t>(slices_),
                                    .plane = plane(),
                                    .strength = strength(),
                                    .gradient = gradient_.data(),
                                    .light = light_.data(),
                                    .object = object_.data(),
                                    .chi = samples_.chi.data(),
                                    .before = samples_.before.data(),
                                    .slice_stride = samples_.stride,
                                    .first_before = first,
                                    .probe_direction = directions},
                 products_.data());
  std::vector<double> products(count * width);
  device_.download(products.data(), products_.data(), products.size() * sizeof(double));
  std::vector<StepEquation> equations(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double* own = products.data() + i * width;
    equations[i] = {.uu = own[0], .vv = own[1], .uv = own[2], .u_chi = own[3], .v_chi = own[4]};
  }
  return equations;
}

void CudaWorkspace::move_probe(double step) {
  if (step != 0)
    device_.each(1, probe_.size(),
                 AddScaled{probe_.data(), probe_direction_.data(), static_cast<float>(step)});
  waits_for_update_ = false;
}

void CudaWorkspace::update(std::span<const double> object_steps, double probe_step) {
  PTERO_EXPECT(waits_for_update_ && object_steps.size() == slices_);
  const std::size_t cols = extent_.shape.cols;
  for (std::size_t l = 0; l < slices_; ++l) {
    const std::size_t at = l * plane();
    device_.each(1, (dirty_rows_[1] - dirty_rows_[0]) * cols,
                 StepObject{strength(), dirty_rows_[0] * cols, static_cast<float>(object_steps[l]),
                            gradient_.data() + at, light_.data() + at, object_.data() + at});
  }
  dirty_rows_ = {};
  move_probe(probe_step);
}

void CudaWorkspace::update_probe_only(double probe_step) {
  PTERO_EXPECT(waits_for_update_);
  move_probe(probe_step);
}

}  // namespace ptero::ptycho::cuda
