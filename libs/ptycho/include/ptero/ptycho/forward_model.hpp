#pragma once
// ptycho: the forward model of far-field and near-field ptychography and the solvers that invert it, numbers
// in, numbers out. Thread promise: free functions may be called from anywhere; every class is for one thread
// at a time. Papers: LSQ-ML of Odstrcil, Menzel, Guizar-Sicairos, Opt. Express 26, 3108 (2018), key [Ods18].
//
// Symbols, used under these names throughout the room:
//   P    probe, n x n, centred in its array at (n/2, n/2); sum |P|^2 = photons in a pattern
//   P_m  incoherent probe modes, m = 0 the main one; U_k variations of the main mode from pattern to pattern
//   v    weights of a pattern: v_0 scales its light, v_k >= 1 adds U_k: P_0 = v_0 P_0 + sum v_k U_k
//   O    object, complex transmission, |O| = 1 in vacuum; O_l its slices along the beam, l = 0 upstream
//   H    propagates from one slice to the next
//   R_i  cuts the n x n patch of pattern i out of O;  R_i^T adds it back
//   T_d  shifts by a part of a pixel: the spectrum times exp(-2 pi i f.d)
//   psi  exit wave, psi_i = T_d P . R_i O;  Psi = D psi, the wave on the detector
//   D    far field: F, the unitary FFT with zero frequency at [0, 0]; near field: F^-1 H F, a patch as large
//   as
//        what the detector sees of it, cyclic at its edges
//   a    measured amplitude sqrt(I); far field: zero frequency moved to [0, 0] once, when the pattern is
//   taken in chi  D^-1[(a/|Psi| - 1) Psi]: what the modulus constraint adds to psi W    illumination map,
//   sum_i R_i^T sum_m |P_m|^2 over all known positions

#include <complex>
#include <cstddef>
#include <cstdint>
#include <ptero/core/image.hpp>
#include <ptero/core/position.hpp>

namespace ptero::ptycho {

using Complex = std::complex<float>;

/// Where a patch lies. The grid is fixed to the laboratory: pixel (r, c) is at (y, x) = (r, c) * pixel_m, so
/// that it survives a growing object buffer.
struct Placement {
  std::int64_t row = 0;  ///< grid row and column of the patch's corner
  std::int64_t col = 0;
  float sub_row = 0;  ///< what rounding left, in (-0.5, 0.5] pixels
  float sub_col = 0;
};

/// The patch of n x n pixels whose pixel (n/2, n/2) is nearest to `position`. The position is finite and
/// within 1e9 pixels.
Placement place(const Position& position, double pixel_m, std::size_t n);

/// A rectangle of the grid.
struct Extent {
  std::int64_t row = 0;
  std::int64_t col = 0;
  Shape shape;

  bool contains(const Extent& other) const;
  /// The smallest rectangle that holds both; an empty one holds nothing.
  static Extent join(const Extent& a, const Extent& b);
};

/// The sums behind the amplitude error, over valid pixels:
/// error = sum (|Psi| - sqrt I)^2 / sum I, no square root.
struct ErrorSums {
  double residual = 0;   ///< sum (|Psi| - a)^2
  double intensity = 0;  ///< sum a^2
  double model = 0;      ///< sum |Psi|^2
  double distance = 0;   ///< sum | |Psi| - a |
  double amplitude = 0;  ///< sum a
  /// sum (|Psi|^2 - I + I ln(I / |Psi|^2)): the negative log-likelihood of Poisson counts above that of a
  /// model that fits every pixel; about 0.5 a counted pixel is shot noise. Only `evaluate` takes it.
  double likelihood = 0;
  std::size_t frames = 0;

  double amplitude_error() const { return intensity > 0 ? residual / intensity : 0; }
  double r_factor() const { return amplitude > 0 ? distance / amplitude : 0; }
  ErrorSums& operator+=(const ErrorSums& other);
};

/// Metres per pixel squared are all that couple a defocus to a phase on the FFT grid:
/// D = pi lambda z / pixel^2, to be used as exp(-i D q^2), q in cycles per pixel. Positive z lies downstream
/// of the focus.
double defocus_phase(double defocus_m, double wavelength_m, double pixel_m);

/// What lies behind the sample: the detector in the far field, or near enough for the angular spectrum.
enum class Regime : std::uint8_t { far_field, near_field };

/// A diverging beam magnifies: with a focus `focus_m` upstream of the sample (0 = a parallel beam) and the
/// detector `distance_m` downstream it sees what a parallel beam shows at `distance_m`, its pixels being
/// `pixel_m` (the Fresnel scaling theorem). Both are divided by the magnification 1 + distance / focus.
struct NearField {
  double distance_m = 0;
  double pixel_m = 0;
};
NearField near_field_of(double distance_m, double detector_pixel_m, double focus_m);

/// The angular spectrum over a distance: exp(i 2 pi z (sqrt(1 / lambda^2 - f^2) - 1 / lambda)), n x n, zero
/// frequency at [0, 0], and 0 for waves that do not propagate.
Image<Complex> propagator(std::size_t n, double distance_m, double wavelength_m, double pixel_m);

/// Moves zero frequency from (rows/2, cols/2) to [0, 0] or back; both sides are even, so it is its own
/// inverse.
template <class T>
Image<T> swap_halves(const Image<T>& image) {
  PTERO_EXPECT(image.rows() % 2 == 0 && image.cols() % 2 == 0);
  Image<T> out(image.shape());
  const std::size_t half_rows = image.rows() / 2, half_cols = image.cols() / 2;
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c)
      out((r + half_rows) % image.rows(), (c + half_cols) % image.cols()) = image(r, c);
  return out;
}

}  // namespace ptero::ptycho
