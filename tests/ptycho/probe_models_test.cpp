#include <gtest/gtest.h>

#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/probe_models.hpp>

namespace ptero::ptycho {
namespace {

constexpr double pixel_m = 14e-9, wavelength_m = 1.4e-10;

double power(const Image<Complex>& probe) {
  double sum = 0;
  for (const Complex& p : probe.pixels()) sum += std::norm(p);
  return sum;
}

// Diameter of the disc that would have the same mean square radius about the array's centre, metres.
double width(const Image<Complex>& probe) {
  double sum = 0;
  const double half = double(probe.rows() / 2);
  for (std::size_t r = 0; r < probe.rows(); ++r)
    for (std::size_t c = 0; c < probe.cols(); ++c)
      sum += std::norm(probe(r, c)) * (std::pow(double(r) - half, 2) + std::pow(double(c) - half, 2));
  return 2 * std::sqrt(2 * sum / power(probe)) * pixel_m;
}

TEST(ZonePlateProbe, IsUnitCentredAndAsWideAsItsDefocusSays) {
  const ZonePlate plate{.outer_zone_width_m = 50e-9, .central_stop_m = 0, .defocus_m = 357e-6};
  const Image<Complex> probe = zone_plate_probe(256, pixel_m, wavelength_m, plate);
  EXPECT_NEAR(power(probe), 1, 1e-4);
  EXPECT_NEAR(width(probe), wavelength_m * plate.defocus_m / plate.outer_zone_width_m, 0.12e-6);
  double row = 0, col = 0;
  for (std::size_t r = 0; r < 256; ++r)
    for (std::size_t c = 0; c < 256; ++c) {
      row += double(r) * std::norm(probe(r, c));
      col += double(c) * std::norm(probe(r, c));
    }
  EXPECT_NEAR(row, 128, 0.1);
  EXPECT_NEAR(col, 128, 0.1);
}

TEST(ZonePlateProbe, CentralStopIsAShadowInTheFarField) {
  Image<Complex> probe = zone_plate_probe(128, pixel_m, wavelength_m, {});
  Fft2d(probe.shape()).forward(probe.data());
  EXPECT_LT(std::abs(probe(0, 0)), 1e-6);
  EXPECT_GT(std::abs(probe(0, 13)), 1e-3);  // between 6 (stop) and 18 (edge) frequency pixels
  EXPECT_LT(std::abs(probe(0, 30)), 1e-6);
}

TEST(ZonePlateProbe, RefusesWhatCannotBeSampled) {
  EXPECT_THROW(zone_plate_probe(64, pixel_m, wavelength_m, {.outer_zone_width_m = 5e-9}), InputError);
  EXPECT_THROW(zone_plate_probe(63, pixel_m, wavelength_m, {}), InputError);
  EXPECT_THROW(zone_plate_probe(64, 0, wavelength_m, {}), InputError);
}

TEST(ProbeFromMeanPattern, RecoversTheZonePlateOfTheSameDefocus) {
  const ZonePlate plate{.defocus_m = 200e-6};
  const Image<Complex> probe = zone_plate_probe(128, pixel_m, wavelength_m, plate);
  Image<Complex> field = probe;
  Fft2d(field.shape()).forward(field.data());
  Image<float> mean(field.shape());
  for (std::size_t i = 0; i < mean.size(); ++i) mean.data()[i] = std::norm(field.data()[i]);

  const auto overlap = [&](double defocus_m) {
    const auto guess = probe_from_mean_pattern(mean, defocus_phase(defocus_m, wavelength_m, pixel_m));
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < probe.size(); ++i) sum += std::conj(guess.data()[i]) * probe.data()[i];
    return std::abs(sum) / std::sqrt(power(guess) * power(probe));
  };
  EXPECT_NEAR(overlap(plate.defocus_m), 1, 1e-4);
  EXPECT_LT(overlap(-plate.defocus_m), 0.5);
}

TEST(GaussianProbe, HasItsWidthInFocus) {
  const Image<Complex> probe = gaussian_probe(64, 1, 1, {.fwhm_m = 10});
  EXPECT_NEAR(std::norm(probe(32, 37)) / std::norm(probe(32, 32)), 0.5, 1e-3);
  EXPECT_NEAR(power(probe), 1, 1e-4);
}

TEST(PinholeProbe, IsADiscThatSpreads) {
  const Image<Complex> disc = pinhole_probe(128, pixel_m, wavelength_m, {.diameter_m = 40 * pixel_m});
  EXPECT_NEAR(width(disc), 40 * pixel_m, 1 * pixel_m);
  EXPECT_NEAR(power(disc), 1, 1e-4);
  const Image<Complex> far =
      pinhole_probe(128, pixel_m, wavelength_m, {.diameter_m = 40 * pixel_m, .defocus_m = 1e-4});
  EXPECT_GT(width(far), 1.02 * width(disc));
  EXPECT_THROW(pinhole_probe(64, pixel_m, wavelength_m, {.diameter_m = 64 * pixel_m}), InputError);
}

TEST(ElectronProbe, FillsItsAperture) {
  // 20 mrad at 2 pm are 0.2 cycles a pixel of 20 pm.
  Image<Complex> probe = electron_probe(64, 20e-12, 2e-12, {.semi_angle_rad = 0.02, .defocus_m = 5e-9});
  EXPECT_NEAR(power(probe), 1, 1e-4);
  Fft2d(probe.shape()).forward(probe.data());
  EXPECT_GT(std::abs(probe(0, 12)), 1e-3);
  EXPECT_LT(std::abs(probe(0, 14)), 1e-6);
  EXPECT_THROW(electron_probe(64, 20e-12, 2e-12, {.semi_angle_rad = 0.06}), InputError);
  EXPECT_THROW(electron_probe(64, 20e-12, 2e-12, {}), InputError);
}

}  // namespace
}  // namespace ptero::ptycho
