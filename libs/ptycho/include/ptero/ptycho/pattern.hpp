#pragma once

#include <cstdint>
#include <ptero/core/bytes.hpp>
#include <ptero/core/dtype.hpp>
#include <ptero/core/image.hpp>
#include <ptero/core/result.hpp>
#include <ptero/ptycho/forward_model.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace ptero::ptycho {

/// A pattern as the workspaces keep it: square roots of counts, n x n; in the far field zero frequency is at
/// [0, 0], in the near field pixels lie as on the detector.
/// 16 bits with a unit of its own per pattern halve the memory of floats; the rounding stays below a
/// hundredth of the shot noise up to 4e7 counts in a pixel.
struct Pattern {
  static constexpr std::uint16_t masked = 0xFFFF;  ///< no measurement: weight 0
  static constexpr std::uint16_t brightest = 0xFFFE;

  std::vector<std::uint16_t> amplitude;  ///< n x n values; sqrt(I) = value x unit
  float unit = 1;
  double counts = 0;  ///< sum of I over valid pixels
};

/// How patterns are cut from detector frames. Frames are transposed or rotated before this.
struct IntakeOptions {
  std::size_t n = 0;  ///< side of the patch, even
  double centre_row =
      0;  ///< zero frequency on the detector (near field: the patch's middle), pixels; rounded
  double centre_col = 0;
  std::vector<std::uint8_t> mask;  ///< of the whole frame, 0 = good; empty = every pixel is good
  double min_counts = 1;           ///< patterns below are refused
  double saturation = 0;           ///< pixels with this many counts or more measure nothing; 0 = off
  Regime regime = Regime::far_field;
};

/// Why a frame gives no pattern, or cannot join a reconstruction.
enum class IntakeFault : std::uint8_t {
  wrong_shape,   ///< another shape or type than the first frame, or pixels and shape disagree
  no_counts,     ///< fewer counts than min_counts in valid pixels
  bad_position,  ///< not finite, or so far away that the object would exceed its limit
  duplicate_id,  ///< a frame with this id is already in
};
std::string_view name_of(IntakeFault fault);

/// A frame's decoded pixels, C order, little endian; they need not be aligned.
struct PixelView {
  std::span<const std::byte> bytes;
  Shape shape;
  Dtype dtype = Dtype::u16;
};

/// Crop n x n around the centre so that it lands on [n/2, n/2], take square roots and, in the far field, move
/// zero frequency to [0, 0]. Excluded are masked and saturated pixels, flag values (in 32 bits those of 16,
/// too), non-finite pixels, and what lies off the detector. Floats below zero are noise about a dark that was
/// subtracted: what is missing to zero is taken from the pixels that follow, so that the pattern's counts are
/// those of the frame; where all of them are -1 or -2 they are marks of gaps and are excluded.
Result<Pattern, IntakeFault> make_pattern(const PixelView& pixels, const IntakeOptions& options);

/// From amplitudes, n x n, as they are kept; negative or non-finite values are masked.
Result<Pattern, IntakeFault> make_pattern(const Image<float>& amplitude, double min_counts = 1);

/// sqrt(I), masked pixels as -1.
Image<float> amplitudes(const Pattern& pattern, std::size_t n);

}  // namespace ptero::ptycho
