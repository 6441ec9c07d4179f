#pragma once

#include <complex>
#include <cstdint>
#include <ptero/core/image.hpp>
#include <ptero/synth/simulator.hpp>

namespace ptero::synth {

/// The two samples of [Du21, section 2.3] in kind: what is gold-like lies upstream, what is oxide-like
/// downstream, a gap of vacuum between. Lateral sizes go with the pixel, so that there is as much to resolve
/// at every pixel size; thicknesses are metres.
enum class TwoSliceKind : std::uint8_t {
  particles_over_grain,  ///< gold platelets 8 to 18 pixels wide; one big grain of oxide in the middle with
                         ///< crystallites on it [Du21, fig. 3]
  zones_over_grains,     ///< nearly parallel gold lines (the outer zones of a zone plate), period 11 to 15
                         ///< pixels; oxide grains apart from each other [Du21, fig. 4]
};

/// Of the gap between the slices: 3.6 and 0.13 depths of field [Du21, section 2.3].
double usual_depths_of_field(TwoSliceKind kind);
/// 5.4 pixel^2 / wavelength, metres [Du21, eq. 1, with the pixel as resolution].
double depth_of_field(double pixel_m, double wavelength_m);

struct TwoSliceOptions {
  TwoSliceKind kind = TwoSliceKind::particles_over_grain;
  /// Pixels on a side of the scanned square; all of it is fully lit.
  std::size_t field = 144;
  double depths_of_field = 0;       ///< of the gap; 0: as usual for the kind
  double photons = 1e6;             ///< a frame
  std::size_t pattern = 64;         ///< detector pixels on a side
  double step_px = 5;               ///< between frames, with an unsteadiness of a quarter of it
  double fluorescence_blur = 4;     ///< standard deviation of the beam that made the map, pixels
  double fluorescence_counts = 50;  ///< in the map's brightest pixel
  std::uint64_t seed = 1;           ///< of the sample, the stage and the photons
};

/// Two slices with known truth. All images have one shape; pixel (rows / 2, cols / 2) is the middle of the
/// scan, (0, 0) m. Vacuum is 1, phases are negative.
struct TwoSlices {
  Image<std::complex<float>> upstream;    ///< gold: transmission
  Image<std::complex<float>> downstream;  ///< oxide: transmission
  /// What a fluorescence detector tells of the downstream slice: blurred, with Poisson noise, calibrated as
  /// the phase in radians (negative) that so much oxide gives.
  Image<float> downstream_fluorescence;
  double spacing_m = 0;
  double pixel_m = 0;  ///< 7.3 nm for particles, 8.7 nm for zones, as published
  double energy_ev = 0;
};

/// The same options give the same slices; the same seed gives the same sample whatever the rest. Shape: the
/// field and half a pattern around. Throws InputError when a size is not positive.
TwoSlices make_two_slices(const TwoSliceOptions& options);

/// The experiment that sees these slices: 12 keV, a defocused beam about 25 pixels wide, frames with Poisson
/// noise. `Simulator(two_slice_experiment(options, make_two_slices(options)))` gives frames, positions, probe
/// and the truth of both slices on the grid of the scan (`Truth::slices`).
SimulatorOptions two_slice_experiment(const TwoSliceOptions& options, const TwoSlices& slices);

}  // namespace ptero::synth
