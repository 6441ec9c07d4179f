#pragma once

#include <cstdint>
#include <ptero/core/image.hpp>
#include <ptero/ddip/preparation.hpp>
#include <span>

namespace ptero::ddip {

/// Two slices with known truth and made cross-talk, for tests and the benchmark: gold-like particles above an
/// oxide. The oxide shows in slice 1 blurred, the particles in slice 2 as edges, as in [Du21, fig. 3a].
struct Blend {
  Slices truth;
  Slices mixed;
};
struct BlendOptions {
  Shape shape{272, 272};
  double particle_px = 1800;  ///< area of the image for each particle, pixels
  /// Mean area of the crystals that the oxide consists of, pixels; their boundaries are as sharp as the
  /// particles' edges. 0: one grain of soft texture.
  double crystal_px = 0;
  double blurred = 0.25;     ///< share of slice 2, blurred, in slice 1
  double edges = 0.9;        ///< share of slice 1's edges in slice 2
  double whole = 0;          ///< share of slice 1 itself in slice 2: slices within the depth of field
  double noise = 0.005;      ///< standard deviation, of a particle's phase
  double shift_px = 0;       ///< the sample moved along columns
  std::uint64_t sample = 1;  ///< seed of the sample
  std::uint64_t seed = 1;    ///< seed of the noise
};
Blend make_blend(const BlendOptions& options);

/// Peak signal to noise of `image` against `truth` in dB after an affine fit; the peak is the truth's range.
double psnr(std::span<const float> image, std::span<const float> truth);

/// Pearson's correlation of the moduli of the forward-difference gradients: how much of one slice's structure
/// shows in the other.
double gradient_correlation(const Image<float>& a, const Image<float>& b);
/// Pearson's correlation of the values.
double correlation(std::span<const float> a, std::span<const float> b);

}  // namespace ptero::ddip
