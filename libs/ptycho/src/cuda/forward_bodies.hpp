#pragma once
// Kernel bodies from probe and object to the detector: what one thread does for one pixel of one item.

#include "batch_view.hpp"

namespace ptero::ptycho::cuda {

/// exp(-2 pi i f d) for the frequencies of an even FFT. Items: patterns; pixels: rows, then columns.
struct FillRamps {
  BatchView batch;
  Cfloat* ramps;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t index) const {
    const std::uint32_t n = batch.n;
    const bool is_col = index >= n;
    const std::uint32_t k = is_col ? index - n : index;
    const double frequency = (double(k) - (k < n / 2 ? 0.0 : double(n))) / double(n);
    const double shift = double(is_col ? batch.items[item].sub_col : batch.items[item].sub_row);
    const double angle = -2 * 3.14159265358979323846 * frequency * shift;
    ramps[std::size_t{item} * 2 * n + index] = {float(std::cos(angle)), float(std::sin(angle))};
  }
};

/// A pattern's own probes, v_0 P_m and for the main mode + sum v_k U_k; with ramps they are spectra, shifted.
/// Items: patterns x modes.
struct FormProbes {
  BatchView batch;
  const Cfloat* source;  ///< modes, then `terms` variations
  std::uint32_t terms;
  Cfloat* out;

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel) const {
    const std::uint32_t item = index / batch.modes, mode = index - item * batch.modes;
    const std::size_t size = batch.pixels();
    Cfloat sum = source[mode * size + pixel] * batch.weight(item, 0);
    for (std::uint32_t k = 1; mode == 0 && k <= terms; ++k)
      sum = sum + source[(batch.modes + k - 1) * size + pixel] * batch.weight(item, k);
    if (batch.ramps != nullptr) sum = sum * batch.ramp(item, pixel);
    out[index * size + pixel] = sum;
  }
};

/// The wave behind a slice, before . R O. Items: patterns x modes.
struct PassSlice {
  BatchView batch;
  BeforeView before;
  const Cfloat* object;
  Cfloat* out;

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel) const {
    const std::uint32_t item = index / batch.modes, mode = index - item * batch.modes;
    out[std::size_t{index} * batch.pixels() + pixel] =
        before.of(batch, item, mode)[pixel] * object[batch.object_at(item, pixel)];
  }
};

/// field *= factor, or its conjugate. Items: fields.
struct MultiplyFields {
  const Cfloat* factor;
  float sign;  ///< 1, or -1 for the conjugate
  std::uint32_t size;
  Cfloat* fields;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel) const {
    Cfloat& value = fields[std::size_t{item} * size + pixel];
    const Cfloat f = factor[pixel];
    value = value * Cfloat{f.re, sign * f.im};
  }
};

/// The difference map's 2 P O - psi, with psi = P O where the pattern has none yet. Items: patterns.
struct ReflectWaves {
  BatchView batch;
  BeforeView before;
  const Cfloat* object;
  Cfloat* out;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel) const {
    const Cfloat exit = before.of(batch, item, 0)[pixel] * object[batch.object_at(item, pixel)];
    Cfloat* wave = batch.items[item].wave;
    if (batch.items[item].has_wave == 0) wave[pixel] = exit;
    out[batch.field(item, 0) + pixel] = exit + exit - wave[pixel];
  }
};

/// chi *= b and psi = P O + chi. Items: patterns.
struct KeepWaves {
  BatchView batch;
  BeforeView before;
  const Cfloat* object;
  float relaxation;
  Cfloat* chi;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel) const {
    Cfloat& c = chi[batch.field(item, 0) + pixel];
    c = c * relaxation;
    batch.items[item].wave[pixel] =
        before.of(batch, item, 0)[pixel] * object[batch.object_at(item, pixel)] + c;
  }
};

}  // namespace ptero::ptycho::cuda
