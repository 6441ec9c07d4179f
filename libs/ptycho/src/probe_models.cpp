#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/probe_models.hpp>
#include <string>

namespace ptero::ptycho {

namespace {
// Signed frequency of an FFT index, in cycles per pixel.
double frequency(std::size_t k, std::size_t n) {
  const auto signed_k = static_cast<double>(k) - (k < (n + 1) / 2 ? 0.0 : static_cast<double>(n));
  return signed_k / static_cast<double>(n);
}

// F^-1[pupil(|q|) exp(-i D q^2)], moved to the middle of the array. pupil(r, c, q): q in cycles per pixel.
template <class Pupil>
Image<Complex> focus(std::size_t n, double phase, Pupil pupil) {
  Image<Complex> field(Shape{n, n});
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const double q2 = std::pow(frequency(r, n), 2) + std::pow(frequency(c, n), 2);
      field(r, c) =
          Complex(std::polar(double{pupil(r, c, std::sqrt(q2))}, 0.0) * std::polar(1.0, -phase * q2));
    }
  Fft2d(field.shape(), Planning::estimated).inverse(field.data());
  return swap_halves(field);
}

void check_sampling(const char* what, std::size_t n, double pixel_m, double wavelength_m) {
  if (n < 2 || n % 2 != 0)
    throw InputError(std::string(what) + ": " + std::to_string(n) + " pixels a side", "",
                     "the size must be even and at least 2");
  if (!(pixel_m > 0) || !(wavelength_m > 0))
    throw InputError(std::string(what) + ": pixel size and wavelength must be positive");
}
}  // namespace

Image<Complex> zone_plate_probe(std::size_t n, double pixel_m, double wavelength_m, const ZonePlate& plate) {
  check_sampling("zone-plate probe", n, pixel_m, wavelength_m);
  if (!(plate.diameter_m > 0) || !(plate.outer_zone_width_m > 0) || plate.central_stop_m < 0 ||
      plate.central_stop_m >= plate.diameter_m)
    throw InputError(
        "zone-plate probe: diameter and outer zone width must be positive, the stop smaller than the plate");
  const double outer = pixel_m / (2 * plate.outer_zone_width_m);
  if (outer > 0.5)
    throw InputError("zone-plate probe: its pupil does not fit the sampling",
                     "outer zone width " + std::to_string(plate.outer_zone_width_m * 1e9) +
                         " nm is below the object pixel of " + std::to_string(pixel_m * 1e9) + " nm",
                     "larger patterns make the pixel smaller; a wider zone makes the pupil smaller");
  const double inner = outer * plate.central_stop_m / plate.diameter_m;
  // Edges one frequency pixel wide: a hard edge on the grid would break the circle.
  const auto size = static_cast<double>(n);
  const auto inside = [size](double q, double edge) { return std::clamp((edge - q) * size + 0.5, 0.0, 1.0); };
  Image<Complex> probe = focus(n, defocus_phase(plate.defocus_m, wavelength_m, pixel_m),
                               [&](std::size_t, std::size_t, double q) {
                                 return inside(q, outer) * (inner > 0 ? 1 - inside(q, inner) : 1.0);
                               });
  scale_to_photons(probe, 1);
  return probe;
}

Image<Complex> gaussian_probe(std::size_t n, double pixel_m, double wavelength_m, const GaussianBeam& beam) {
  check_sampling("Gaussian probe", n, pixel_m, wavelength_m);
  if (!(beam.fwhm_m > 0)) throw InputError("Gaussian probe: its width must be positive");
  // |P|^2 = exp(-4 ln2 x^2 / fwhm^2), so F P = exp(-pi^2 fwhm^2 q^2 / (2 ln2)).
  const double width = beam.fwhm_m / pixel_m;
  const double decay = std::numbers::pi * std::numbers::pi * width * width / (2 * std::numbers::ln2);
  Image<Complex> probe =
      focus(n, defocus_phase(beam.defocus_m, wavelength_m, pixel_m),
            [decay](std::size_t, std::size_t, double q) { return std::exp(-decay * q * q); });
  scale_to_photons(probe, 1);
  return probe;
}

Image<Complex> pinhole_probe(std::size_t n, double pixel_m, double wavelength_m, const Pinhole& pinhole) {
  check_sampling("pinhole probe", n, pixel_m, wavelength_m);
  const double radius = pinhole.diameter_m / (2 * pixel_m);
  if (!(radius > 0)) throw InputError("pinhole probe: its diameter must be positive");
  if (2 * radius >= static_cast<double>(n))
    throw InputError("pinhole probe: wider than the array",
                     std::to_string(2 * radius) + " of " + std::to_string(n) + " pixels");
  Image<Complex> probe(Shape{n, n});
  const auto middle = static_cast<double>(n / 2);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      probe(r, c) = static_cast<float>(std::clamp(
          radius - std::hypot(static_cast<double>(r) - middle, static_cast<double>(c) - middle) + 0.5, 0.0,
          1.0));
  const Fft2d fft(probe.shape(), Planning::estimated);
  const double phase = defocus_phase(pinhole.defocus_m, wavelength_m, pixel_m);
  fft.forward(probe.data());
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      probe(r, c) *=
          Complex(std::polar(1.0, -phase * (std::pow(frequency(r, n), 2) + std::pow(frequency(c, n), 2))));
  fft.inverse(probe.data());
  scale_to_photons(probe, 1);
  return probe;
}

Image<Complex> electron_probe(std::size_t n, double pixel_m, double wavelength_m,
                              const ElectronAperture& aperture) {
  check_sampling("electron probe", n, pixel_m, wavelength_m);
  const double outer = aperture.semi_angle_rad / wavelength_m * pixel_m;
  if (!(outer > 0))
    throw InputError("electron probe: its semi-angle must be positive", "", "give --semi-angle");
  if (outer > 0.5)
    throw InputError("electron probe: its aperture does not fit the sampling",
                     "the semi-angle reaches " + std::to_string(outer) + " cycles a pixel",
                     "0.5 is the most: smaller object pixels, or larger patterns");
  const auto size = static_cast<double>(n);
  Image<Complex> probe = focus(
      n, defocus_phase(aperture.defocus_m, wavelength_m, pixel_m),
      [&](std::size_t, std::size_t, double q) { return std::clamp((outer - q) * size + 0.5, 0.0, 1.0); });
  scale_to_photons(probe, 1);
  return probe;
}

Image<Complex> probe_from_mean_pattern(const Image<float>& mean_intensity, double defocus_phase) {
  PTERO_EXPECT(mean_intensity.rows() == mean_intensity.cols() && mean_intensity.rows() % 2 == 0);
  return focus(mean_intensity.rows(), defocus_phase, [&](std::size_t r, std::size_t c, double) {
    return std::sqrt(std::max(0.0F, mean_intensity(r, c)));
  });
}

Image<Complex> probe_from_near_field(const Image<float>& mean_intensity, double distance_m,
                                     double wavelength_m, double pixel_m) {
  PTERO_EXPECT(mean_intensity.rows() == mean_intensity.cols());
  const Image<Complex> back = propagator(mean_intensity.rows(), -distance_m, wavelength_m, pixel_m);
  Image<Complex> probe(mean_intensity.shape());
  for (std::size_t i = 0; i < probe.size(); ++i)
    probe.data()[i] = std::sqrt(std::max(0.0F, mean_intensity.data()[i]));
  const Fft2d fft(probe.shape(), Planning::estimated);
  fft.forward(probe.data());
  for (std::size_t i = 0; i < probe.size(); ++i) probe.data()[i] *= back.data()[i];
  fft.inverse(probe.data());
  return probe;
}

void scale_to_photons(Image<Complex>& probe, double photons) {
  double sum = 0;
  for (const Complex& p : probe.pixels()) sum += std::norm(std::complex<double>(p));
  if (!(sum > 0)) return;
  const auto scale = static_cast<float>(std::sqrt(photons / sum));
  for (Complex& p : probe.pixels()) p *= scale;
}

}  // namespace ptero::ptycho
