#include <algorithm>
#include <cmath>
#include <ptero/ptycho/cpu/fft2d.hpp>

#include "depth_regularisation.hpp"
#include "probe_modes.hpp"
#include "reconstruction_state.hpp"
#include "variations.hpp"

// What is done once an epoch, on the host.

namespace ptero::ptycho {

void Reconstruction::State::rebalance() {
  const std::size_t slices = workspace->spec().slices();
  const Image<float> light = workspace->illumination();
  double norm = 1;
  for (std::size_t l = 0; l < slices; ++l) {
    const Image<Complex> object = workspace->object(l);
    double weighted = 0, total = 0;
    for (std::size_t i = 0; i < object.size(); ++i) {
      weighted += double{light.data()[i]} * std::norm(std::complex<double>(object.data()[i]));
      total += double{light.data()[i]};
    }
    if (!(weighted > 0) || !(total > 0)) return;
    norm *= std::sqrt(weighted / total);
  }
  workspace->scale(std::pow(norm, -1 / static_cast<double>(slices)), norm);
}

void Reconstruction::State::tidy_probe() {
  const std::size_t modes = options.modes.count, count = workspace->spec().probes();
  std::vector<Image<Complex>> probes;
  for (std::size_t k = 0; k < count; ++k) probes.push_back(workspace->probe(k));
  bool changed = false;
  const bool mix = run.progress.due(options.modes.orthogonalise_every) && modes > 1;
  if (mix) {
    std::vector<Image<Complex>> mixed(probes.begin(), probes.begin() + static_cast<std::ptrdiff_t>(modes));
    orthogonalise(mixed);
    std::move(mixed.begin(), mixed.end(), probes.begin());
    changed = true;
  }
  if (moves_weights()) {
    std::vector<std::vector<float>> weights;
    const auto all = slots();
    for (const Slot slot : all) weights.push_back(workspace->weights(slot));
    tidy_variations(probes, modes, weights, options.variations);
    std::vector<FrameId> ids;
    for (const auto& [id, resident] : frames) ids.push_back(id);
    smooth_weights(ids, weights, options.variations);
    for (std::size_t i = 0; i < all.size(); ++i) workspace->set_weights(all[i], weights[i]);
    changed = true;
  }
  if (run.probe_momentum.active()) {
    run.probe_momentum.advance(probes[0], {}, run.progress.improving());
    changed = true;
  }
  for (std::size_t k = 0; changed && k < count; ++k) workspace->set_probe(k, probes[k]);
}

void Reconstruction::State::hold_positions() {
  std::vector<Place*> places;
  for (auto& [id, resident] : frames) places.push_back(&resident.place);
  run.position_gain = next_gain(places, run.position_gain, options.positions);
  hold_to_stage(places, options.positions);
  for (auto& [id, resident] : frames) put(resident.slot, resident.place);
}

namespace {
// Blurs with a Gaussian, cyclically.
Image<float> blurred(const Image<float>& image, double sigma) {
  Image<Complex> field(image.shape());
  std::copy(image.pixels().begin(), image.pixels().end(), field.pixels().begin());
  const Fft2d fft(image.shape(), Planning::estimated);
  fft.forward(field.data());
  const auto gauss = [sigma](std::size_t k, std::size_t n) {
    const double f =
        (static_cast<double>(k) - (k < (n + 1) / 2 ? 0.0 : static_cast<double>(n))) / static_cast<double>(n);
    return std::exp(-2 * std::pow(3.14159265358979 * f * sigma, 2));
  };
  for (std::size_t r = 0; r < field.rows(); ++r)
    for (std::size_t c = 0; c < field.cols(); ++c)
      field(r, c) *= static_cast<float>(gauss(r, field.rows()) * gauss(c, field.cols()));
  fft.inverse(field.data());
  Image<float> out(image.shape());
  for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] = field.data()[i].real();
  return out;
}
constexpr double find_blur = 3, edge_blur = 2;  // pixels: of what decides the support, and of its edge
}  // namespace

void Reconstruction::State::support_probe() {
  Image<float> size(Shape{options.intake.n, options.intake.n});
  const Image<Complex> main = workspace->probe(0);
  for (std::size_t i = 0; i < size.size(); ++i) size.data()[i] = std::abs(main.data()[i]);
  size = blurred(size, find_blur);
  const float limit = static_cast<float>(options.probe_support) *
                      *std::max_element(size.pixels().begin(), size.pixels().end());
  for (float& s : size.pixels()) s = s > limit ? 1.0F : 0.0F;
  size = blurred(size, edge_blur);
  for (std::size_t k = 0; k < workspace->spec().probes(); ++k) {
    Image<Complex> probe = workspace->probe(k);
    for (std::size_t i = 0; i < size.size(); ++i) probe.data()[i] *= std::clamp(size.data()[i], 0.0F, 1.0F);
    workspace->set_probe(k, probe);
  }
}

namespace {
Image<Complex> rolled(const Image<Complex>& image, std::int64_t down, std::int64_t right) {
  const auto rows = static_cast<std::int64_t>(image.rows()), cols = static_cast<std::int64_t>(image.cols());
  Image<Complex> out(image.shape());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c)
      out(static_cast<std::size_t>(((r + down) % rows + rows) % rows),
          static_cast<std::size_t>(((c + right) % cols + cols) % cols)) =
          image(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
  return out;
}
}  // namespace

void Reconstruction::State::centre_probe() {
  const Image<Complex> main = workspace->probe(0);
  double sum = 0, row = 0, col = 0;
  const double middle = static_cast<double>(main.rows() / 2);
  for (std::size_t r = 0; r < main.rows(); ++r)
    for (std::size_t c = 0; c < main.cols(); ++c) {
      const double w = double{std::norm(main(r, c))};
      sum += w;
      row += w * (static_cast<double>(r) - middle);
      col += w * (static_cast<double>(c) - middle);
    }
  if (!(sum > 0) || !std::isfinite(row) || !std::isfinite(col)) return;
  // A shift of both is a shift of the laboratory: exit waves only move in their frame.
  const std::int64_t down = -std::llround(row / sum), right = -std::llround(col / sum);
  if (down == 0 && right == 0) return;
  for (std::size_t k = 0; k < workspace->spec().probes(); ++k)
    workspace->set_probe(k, rolled(workspace->probe(k), down, right));
  for (std::size_t l = 0; l < workspace->spec().slices(); ++l)
    workspace->set_object(l, rolled(workspace->object(l), down, right));
}

void Reconstruction::State::tie_slices() {
  std::vector<Image<Complex>> slices;
  for (std::size_t l = 0; l < workspace->spec().slices(); ++l) slices.push_back(workspace->object(l));
  regularise_depth(slices, workspace->illumination(), options.slices.regularisation);
  for (std::size_t l = 0; l < slices.size(); ++l) workspace->set_object(l, slices[l]);
}

void Reconstruction::State::finish_epoch() {
  const double error = run.progress.finish_epoch(
      run.method->measures_on_the_way() ? run.progress.sums() : workspace->evaluate(slots()));
  const std::size_t epoch = run.progress.epoch();
  // What begins to move lets the error fall anew: a rest before is no end.
  if ((options.positions.refine && epoch == options.positions.start_epoch) ||
      (workspace->spec().has_weights() && epoch == options.variations.start_epoch))
    run.progress.begin_again();
  run.batches.set_shape(run.method->batch_shape(epoch));
  run.method->end_epoch(*workspace, run.progress.improving());
  tidy_probe();
  if (moves_positions()) hold_positions();
  if (options.object_limit > 0) workspace->clamp_object(options.object_limit);
  if (options.slices.regularisation > 0) tie_slices();
  if (options.probe_support > 0 && options.update_probe) support_probe();
  if (run.progress.due(options.centre_probe_every)) centre_probe();
  if (run.progress.due(options.rebalance_every)) rebalance();
  workspace->refresh_illumination(slots());
  judge(error);
}

}  // namespace ptero::ptycho
