#pragma once
// Small samples in an empty field for scans that follow advice: what libs/synth has none of.

#include <complex>
#include <cstdint>
#include <vector>

#include <ptero/core/image.hpp>

namespace ptero::tools {

/// The field that a sample is drawn into, in the middle of the array.
struct Canvas {
  std::size_t side = 0;  ///< pixels
  double pixel_m = 0;
  double energy_ev = 8800;
};

/// Rounded grains of these diameters, apart from each other and from the edge. Transmission, vacuum is 1.
Image<std::complex<float>> grains(const Canvas& canvas, const std::vector<double>& diameters_m,
                                  std::uint64_t seed);
/// A round fibre that winds through the middle of the field.
Image<std::complex<float>> fibre(const Canvas& canvas, double diameter_m, double length_m,
                                 std::uint64_t seed);
/// One grain with a crack from side to side.
Image<std::complex<float>> cracked_grain(const Canvas& canvas, double diameter_m, std::uint64_t seed);

}  // namespace ptero::tools
