#include "variations.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "probe_modes.hpp"

namespace ptero::ptycho {

std::vector<double> typical_norms(std::span<const PatternEquation> equations) {
  std::vector<double> typical(equations.empty() ? 0 : equations[0].weight_norm.size());
  for (const PatternEquation& e : equations)
    for (std::size_t k = 0; k < typical.size(); ++k)
      typical[k] += e.weight_norm[k] / static_cast<double>(equations.size());
  return typical;
}

std::vector<float> moved_weights(std::span<const float> weights, const PatternEquation& equation,
                                 std::span<const double> typical, const VariationOptions& options) {
  std::vector<float> moved(weights.begin(), weights.end());
  for (std::size_t k = 0; k < moved.size(); ++k) {
    if (k == 0 && !options.intensity) continue;
    const double gain = k == 0 ? options.intensity_gain : options.gain;
    const double step = gain * equation.weight_chi[k] / (equation.weight_norm[k] + 0.1 * typical[k]);
    if (std::isfinite(step)) moved[k] += static_cast<float>(step);
  }
  // A pattern without light would never come back.
  moved[0] = std::clamp(moved[0], 0.1F, 10.0F);
  return moved;
}

namespace {
void scale(Image<Complex>& image, double factor) {
  for (Complex& p : image.pixels()) p *= static_cast<float>(factor);
}

// The part of u along p is taken out of u; returns its factor.
std::complex<double> take_out(Image<Complex>& u, const Image<Complex>& p) {
  const double power = inner_product(p, p).real();
  const std::complex<double> factor = power > 0 ? inner_product(p, u) / power : 0.0;
  const Complex f(factor);
  for (std::size_t i = 0; i < u.size(); ++i) u.data()[i] -= f * p.data()[i];
  return factor;
}

void cut_weights(std::span<std::vector<float>> weights, std::size_t k, double times) {
  std::vector<float> sizes;
  for (const auto& v : weights) sizes.push_back(std::abs(v[k]));
  const auto at = static_cast<std::ptrdiff_t>(0.95 * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), sizes.begin() + at, sizes.end());
  const auto limit = static_cast<float>(times) * sizes[static_cast<std::size_t>(at)];
  for (auto& v : weights) v[k] = std::clamp(v[k], -limit, limit);
}

double mean_square(std::span<const std::vector<float>> weights, std::size_t k) {
  double sum = 0;
  for (const auto& v : weights) sum += double{v[k]} * double{v[k]};
  return sum / static_cast<double>(weights.size());
}

// Gives U_k the main mode's power and no share of the main mode or of those before it.
void normalise(std::vector<Image<Complex>>& probes, std::size_t modes, std::size_t k,
               std::span<std::vector<float>> weights) {
  Image<Complex>& u = probes[modes + k - 1];
  // Only the real share of the main mode can be taken over by a real v_0.
  const double main_share = take_out(u, probes[0]).real();
  for (auto& v : weights) v[0] += static_cast<float>(main_share) * v[k];
  for (std::size_t j = 1; j < k; ++j) {
    const double share = take_out(u, probes[modes + j - 1]).real();
    for (auto& v : weights) v[j] += static_cast<float>(share) * v[k];
  }
  const double power = inner_product(u, u).real(), wanted = inner_product(probes[0], probes[0]).real();
  if (!(power > 0) || !(wanted > 0) || !std::isfinite(power)) return;
  const double length = std::sqrt(power / wanted);
  scale(u, 1 / length);
  for (auto& v : weights) v[k] *= static_cast<float>(length);
}
}  // namespace

void tidy_variations(std::vector<Image<Complex>>& probes, std::size_t modes,
                     std::span<std::vector<float>> weights, const VariationOptions& options) {
  if (weights.empty()) return;
  for (std::size_t k = 1; k <= options.count; ++k) normalise(probes, modes, k, weights);

  std::vector<std::size_t> order(options.count);
  std::iota(order.begin(), order.end(), 1);
  std::vector<double> energy(options.count + 1);
  for (std::size_t k = 1; k <= options.count; ++k) energy[k] = mean_square(weights, k);
  std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return energy[i] > energy[j]; });
  const std::vector<Image<Complex>> old = probes;
  for (std::size_t k = 1; k <= options.count; ++k) probes[modes + k - 1] = old[modes + order[k - 1] - 1];
  for (auto& v : weights) {
    const std::vector<float> before = v;
    for (std::size_t k = 1; k <= options.count; ++k) v[k] = before[order[k - 1]];
  }
  for (std::size_t k = 1; k <= options.count; ++k) cut_weights(weights, k, options.limit);

  double light = 0;
  for (const auto& v : weights) light += double{v[0]} / static_cast<double>(weights.size());
  if (!(light > 0)) return;
  for (Image<Complex>& probe : probes) scale(probe, light);
  for (auto& v : weights)
    for (float& w : v) w /= static_cast<float>(light);
  if (!options.intensity)
    for (auto& v : weights) v[0] = 1;
}

void smooth_weights(std::span<const FrameId> ids, std::span<std::vector<float>> weights,
                    const VariationOptions& options) {
  PTERO_EXPECT(ids.size() == weights.size());
  if (options.smooth_frames == 0) return;
  const auto reach = static_cast<double>(options.smooth_frames);
  const std::vector<std::vector<float>> before(weights.begin(), weights.end());
  std::size_t begin = 0, end = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    while (ids[i] - ids[begin] >= options.smooth_frames) ++begin;
    while (end < ids.size() && (ids[end] <= ids[i] || ids[end] - ids[i] < options.smooth_frames)) ++end;
    for (std::size_t k = options.intensity ? 0 : 1; k < weights[i].size(); ++k) {
      // A weighted straight line, at its place of ids[i].
      double w = 0, wt = 0, wtt = 0, wv = 0, wtv = 0;
      for (std::size_t j = begin; j < end; ++j) {
        const double t = static_cast<double>(ids[j]) - static_cast<double>(ids[i]);
        const double share = 1 - std::abs(t) / reach, v = double{before[j][k]};
        w += share;
        wt += share * t;
        wtt += share * t * t;
        wv += share * v;
        wtv += share * t * v;
      }
      const double determinant = w * wtt - wt * wt;
      weights[i][k] =
          static_cast<float>(determinant > 1e-9 * w * w ? (wtt * wv - wt * wtv) / determinant : wv / w);
    }
  }
}

}  // namespace ptero::ptycho
