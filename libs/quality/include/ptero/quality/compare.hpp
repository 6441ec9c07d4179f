#pragma once
// quality: how alike two reconstructed objects are, after what ptychography cannot know has been removed.
// Thread promise: free functions without state, callable from anywhere.

#include <complex>
#include <cstdint>
#include <optional>
#include <ptero/core/image.hpp>
#include <vector>

namespace ptero::quality {

using Complex = std::complex<float>;
/// 0 = ignore; the same shape as the images compared.
using Mask = Image<std::uint8_t>;

/// Rows top .. top + shape.rows, columns left .. left + shape.cols.
struct Box {
  std::size_t top = 0, left = 0;
  Shape shape;
};
/// The smallest box around what the mask holds; empty when it holds nothing.
Box box_of(const Mask& mask);

enum class Shift : std::uint8_t { none, pixel, subpixel };

/// What `align` took out of an object to bring it onto a reference.
struct Alignment {
  double shift_rows = 0;  ///< pixels by which the object was moved
  double shift_cols = 0;
  double ramp_rows = 0;  ///< cycles per pixel removed from its phase
  double ramp_cols = 0;
  std::complex<double> factor = 1;  ///< by which it was multiplied: scale and constant phase
};

struct Aligned {
  Image<Complex> image;
  Alignment alignment;
};

/// Moves `image` onto `reference` and removes constant phase, linear phase ramp and scale, all judged inside
/// the mask. Works on the complex field, so phase wraps do no harm. Both have the mask's shape, at least 8
/// x 8. The ramp may reach half a cycle per pixel; the shift a quarter of the image.
Aligned align(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask,
              Shift shift = Shift::subpixel);

/// Phase in radians, (-pi, pi].
Image<float> phase(const Image<Complex>& image);
Image<float> modulus(const Image<Complex>& image);

/// Structural similarity [Wang04] of `image` to `reference`, Gaussian window of sigma 1.5 pixels, averaged
/// inside the mask; L = range of the reference inside it. Windows see only pixels inside the mask. 0 for an
/// empty mask.
double ssim(const Image<float>& image, const Image<float>& reference, const Mask& mask);

/// RMS of the phase difference (wrapped) inside the mask, radians.
double phase_rms(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask);

/// A Fourier ring correlation [Heel05].
struct RingCorrelation {
  std::vector<double> frequency;  ///< of the rings, cycles per pixel, 0 to 0.5
  std::vector<double> correlation;
  std::vector<double> half_bit;  ///< thresholds of the rings
  std::vector<double> one_bit;
  /// The first frequency, cycles per pixel, at which the correlation falls below the threshold; absent when
  /// it never does. 0 where already the first ring is below it: the images have nothing in common.
  std::optional<double> half_bit_crossing;
  std::optional<double> one_bit_crossing;
};

/// Of two aligned images, inside the largest square (side >= 8) that fits the mask's bounding box, centred on
/// it, under a Tukey window whose flanks take up `taper` of the side.
RingCorrelation ring_correlation(const Image<Complex>& a, const Image<Complex>& b, const Mask& mask,
                                 double taper = 0.5);

/// Half a period of a crossing of `frc`, metres; the pixel where the curves never cross. Nothing where there
/// are no rings (the common area is smaller than 8 pixels), where not even the first is above the threshold,
/// and for pixel_m = 0.
std::optional<double> resolution_m(const RingCorrelation& frc, const std::optional<double>& crossing,
                                   double pixel_m);

struct Comparison {
  Alignment alignment;
  double ssim_phase = 0;
  double ssim_modulus = 0;
  double phase_rms = 0;     ///< radians
  double object_error = 0;  ///< ||a - b|| / ||b|| inside the mask
  RingCorrelation frc;
  std::optional<double> resolution_half_bit_m;  ///< see resolution_m
  std::optional<double> resolution_one_bit_m;
};

/// Aligns `image` to `reference` and returns every number. pixel_m: 0 when it is not known.
Comparison compare(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask,
                   double pixel_m, Shift shift = Shift::subpixel);

}  // namespace ptero::quality
