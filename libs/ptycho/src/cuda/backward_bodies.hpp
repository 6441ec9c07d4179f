#pragma once
// Kernel bodies from the detector back: what each pattern adds to the batch's sums.

#include "batch_view.hpp"

namespace ptero::ptycho::cuda {

/// Patterns one thread takes one after another, adding to the probe's sums once.
constexpr std::uint32_t group_size = 8;
inline std::size_t groups_of(std::size_t patterns) {
  return (patterns + group_size - 1) / group_size;
}

/// The sums of one object plane, and the light a pattern adds to it.
struct PlaneSums {
  Cfloat* gradient;              ///< G_l
  float* light;                  ///< L_l
  const float* probe_intensity;  ///< what every pattern adds; null: sum_m |wave before the slice|^2

  PTERO_HD void add(std::size_t at, Cfloat chi, Cfloat before, std::uint32_t mode,
                    std::uint32_t pixel) const {
    add_shared(gradient + at, chi * conj(before));
    if (probe_intensity == nullptr)
      add_shared(light + at, norm(before));
    else if (mode == 0)
      add_shared(light + at, probe_intensity[pixel]);
  }
};

/// chi and the waves before a slice of some patterns, kept. Items: kept patterns x modes.
struct KeepSamples {
  BatchView batch;
  BeforeView before;
  const Cfloat* chi;
  const std::uint32_t* sources;  ///< which item of the batch
  Cfloat* kept_chi;
  Cfloat* kept_before;  ///< null where patterns share the probe

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel) const {
    const std::uint32_t kept = index / batch.modes, mode = index - kept * batch.modes;
    const std::size_t from = batch.field(sources[kept], mode) + pixel;
    const std::size_t to = std::size_t{index} * batch.pixels() + pixel;
    kept_chi[to] = chi[from];
    if (kept_before != nullptr) kept_before[to] = before.fields[from];
  }
};

/// G += chi conj(P), and the probe's sum += chi conj(R O), where patterns share the probe. Items: groups x
/// modes.
struct ScatterShared {
  BatchView batch;
  PlaneSums plane;
  const Cfloat* probe;
  const Cfloat* object;
  const Cfloat* chi;
  Cfloat* probe_sum;

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel) const {
    const std::uint32_t group = index / batch.modes, mode = index - group * batch.modes;
    const std::uint32_t first = group * group_size;
    const std::uint32_t last = first + group_size < batch.count ? first + group_size : batch.count;
    const std::size_t here = std::size_t{mode} * batch.pixels() + pixel;
    const Cfloat p = probe[here];
    Cfloat sum{0, 0};
    for (std::uint32_t item = first; item < last; ++item) {
      const Cfloat c = chi[batch.field(item, mode) + pixel];
      const std::size_t at = batch.object_at(item, pixel);
      plane.add(at, c, p, mode, pixel);
      sum = sum + c * conj(object[at]);
    }
    add_shared(probe_sum + here, sum);
  }
};

/// G += chi conj(before), and chi becomes chi conj(R O): what goes on to the slice before, or to the probe.
/// Items: patterns x modes.
struct ScatterApart {
  BatchView batch;
  PlaneSums plane;
  BeforeView before;
  const Cfloat* object;
  Cfloat* chi;

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel) const {
    const std::uint32_t item = index / batch.modes, mode = index - item * batch.modes;
    Cfloat& c = chi[std::size_t{index} * batch.pixels() + pixel];
    const std::size_t at = batch.object_at(item, pixel);
    plane.add(at, c, before.of(batch, item, mode)[pixel], mode, pixel);
    c = c * conj(object[at]);
  }
};

/// The sums of modes and variations, v T_-d(chi conj(R O)); with ramps they are spectra. Items: groups x
/// (modes + variations).
struct SumProbes {
  BatchView batch;
  const Cfloat* back;
  Cfloat* probe_sum;

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel) const {
    const std::uint32_t probes = batch.modes + batch.variations;
    const std::uint32_t group = index / probes, which = index - group * probes;
    const std::uint32_t mode = which < batch.modes ? which : 0;
    const std::uint32_t k = which < batch.modes ? 0 : which - batch.modes + 1;
    const std::uint32_t first = group * group_size;
    const std::uint32_t last = first + group_size < batch.count ? first + group_size : batch.count;
    Cfloat sum{0, 0};
    for (std::uint32_t item = first; item < last; ++item) {
      Cfloat value = back[batch.field(item, mode) + pixel] * batch.weight(item, k);
      if (batch.ramps != nullptr) value = value * conj(batch.ramp(item, pixel));
      sum = sum + value;
    }
    add_shared(probe_sum + std::size_t{which} * batch.pixels() + pixel, sum);
  }
};

/// The position equation: -dP/dr . R O with fourth-order differences, two pixels off the border, with chi
/// and with itself; row, then column. Items: patterns.
struct DifferPositions {
  static constexpr int sums = 4;
  BatchView batch;
  BeforeView before;
  const Cfloat* object;
  const Cfloat* chi;

  PTERO_HD static Cfloat slope(const Cfloat* p, std::ptrdiff_t step) {
    return ((p[-step] - p[step]) * 8.0F + p[2 * step] - p[-2 * step]) * (1.0F / 12);
  }
  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    const std::uint32_t n = batch.n, row = pixel / n, col = pixel - row * n;
    if (row < 2 || row + 2 >= n || col < 2 || col + 2 >= n) return;
    const Cfloat o = object[batch.object_at(item, pixel)];
    for (std::uint32_t m = 0; m < batch.modes; ++m) {
      const Cfloat* p = before.of(batch, item, m) + pixel;
      const Cfloat c = chi[batch.field(item, m) + pixel];
      const Cfloat down = slope(p, std::ptrdiff_t(n)) * o, right = slope(p, 1) * o;
      sum[0] += inner(down, c);
      sum[1] += norm(down);
      sum[2] += inner(right, c);
      sum[3] += norm(right);
    }
  }
};

/// sum_m Re<P_m of the pattern, back_m>. Items: patterns.
struct MeetProbes {
  static constexpr int sums = 1;
  BatchView batch;
  BeforeView before;
  const Cfloat* back;

  PTERO_HD void operator()(std::uint32_t item, std::uint32_t pixel, float* sum) const {
    for (std::uint32_t m = 0; m < batch.modes; ++m)
      sum[0] += inner(before.of(batch, item, m)[pixel], back[batch.field(item, m) + pixel]);
  }
};

/// Re<T_d U_k, back_0>; with ramps from spectra. Items: patterns x variations.
struct MeetVariations {
  static constexpr int sums = 1;
  BatchView batch;
  const Cfloat* variations;
  const Cfloat* back;

  PTERO_HD void operator()(std::uint32_t index, std::uint32_t pixel, float* sum) const {
    const std::uint32_t item = index / batch.variations, k = index - item * batch.variations;
    Cfloat u = variations[std::size_t{k} * batch.pixels() + pixel];
    if (batch.ramps != nullptr) u = u * batch.ramp(item, pixel);
    sum[0] += inner(u, back[batch.field(item, 0) + pixel]);
  }
};

}  // namespace ptero::ptycho::cuda
