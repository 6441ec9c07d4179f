#pragma once
// Kernel bodies from the batch's sums to directions, step equations and the update; and those of the arrays
// that stay: object, probe, illumination map.

#include "batch_view.hpp"

namespace ptero::ptycho::cuda {

/// What divides G: dO = G / strength.
struct Strength {
  const float* illumination;  ///< W; null: the batch's own light, rPIE
  const float* most;          ///< the largest W, or light: one value
  float share;                ///< the regularisation

  PTERO_HD float operator()(std::size_t at, float light) const {
    // A map without light leaves the directions finite.
    const float wanted = share * *most, floor = wanted > 1e-12F ? wanted : 1e-12F;
    if (illumination == nullptr) return (1 - share) * light + floor;
    return std::sqrt(illumination[at] * illumination[at] + floor * floor);  // [Ods18, eq. 24]
  }
};

/// dP = sum x scale, the sum goes back to zero. One item.
struct TakeProbeSum {
  Cfloat* sum;
  float scale;
  Cfloat* direction;
  Cfloat* copy;  ///< of its spectrum; may be null

  PTERO_HD void operator()(std::uint32_t, std::uint32_t pixel) const {
    const Cfloat value = sum[pixel] * scale;
    sum[pixel] = {0, 0};
    direction[pixel] = value;
    if (copy != nullptr) copy[pixel] = value;
  }
};

/// A share of the step equation: uu, vv, uv, u_chi, v_chi with u = dO . before and, at the first slice,
/// v = dP . R O. Items: patterns x slices.
struct MultiplyDirections {
  static constexpr int sums = 5;
  BatchView batch;
  std::uint32_t slices;
  std::size_t plane;  ///< pixels of an object plane
  Strength strength;
  const Cfloat* gradient;
  const float* light;
  const Cfloat* object;
  const Cfloat* chi;     ///< [slice][pattern][mode], each of `slice_stride`
  const Cfloat* before;  ///< the same; its first slice is not used where patterns share the probe
  std::size_t slice_stride;
  BeforeView first_before;     ///< before the first slice
  BeforeView probe_direction;  ///< of each pattern, or shared

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel, float* sum) const {
    const std::uint32_t item = index / slices, slice = index - item * slices;
    const std::size_t in_plane = batch.object_at(item, pixel), at = slice * plane + in_plane;
    const Cfloat d_o = gradient[at] * (1 / strength(in_plane, light[at]));
    for (std::uint32_t m = 0; m < batch.modes; ++m) {
      const std::size_t field = slice * slice_stride + batch.field(item, m) + pixel;
      const Cfloat p = slice == 0 ? first_before.of(batch, item, m)[pixel] : before[field];
      const Cfloat u = d_o * p, c = chi[field];
      sum[0] += norm(u);
      sum[3] += inner(u, c);
      if (slice > 0) continue;
      const Cfloat v = probe_direction.of(batch, item, m)[pixel] * object[in_plane];
      sum[1] += norm(v);
      sum[2] += inner(u, v);
      sum[4] += inner(v, c);
    }
  }
};

/// O += min(step, strength / light) dO: no pixel goes further than the batch's own patterns ask for. The sums
/// go back to zero. One item; `first` is the first pixel of the part with a gradient.
struct StepObject {
  Strength strength;
  std::size_t first;
  float step;
  Cfloat* gradient;
  float* light;
  Cfloat* object;

  PTERO_HD void operator()(std::uint32_t, std::uint32_t pixel) const {
    const std::size_t at = first + pixel;
    if (step != 0) {
      const float s = strength(at, light[at]);
      const float factor = step * light[at] > s ? s / light[at] : step;
      object[at] = object[at] + gradient[at] * (factor / s);
    }
    gradient[at] = {0, 0};
    light[at] = 0;
  }
};

/// a += factor b. One item.
struct AddScaled {
  Cfloat* a;
  const Cfloat* b;
  float factor;

  PTERO_HD void operator()(std::uint32_t, std::uint32_t pixel) const {
    a[pixel] = a[pixel] + b[pixel] * factor;
  }
};

/// a *= factor. One item.
template <class T>
struct Scale {
  T* a;
  float factor;

  PTERO_HD void operator()(std::uint32_t, std::uint32_t pixel) const { a[pixel] = a[pixel] * factor; }
};

/// |a| <= limit, phases kept. One item.
struct Clamp {
  Cfloat* a;
  float limit;

  PTERO_HD void operator()(std::uint32_t, std::uint32_t pixel) const {
    const float size = norm(a[pixel]);
    if (size > limit * limit) a[pixel] = a[pixel] * (limit / std::sqrt(size));
  }
};

/// sum_m |P_m|^2. One item.
struct SumIntensity {
  const Cfloat* probe;
  std::uint32_t modes, size;
  float* out;

  PTERO_HD void operator()(std::uint32_t, std::uint32_t pixel) const {
    float sum = 0;
    for (std::uint32_t m = 0; m < modes; ++m) sum += norm(probe[std::size_t{m} * size + pixel]);
    out[pixel] = sum;
  }
};

/// sum |P|^2 of an array. Items: arrays.
struct SumPower {
  static constexpr int sums = 1;
  const Cfloat* probes;
  std::uint32_t size;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    sum[0] += norm(probes[std::size_t{item} * size + pixel]);
  }
};

/// W += R^T sum_m |P_m|^2. Items: patterns.
struct Illuminate {
  BatchView batch;
  const float* probe_intensity;
  float* illumination;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel) const {
    add_shared(illumination + batch.object_at(item, pixel), probe_intensity[pixel]);
  }
};

}  // namespace ptero::ptycho::cuda
