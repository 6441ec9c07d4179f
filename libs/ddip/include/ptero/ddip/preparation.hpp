#pragma once

#include <complex>
#include <ptero/core/image.hpp>
#include <span>
#include <vector>

namespace ptero::ddip {

using Slices = std::vector<Image<float>>;

/// The phase of a slice in radians with its linear ramp and mean removed, unwrapped along the ramp only: what
/// is taken away is found from the field itself, so that wraps do no harm. `lit`: which pixels count; empty:
/// all.
Image<float> phase_without_ramp(const Image<std::complex<float>>& object, const Image<float>& lit = {});

/// The largest rectangle about the centre of mass of what is lit by at least `share` of the brightest pixel
/// that holds only such pixels, found by shrinking; where full illumination ends.
struct Window {
  std::size_t top = 0, left = 0;
  Shape shape;
};
Window fully_lit(const Image<float>& coverage, double share = 0.1);

/// Slices as the networks want them: brought to [0, 1] by the smallest and largest value of all of them
/// together [Du21, the authors' code], and continued by reflection to sides that are multiples of 8 and at
/// least 72.
struct Prepared {
  std::vector<Image<float>> images;
  Shape shape;                    ///< of the slices as given
  std::size_t top = 0, left = 0;  ///< where they lie in the images
  double low = 0, high = 1;
};
/// Throws InputError in one sentence: fewer than two slices, shapes that differ, sides under 32, a value that
/// is not finite, a slice without contrast.
Prepared prepare(std::span<const Image<float>> slices);

/// Cuts an image of the prepared shape back and undoes the scale.
Image<float> restored(const Prepared& prepared, std::span<const float> image);

/// factor y + offset nearest to `reference` (least squares): what a separation leaves free in a slice.
struct AffineFit {
  double factor = 1, offset = 0;
};
AffineFit fit_affine(std::span<const float> image, std::span<const float> reference);

/// The separated slice as a complex object: its phase scaled by `fit_affine` to the slice it came from, the
/// modulus and whatever lies outside `window` those of the object given.
Image<std::complex<float>> with_phase(const Image<std::complex<float>>& object, const Window& window,
                                      const Image<float>& phase);

}  // namespace ptero::ddip
