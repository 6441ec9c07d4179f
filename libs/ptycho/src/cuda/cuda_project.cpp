#include <algorithm>

#include "cuda_workspace.hpp"

// One batch through the model and back: the constraint, the errors, and what each pattern adds to the sums.

namespace ptero::ptycho::cuda {

void CudaWorkspace::choose_samples(std::span<const Slot> batch, const Projection& projection) {
  Samples& samples = samples_;
  samples.in_batch.assign(projection.sampled.begin(), projection.sampled.end());
  samples.slots.clear();
  samples.in_chunk.clear();
  for (const std::size_t i : samples.in_batch) {
    samples.slots.push_back(batch[i]);
    samples.in_chunk.push_back(static_cast<std::uint32_t>(i % chunk_));
  }
  const std::size_t count = samples.slots.size();
  if (count == 0) return;
  samples.stride = Device::room(count * modes_) * pixels_;
  samples.chi.reserve(device_, slices_ * samples.stride);
  // Before the first slice of shared probes there is nothing to keep, and with one slice nothing at all.
  if (own_probe_ || slices_ > 1) samples.before.reserve(device_, slices_ * samples.stride);
  samples.sources.reserve(device_, count);
  device_.upload(samples.sources.data(), samples.in_chunk.data(), count * sizeof(std::uint32_t));
  samples.view = describe(samples.slots, samples.descriptions);
}

void CudaWorkspace::start_batch(std::span<const Slot> batch, const Projection& projection) {
  batch_.assign(batch.begin(), batch.end());
  prepare_probe();
  set_probe_intensity();
  reserve_chunk(batch.size());
  errors_.reserve(device_, batch.size() * ReplaceModulus::sums);
  has_equations_ = projection.pattern_equations;
  if (has_equations_) {
    positions_.reserve(device_, batch.size() * DifferPositions::sums);
    met_probes_.reserve(device_, batch.size());
    met_variations_.reserve(device_, batch.size() * spec_.variations);
    powers_.reserve(device_, spec_.probes());
    device_.reduce(spec_.probes(), pixels_, SumPower{probe_.data(), static_cast<std::uint32_t>(pixels_)},
                   powers_.data());
  }
  choose_samples(batch, projection);
  std::fill(weight_squares_.begin(), weight_squares_.end(), 0.0);
  for (const Slot slot : batch) {
    const Stored& stored = patterns_[slot];
    const auto top = static_cast<std::size_t>(stored.placement.row - extent_.row);
    const bool none = dirty_rows_[0] == dirty_rows_[1];
    dirty_rows_ = {none ? top : std::min(dirty_rows_[0], top),
                   none ? top + n_ : std::max(dirty_rows_[1], top + n_)};
    for (std::size_t k = 0; k < stored.weights.size(); ++k)
      weight_squares_[k] += double{stored.weights[k]} * double{stored.weights[k]};
    if (stored.weights.empty()) weight_squares_[0] += 1;
  }
}

ErrorSums CudaWorkspace::project(std::span<const Slot> batch, const Projection& projection) {
  PTERO_EXPECT(!batch.empty() && !waits_for_update_);
  start_batch(batch, projection);
  waits_for_update_ = true;
  for (std::size_t first = 0; first < batch.size(); first += chunk_) {
    const auto chunk = batch.subspan(first, std::min(chunk_, batch.size() - first));
    project_chunk(with_ramps(describe(chunk, descriptions_), descriptions_), first, has_equations_);
    if (spec_.constraint == Constraint::difference_map)
      for (const Slot slot : chunk) patterns_[slot].has_wave = true;
  }
  return sum_errors(batch, ReplaceModulus::sums, &models_);
}

void CudaWorkspace::project_chunk(const BatchView& batch, std::size_t first, bool equations) {
  const std::size_t fields = batch.count * modes_;
  if (own_probe_)
    form_probes(batch, spec_.subpixel ? spectrum_.data() : probe_.data(), spec_.variations,
                before_[0].data());
  const bool difference = spec_.constraint == Constraint::difference_map;
  if (difference) {
    device_.each(batch.count, pixels_, ReflectWaves{batch, before(0), object_.data(), fields_.data()});
    to_detector(fields_.data(), fields);
  } else {
    form_exit_waves(batch);
  }
  constrain(batch, errors_.data() + first * ReplaceModulus::sums);
  from_detector(fields_.data(), fields);
  if (difference)
    device_.each(
        batch.count, pixels_,
        KeepWaves{batch, before(0), object_.data(), static_cast<float>(spec_.relaxation), fields_.data()});
  carry_back(batch, first);
  if (equations)
    device_.reduce(batch.count, pixels_, DifferPositions{batch, before(0), object_.data(), fields_.data()},
                   positions_.data() + first * DifferPositions::sums);
  scatter_probe(batch, first, equations);
}

void CudaWorkspace::constrain(const BatchView& batch, double* errors) {
  const DetectorView detector{batch, fields_.data(), per_pixel()};
  if (spec_.noise == Noise::gaussian) {
    device_.reduce(batch.count, pixels_, ReplaceModulus{detector}, errors);
    return;
  }
  // The length of the Poisson step that maximises the likelihood along it, by fixed-point steps from 1/2,
  // where it equals the gaussian one close to the solution [Ods18, eq. 17].
  constexpr int search_steps = 2;
  const std::vector<float> start(batch.count, 0.5F);
  device_.upload(lengths_.data(), start.data(), start.size() * sizeof(float));
  for (int step = 0; step < search_steps; ++step) {
    device_.reduce(batch.count, pixels_, SearchPoisson{detector, lengths_.data()}, searched_.data());
    device_.each(batch.count, 1, StepPoisson{searched_.data(), lengths_.data()});
  }
  device_.reduce(batch.count, pixels_, ReplacePoisson{detector, lengths_.data()}, errors);
}

void CudaWorkspace::keep_samples(const BatchView& batch, std::size_t first, std::size_t slice) {
  const auto& at = samples_.in_batch;
  const auto begin = std::lower_bound(at.begin(), at.end(), first) - at.begin();
  const auto end = std::lower_bound(at.begin(), at.end(), first + batch.count) - at.begin();
  if (begin == end) return;
  const std::size_t to = slice * samples_.stride + static_cast<std::size_t>(begin) * modes_ * pixels_;
  const BeforeView waves = before(slice);
  device_.each(static_cast<std::size_t>(end - begin) * modes_, pixels_,
               KeepSamples{batch, waves, fields_.data(), samples_.sources.data() + begin,
                           samples_.chi.data() + to, waves.shared ? nullptr : samples_.before.data() + to});
}

void CudaWorkspace::carry_back(const BatchView& batch, std::size_t first) {
  const std::size_t fields = batch.count * modes_;
  for (std::size_t l = slices_ - 1; l > 0; --l) {
    keep_samples(batch, first, l);
    const std::size_t at = l * plane();
    device_.each(fields, pixels_,
                 ScatterApart{batch, PlaneSums{gradient_.data() + at, light_.data() + at, nullptr}, before(l),
                              object_.data() + at, fields_.data()});
    propagate(l - 1, fields_.data(), fields, Direction::inverse);
  }
  keep_samples(batch, first, 0);
}

void CudaWorkspace::scatter_probe(const BatchView& batch, std::size_t first, bool equations) {
  const std::size_t fields = batch.count * modes_, groups = groups_of(batch.count);
  const PlaneSums sums{gradient_.data(), light_.data(), probe_intensity_.data()};
  if (!own_probe_) {
    device_.each(
        groups * modes_, pixels_,
        ScatterShared{batch, sums, probe_.data(), object_.data(), fields_.data(), probe_sum_.data()});
    return;
  }
  device_.each(fields, pixels_, ScatterApart{batch, sums, before(0), object_.data(), fields_.data()});
  const bool weights = equations && spec_.has_weights();
  if (weights)
    device_.reduce(batch.count, pixels_, MeetProbes{batch, before(0), fields_.data()},
                   met_probes_.data() + first);
  // T_-d in Fourier space, where the sum over the batch is taken: one transform a pattern, one back a batch.
  if (spec_.subpixel) device_.transform(fields_.data(), fields, Direction::forward);
  const Cfloat* probes = spec_.subpixel ? spectrum_.data() : probe_.data();
  if (weights && spec_.variations > 0)
    device_.reduce(batch.count * spec_.variations, pixels_,
                   MeetVariations{batch, probes + modes_ * pixels_, fields_.data()},
                   met_variations_.data() + first * spec_.variations);
  device_.each(groups * spec_.probes(), pixels_, SumProbes{batch, fields_.data(), probe_sum_.data()});
}

ErrorSums CudaWorkspace::sum_errors(std::span<const Slot> slots, std::size_t sums,
                                    std::vector<double>* models) const {
  std::vector<double> each(slots.size() * sums);
  device_.download(each.data(), errors_.data(), each.size() * sizeof(double));
  ErrorSums total;
  if (models != nullptr) models->resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const double* own = each.data() + i * sums;
    total.residual += own[0];
    total.model += own[1];
    total.distance += own[2];
    total.amplitude += own[3];
    if (sums > 4) total.likelihood += own[4];
    total.intensity += patterns_[slots[i]].counts;
    if (models != nullptr) (*models)[i] = own[1];
  }
  total.frames = slots.size();
  return total;
}

ErrorSums CudaWorkspace::evaluate(std::span<const Slot> slots) {
  // Between project and update the sampled chi and the sums wait: neither is touched here.
  prepare_probe();
  reserve_chunk(slots.size());
  ErrorSums total;
  for (std::size_t first = 0; first < slots.size(); first += chunk_) {
    const auto chunk = slots.subspan(first, std::min(chunk_, slots.size() - first));
    const BatchView batch = with_ramps(describe(chunk, descriptions_), descriptions_);
    errors_.reserve(device_, chunk.size() * ComparePatterns::sums);
    if (own_probe_)
      form_probes(batch, spec_.subpixel ? spectrum_.data() : probe_.data(), spec_.variations,
                  before_[0].data());
    form_exit_waves(batch);
    device_.reduce(chunk.size(), pixels_, ComparePatterns{DetectorView{batch, fields_.data(), per_pixel()}},
                   errors_.data());
    total += sum_errors(chunk, ComparePatterns::sums, nullptr);
  }
  return total;
}

std::vector<PatternEquation> CudaWorkspace::pattern_equations() {
  if (!has_equations_) return {};
  const std::size_t terms = spec_.variations, count = batch_.size();
  std::vector<double> positions(count * DifferPositions::sums), met(count), varied(count * terms),
      powers(spec_.probes());
  device_.download(positions.data(), positions_.data(), positions.size() * sizeof(double));
  std::vector<PatternEquation> equations(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double* own = positions.data() + i * DifferPositions::sums;
    equations[i] = {.row_chi = own[0], .row_row = own[1], .col_chi = own[2], .col_col = own[3]};
  }
  if (!spec_.has_weights()) return equations;
  device_.download(met.data(), met_probes_.data(), met.size() * sizeof(double));
  device_.download(varied.data(), met_variations_.data(), varied.size() * sizeof(double));
  device_.download(powers.data(), powers_.data(), powers.size() * sizeof(double));
  double of_modes = 0;
  for (std::size_t m = 0; m < modes_; ++m) of_modes += powers[m];
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<float>& weights = patterns_[batch_[i]].weights;
    PatternEquation& e = equations[i];
    e.weight_chi.resize(1 + terms);
    e.weight_norm.resize(1 + terms);
    const double first = double{weights[0]};
    const double mean_object = models_[i] / std::max(1e-30, first * first * of_modes);
    e.weight_chi[0] = met[i];
    for (std::size_t k = 1; k <= terms; ++k) {
      e.weight_chi[k] = varied[i * terms + k - 1];
      e.weight_norm[k] = powers[modes_ + k - 1] * mean_object;
      e.weight_chi[0] -= double{weights[k]} * e.weight_chi[k];
    }
    e.weight_chi[0] /= first;
    e.weight_norm[0] = models_[i] / (first * first);
  }
  return equations;
}

}  // namespace ptero::ptycho::cuda
