#pragma once

#include <complex>
#include <cstdint>
#include <ptero/core/image.hpp>
#include <ptero/core/position.hpp>
#include <string_view>
#include <vector>

namespace ptero::synth {

/// n = 1 - delta + i beta at one photon energy.
struct RefractiveIndex {
  double delta = 0;
  double beta = 0;
  double energy_ev = 0;

  /// delta ~ E^-2 and beta ~ E^-4: good between absorption edges, wrong across one.
  RefractiveIndex at(double other_energy_ev) const;
};

/// Covellite CuS, the sample of [Lin23], just below the Cu K edge (8979 eV). From rho = 4.76 g/cm3, M = 95.61
/// (3.00e28 formula units a m3) and f1 = 25.2 + 16.3, f2 = 0.49 + 0.47 (Henke, Gullikson, Davis 1993, read
/// off to about 2 %): delta = r_e lambda^2 n f1 / (2 pi), beta likewise. 1 um shifts the phase by 0.49 rad
/// and absorbs 2.3 % of the intensity.
inline constexpr RefractiveIndex copper_sulphide{1.11e-5, 2.56e-7, 8800};

/// What is under the beam. The isolated samples lie in the middle of an empty field, as in [Lin23].
enum class SampleKind : std::uint8_t {
  empty,       ///< vacuum
  nanosheets,  ///< a secondary particle: overlapping thin hexagonal plates of every orientation [Lin23, fig.
               ///< 8]
  particles,   ///< a larger secondary particle, and six grains of 0.25 to 0.6 um apart from it [Lin23, fig.
               ///< 3]
};

/// "empty", "nanosheets" or "particles"; throws InputError for anything else, naming these.
SampleKind sample_from_name(std::string_view name);
std::string_view name_of(SampleKind kind);

struct SampleOptions {
  SampleKind kind = SampleKind::nanosheets;
  Shape shape;  ///< pixels of the object array
  double pixel_m = 0;
  double field_width_m = 0;  ///< the scanned field about the centre of the array; samples scale with it
  double field_height_m = 0;
  double energy_ev = 8800;
  RefractiveIndex material = copper_sulphide;
  double coverage = 0;  ///< share of the field under the secondary particle; 0: as usual for the kind
  std::uint64_t seed = 1;
};

/// Thickness of material in metres along the beam, its edges smooth over about two pixels. The sample is the
/// same whatever the pixel size. The secondary particle covers about 25 % of the field for `nanosheets`;
/// for `particles` 36 %, of which one segment keeps the share of frames it keeps in [Lin23, fig. 5a]. Throws
/// InputError when a size or the energy is not positive, or the coverage is not below 1.
Image<float> make_thickness(const SampleOptions& options);

/// A particle that stands apart from the main body.
struct Satellite {
  Position centre;  ///< from the middle of the field
  double diameter_m = 0;
};
/// The six of `particles`, 0.25 to 0.6 um, the smallest first; none for the other kinds.
std::vector<Satellite> satellites(const SampleOptions& options);

/// The transmission O = exp(-k (beta + i delta) t), k = 2 pi / wavelength, so |O| <= 1 and vacuum is 1.
Image<std::complex<float>> transmission(const Image<float>& thickness_m, const RefractiveIndex& material);

/// transmission(make_thickness(options)) at the energy of the options.
Image<std::complex<float>> make_object(const SampleOptions& options);

}  // namespace ptero::synth
