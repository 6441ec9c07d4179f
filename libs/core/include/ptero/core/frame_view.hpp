#pragma once

#include <array>
#include <ptero/core/dtype.hpp>
#include <ptero/core/image.hpp>

namespace ptero {

/// What everybody who looks at the pixels of a series does to each frame after decoding it, in this order:
/// transpose, flip, crop, bin. The archive keeps frames as they were received.
struct FrameView {
  bool transpose = false;
  bool flip_rows = false;  ///< upside down
  bool flip_cols = false;
  std::size_t row0 = 0;  ///< first pixel of the crop, in the turned frame
  std::size_t col0 = 0;
  Shape crop;           ///< 0 x 0: the whole frame
  std::size_t bin = 1;  ///< sums bin x bin pixels, of integers into u32

  friend bool operator==(const FrameView&, const FrameView&) = default;
  bool is_identity() const { return *this == FrameView{}; }
  /// The crop lies inside frames of `received`, and bin divides both its sides.
  bool fits(Shape received) const;

  Shape turned(Shape received) const;  ///< after transpose and flips
  Shape cropped(Shape received) const;
  Shape shape(Shape received) const;  ///< after everything
  Dtype dtype(Dtype received) const;

  /// Row and column in the received frame of a point of the turned one, and back; pixels, may be fractions.
  std::array<double, 2> received_from_turned(Shape received, std::array<double, 2> at) const;
  std::array<double, 2> turned_from_received(Shape received, std::array<double, 2> at) const;
};

}  // namespace ptero
