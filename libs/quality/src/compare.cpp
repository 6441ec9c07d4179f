#include <algorithm>
#include <cmath>
#include <ptero/quality/compare.hpp>

namespace ptero::quality {

Image<float> phase(const Image<Complex>& image) {
  Image<float> out(image.shape());
  std::transform(image.pixels().begin(), image.pixels().end(), out.pixels().begin(),
                 [](const Complex& o) { return std::arg(o); });
  return out;
}

Image<float> modulus(const Image<Complex>& image) {
  Image<float> out(image.shape());
  std::transform(image.pixels().begin(), image.pixels().end(), out.pixels().begin(),
                 [](const Complex& o) { return std::abs(o); });
  return out;
}

double phase_rms(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask) {
  PTERO_EXPECT(image.shape() == reference.shape() && image.shape() == mask.shape());
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] != 0) {
      sum += std::pow(double{std::arg(image.data()[i] * std::conj(reference.data()[i]))}, 2);
      ++count;
    }
  return count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0;
}

namespace {
// Turns both so that the reference's mean phase is zero: phases then keep away from the wrap at +-pi.
Image<Complex> turned(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask) {
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] != 0) sum += reference.data()[i];
  const Complex turn(std::polar(1.0, -std::arg(sum)));
  Image<Complex> out = image;
  for (Complex& o : out.pixels()) o *= turn;
  return out;
}

double relative_error(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask) {
  double difference = 0, power = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask.data()[i] != 0) {
      difference += double{std::norm(image.data()[i] - reference.data()[i])};
      power += double{std::norm(reference.data()[i])};
    }
  return power > 0 ? std::sqrt(difference / power) : 0;
}
}  // namespace

Comparison compare(const Image<Complex>& image, const Image<Complex>& reference, const Mask& mask,
                   double pixel_m, Shift shift) {
  const Aligned aligned = align(image, reference, mask, shift);
  const Image<Complex> a = turned(aligned.image, reference, mask), b = turned(reference, reference, mask);
  Comparison out{.alignment = aligned.alignment,
                 .ssim_phase = ssim(phase(a), phase(b), mask),
                 .ssim_modulus = ssim(modulus(a), modulus(b), mask),
                 .phase_rms = phase_rms(a, b, mask),
                 .object_error = relative_error(a, b, mask),
                 .frc = ring_correlation(a, b, mask)};
  out.resolution_half_bit_m = resolution_m(out.frc, out.frc.half_bit_crossing, pixel_m);
  out.resolution_one_bit_m = resolution_m(out.frc, out.frc.one_bit_crossing, pixel_m);
  return out;
}

}  // namespace ptero::quality
