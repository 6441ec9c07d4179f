#pragma once
// First guesses of the probe. All return n x n arrays with the probe centred at (n/2, n/2).

#include <ptero/ptycho/forward_model.hpp>

namespace ptero::ptycho {

/// A Fresnel zone plate with a central stop, order-sorted (first order only), lit by a plane wave.
struct ZonePlate {
  double diameter_m = 180e-6;
  double outer_zone_width_m = 50e-9;  ///< the pupil ends at the spatial frequency 1 / (2 x this)
  double central_stop_m = 60e-6;      ///< diameter of the stop; its share of `diameter_m` is what counts
  double defocus_m = 0;               ///< positive: the sample is downstream of the focus
};

/// The wave at the sample, P = F^-1[pupil exp(-i D q^2)], D = defocus_phase(...), scaled to sum |P|^2 = 1.
/// The width of the defocused beam is about wavelength x defocus / outer zone width.
/// n: even. Throws InputError when a length is not positive or the pupil does not fit the sampling.
Image<Complex> zone_plate_probe(std::size_t n, double pixel_m, double wavelength_m, const ZonePlate& plate);

/// A Gaussian beam: intensity FWHM at its focus, seen `defocus_m` downstream; sum |P|^2 = 1.
struct GaussianBeam {
  double fwhm_m = 0;
  double defocus_m = 0;
};
Image<Complex> gaussian_probe(std::size_t n, double pixel_m, double wavelength_m, const GaussianBeam& beam);

/// A pinhole lit by a plane wave, seen `defocus_m` downstream; sum |P|^2 = 1.
struct Pinhole {
  double diameter_m = 0;
  double defocus_m = 0;
};
/// Throws InputError as above, or when the pinhole is wider than the array.
Image<Complex> pinhole_probe(std::size_t n, double pixel_m, double wavelength_m, const Pinhole& pinhole);

/// The aperture of an electron microscope: a disc of directions up to the semi-angle, with defocus; the
/// sample downstream of the focus is positive (overfocus). sum |P|^2 = 1.
struct ElectronAperture {
  double semi_angle_rad = 0;
  double defocus_m = 0;
};
/// Throws InputError as above, or when the aperture does not fit the sampling.
Image<Complex> electron_probe(std::size_t n, double pixel_m, double wavelength_m,
                              const ElectronAperture& aperture);

/// A guess from the data alone: P0 = F^-1[sqrt(mean I) exp(-i D q^2)], D = defocus_phase(...). It recovers a
/// zone plate of the same defocus_m. LSQ-ML converges from about 0.13 to 2 times the true defocus with the
/// right sign, and never from zero. mean_intensity: n x n, zero frequency at [0, 0]; sum |P0|^2 = its sum.
Image<Complex> probe_from_mean_pattern(const Image<float>& mean_intensity, double defocus_phase);

/// The same in the near field: P0 = D^-1 sqrt(mean I), as if nothing but the beam were on the detector.
Image<Complex> probe_from_near_field(const Image<float>& mean_intensity, double distance_m,
                                     double wavelength_m, double pixel_m);

/// Scales so that sum |P|^2 = photons. A zero probe stays zero.
void scale_to_photons(Image<Complex>& probe, double photons);

}  // namespace ptero::ptycho
