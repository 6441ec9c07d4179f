#pragma once
// Kernel bodies on the detector. Fields hold the unscaled transform, n Psi; after a constraint they hold the
// spectrum of chi over n, so that the unscaled inverse gives chi. Reductions add to `sums`, one set an item.

#include "batch_view.hpp"

namespace ptero::ptycho::cuda {

/// One pixel of one pattern: measurement and model, in photons.
struct Reading {
  float a, power, weight;  ///< sqrt(I), |Psi|^2 of all modes, 0 where masked
};

struct DetectorView {
  BatchView batch;
  Cfloat* psi;
  float per_pixel;  ///< 1 / n^2

  PTERO_HD Reading read(std::uint32_t item, std::uint32_t pixel) const {
    float power = 0;
    for (std::uint32_t m = 0; m < batch.modes; ++m) power += norm(psi[batch.field(item, m) + pixel]);
    const std::uint16_t value = batch.items[item].amplitude[pixel];
    return {float(value) * batch.items[item].unit, power * per_pixel, value != 0xFFFF ? 1.0F : 0.0F};
  }
  PTERO_HD void scale(std::uint32_t item, std::uint32_t pixel, float factor) const {
    for (std::uint32_t m = 0; m < batch.modes; ++m) {
      Cfloat& value = psi[batch.field(item, m) + pixel];
      value = value * (factor * per_pixel);
    }
  }
};

/// residual, model, distance, amplitude.
PTERO_HD void add_errors(const Reading& at, float root, float* sums) {
  const float miss = at.weight * (at.a - root);
  sums[0] += miss * miss;
  sums[1] += at.weight * at.power;
  sums[2] += std::fabs(miss);
  sums[3] += at.weight * at.a;
}

/// Psi becomes -(1 - a / |Psi|) Psi, zero where masked [Ods18, eq. 18, gaussian]. Items: patterns.
struct ReplaceModulus {
  static constexpr int sums = 4;
  DetectorView detector;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    const Reading at = detector.read(item, pixel);
    // So that an empty pixel has a quotient.
    const float root = std::sqrt(at.power + 1e-18F);
    add_errors(at, root, sum);
    detector.scale(item, pixel, at.weight * (at.a - root) / root);
  }
};

/// [Ods18]'s guard of the quotient I / Ihat, in photons: an empty pixel with a photon in it must not rule.
constexpr float least_intensity = 1e-3F;

/// One fixed-point step of the Poisson length [Ods18, eq. 17]: sum xi (Ihat - I / (1 - length xi)) and
/// sum xi^2 Ihat. Items: patterns.
struct SearchPoisson {
  static constexpr int sums = 2;
  DetectorView detector;
  const float* lengths;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    const Reading at = detector.read(item, pixel);
    const float power = at.power + least_intensity, counts = at.a * at.a + least_intensity;
    const float xi = 1 - counts / power;
    sum[0] += at.weight * xi * (power - counts / (1 - lengths[item] * xi));
    sum[1] += at.weight * xi * xi * power;
  }
};

/// Half way to what the search found. Items: patterns; one pixel.
struct StepPoisson {
  const double* searched;
  float* lengths;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t) const {
    const double slope = searched[2 * std::size_t{item}], curvature = searched[2 * std::size_t{item} + 1];
    if (!(curvature > 0)) return;
    const double wanted = slope / curvature;
    const double within = wanted < 0 ? 0 : (wanted > 1 ? 1 : wanted);
    lengths[item] = float(0.5 * double(lengths[item]) + 0.5 * within);
  }
};

/// Psi becomes -length (1 - I / |Psi|^2) Psi [Ods18, eq. 18, Poisson]. Items: patterns.
struct ReplacePoisson {
  static constexpr int sums = 4;
  DetectorView detector;
  const float* lengths;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    const Reading at = detector.read(item, pixel);
    add_errors(at, std::sqrt(at.power), sum);
    const float quotient = (at.a * at.a + least_intensity) / (at.power + least_intensity);
    detector.scale(item, pixel, at.weight * lengths[item] * (quotient - 1));
  }
};

/// The errors alone, with the likelihood. Items: patterns.
struct ComparePatterns {
  static constexpr int sums = 5;
  DetectorView detector;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    const Reading at = detector.read(item, pixel);
    add_errors(at, std::sqrt(at.power), sum);
    const float counts = at.a * at.a, guarded = at.power + least_intensity;
    sum[4] += at.weight * (guarded - counts + counts * std::log((counts + 1e-12F) / guarded));
  }
};

}  // namespace ptero::ptycho::cuda
