#include <algorithm>

#include "cuda_workspace.hpp"

// From probe and object to the detector.

namespace ptero::ptycho::cuda {

CudaWorkspace::CudaWorkspace(const WorkspaceSpec& spec, std::size_t chunk)
    : spec_(spec),
      n_(spec.n),
      pixels_(spec.n * spec.n),
      modes_(spec.modes),
      slices_(spec.slices()),
      own_probe_(spec.subpixel || spec.has_weights()),
      device_(spec.n),
      chunk_(chunk > 0 ? chunk : chunk_by_memory()),
      amplitudes_(pixels_),
      own_waves_(pixels_),
      most_(device_, 1),
      probe_(device_, spec.probes() * pixels_),
      spectrum_(device_, Device::room(spec.probes()) * pixels_),
      gap_(device_, (spec.slice_spacing_m.size() + (spec.regime() == Regime::near_field ? 1 : 0)) * pixels_),
      probe_intensity_(device_, pixels_),
      probe_sum_(device_, spec.probes() * pixels_),
      probe_direction_(device_, Device::room(spec.probes()) * pixels_),
      direction_spectrum_(device_, modes_ * pixels_),
      before_(slices_),
      weight_squares_(1 + spec.variations) {
  const auto put = [&](std::size_t index, double distance_m, std::size_t divisor) {
    Image<Complex> gap = propagator(n_, distance_m, spec.wavelength_m, spec.pixel_m);
    for (Complex& h : gap.pixels()) h /= static_cast<float>(divisor);
    device_.upload(gap_.data() + index * pixels_, gap.data(), pixels_ * sizeof(Cfloat));
  };
  for (std::size_t l = 0; l < spec.slice_spacing_m.size(); ++l) put(l, spec.slice_spacing_m[l], pixels_);
  if (spec.regime() == Regime::near_field) put(slices_ - 1, spec.near_field_m, n_);
}

std::size_t CudaWorkspace::chunk_by_memory() const {
  // More patterns than this gain nothing: the launches' cost has long vanished beside their work.
  constexpr std::size_t most = 1024;
  constexpr std::size_t most_values = std::size_t{1} << 27;  // of a plan
  const std::size_t fields = modes_ * (slices_ + (own_probe_ ? 1 : 0));
  // The transforms' scratch may be as large as what they transform.
  const std::size_t bytes = (fields + modes_) * pixels_ * sizeof(Cfloat);
  const std::size_t by_memory = device_.free_bytes() / 4 / bytes;
  return std::clamp<std::size_t>(std::min(by_memory, most_values / (modes_ * pixels_)), 1, most);
}

void CudaWorkspace::reserve_chunk(std::size_t patterns) {
  patterns = std::min(patterns, chunk_);
  if (patterns <= chunk_room_) return;
  const std::size_t values = Device::room(patterns * modes_) * pixels_;
  fields_.reserve(device_, values);
  for (std::size_t l = 0; l < slices_; ++l)
    if (l > 0 || own_probe_) before_[l].reserve(device_, values);
  lengths_.reserve(device_, patterns);
  searched_.reserve(device_, 2 * patterns);
  chunk_room_ = patterns;
}

void CudaWorkspace::prepare_probe() {
  device_.join_uploads();
  if (!spec_.subpixel) return;
  device_.copy(spectrum_.data(), probe_.data(), probe_.size() * sizeof(Cfloat));
  device_.transform(spectrum_.data(), spec_.probes(), Direction::forward);
  device_.each(1, probe_.size(), Scale<Cfloat>{spectrum_.data(), per_pixel()});
}

BeforeView CudaWorkspace::before(std::size_t slice) const {
  if (slice == 0 && !own_probe_) return {.fields = probe_.data(), .shared = true};
  return {.fields = before_[slice].data(), .shared = false};
}

BatchView CudaWorkspace::with_ramps(BatchView batch, Descriptions& into) {
  if (!spec_.subpixel) return batch;
  into.ramps.reserve(device_, std::size_t{batch.count} * 2 * n_);
  device_.each(batch.count, 2 * n_, FillRamps{batch, into.ramps.data()});
  batch.ramps = into.ramps.data();
  return batch;
}

void CudaWorkspace::form_probes(const BatchView& batch, const Cfloat* source, std::size_t terms,
                                Cfloat* out) {
  const std::size_t fields = batch.count * modes_;
  device_.each(fields, pixels_, FormProbes{batch, source, static_cast<std::uint32_t>(terms), out});
  if (spec_.subpixel) device_.transform(out, fields, Direction::inverse);
}

void CudaWorkspace::form_exit_waves(const BatchView& batch) {
  const std::size_t fields = batch.count * modes_;
  for (std::size_t l = 0; l < slices_; ++l) {
    const bool last = l + 1 == slices_;
    Cfloat* out = last ? fields_.data() : before_[l + 1].data();
    device_.each(fields, pixels_, PassSlice{batch, before(l), object_.data() + l * plane(), out});
    if (last)
      to_detector(out, fields);
    else
      propagate(l, out, fields, Direction::forward);
  }
}

void CudaWorkspace::to_detector(Cfloat* waves, std::size_t count) {
  if (spec_.regime() == Regime::near_field)
    propagate(slices_ - 1, waves, count, Direction::forward);
  else
    device_.transform(waves, count, Direction::forward);
}

void CudaWorkspace::from_detector(Cfloat* waves, std::size_t count) {
  if (spec_.regime() == Regime::near_field)
    propagate(slices_ - 1, waves, count, Direction::inverse);
  else
    device_.transform(waves, count, Direction::inverse);
}

void CudaWorkspace::propagate(std::size_t gap, Cfloat* waves, std::size_t count, Direction direction) {
  device_.transform(waves, count, Direction::forward);
  device_.each(count, pixels_,
               MultiplyFields{gap_.data() + gap * pixels_, direction == Direction::forward ? 1.0F : -1.0F,
                              static_cast<std::uint32_t>(pixels_), waves});
  device_.transform(waves, count, Direction::inverse);
}

}  // namespace ptero::ptycho::cuda
