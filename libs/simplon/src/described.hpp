#pragma once

#include <ptero/core/series.hpp>

namespace ptero::simplon {

/// What both headers tell of a series, in the units DECTRIS uses.
struct Described {
  explicit Described(const SeriesInfo& info)
      : wavelength_angstrom(info.wavelength_m * 1e10),
        energy_ev(info.wavelength_m > 0 ? hc_ev_m / info.wavelength_m : 0),
        beam_center_x(info.centre_col.value_or(0)),
        beam_center_y(info.centre_row.value_or(0)),
        images(info.n_expected.value_or(0)),
        bit_depth(8 * size_of(info.dtype)) {}

  double wavelength_angstrom;
  double energy_ev;
  double beam_center_x;
  double beam_center_y;
  std::uint64_t images;
  std::uint64_t bit_depth;
};

/// A pixel mask as detectors send it: bit 0 of a pixel that is not good.
inline std::vector<std::uint32_t> mask_flags(const SeriesInfo& info) {
  std::vector<std::uint32_t> flags(info.frame_shape.count(), 0);
  for (std::size_t i = 0; i < info.mask.size(); ++i) flags[i] = info.mask[i] != 0 ? 1 : 0;
  return flags;
}

/// A flat field of ones.
inline std::vector<float> flat_field(const SeriesInfo& info) {
  return std::vector<float>(info.frame_shape.count(), 1.0F);
}

}  // namespace ptero::simplon
