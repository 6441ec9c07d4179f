#pragma once

#include "cfloat.hpp"

namespace ptero::ptycho::cuda {

/// One pattern of a batch, as kernels see it.
struct Item {
  const std::uint16_t* amplitude;  ///< n x n, sqrt(I) = value x unit
  Cfloat* wave;                    ///< difference map: the pattern's own wave, n x n
  std::uint64_t corner;            ///< of its patch in an object plane
  float unit;
  float sub_row, sub_col;
  std::uint32_t has_wave;  ///< 0: `wave` is not set yet
};

/// Some patterns and how their fields lie in memory. A field is n x n; the fields of a pattern's modes follow
/// one another: field = item M + m.
struct BatchView {
  const Item* items;
  const float* weights;  ///< v_k of an item at [item (1 + K) + k]; null: v_0 = 1
  const Cfloat* ramps;   ///< T_d: rows at [item 2 n], columns at [item 2 n + n]; null: whole pixels
  std::uint32_t count, n, modes, variations, object_cols;

  PTERO_HD std::uint32_t pixels() const { return n * n; }
  PTERO_HD float weight(std::uint32_t item, std::uint32_t k) const {
    return weights != nullptr ? weights[std::size_t{item} * (1 + variations) + k] : (k == 0 ? 1.0F : 0.0F);
  }
  PTERO_HD std::size_t field(std::uint32_t item, std::uint32_t mode) const {
    return (std::size_t{item} * modes + mode) * pixels();
  }
  /// Where the pixel of a patch lies in an object plane.
  PTERO_HD std::size_t object_at(std::uint32_t item, std::uint32_t pixel) const {
    const std::uint32_t row = pixel / n;
    return items[item].corner + std::size_t{row} * object_cols + (pixel - row * n);
  }
  /// exp(-2 pi i f.d) at a frequency.
  PTERO_HD Cfloat ramp(std::uint32_t item, std::uint32_t pixel) const {
    const Cfloat* own = ramps + std::size_t{item} * 2 * n;
    const std::uint32_t row = pixel / n;
    return own[row] * own[n + pixel - row * n];
  }
};

/// Waves before a slice: a field for each pattern and mode, or before the first slice the probe itself where
/// patterns share it.
struct BeforeView {
  const Cfloat* fields;
  bool shared;

  PTERO_HD const Cfloat* of(const BatchView& batch, std::uint32_t item, std::uint32_t mode) const {
    return fields + (shared ? std::size_t{mode} * batch.pixels() : batch.field(item, mode));
  }
};

}  // namespace ptero::ptycho::cuda
