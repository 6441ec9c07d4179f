#include "depth_regularisation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <ptero/ptycho/cpu/fft2d.hpp>

namespace ptero::ptycho {

namespace {
constexpr double near_zero = 1e-3;  // of the squared lateral frequency, cycles per pixel

// The mean over z stays; each cosine of the mirrored stack (frequency k / 2L) is damped on its own.
void filter(std::vector<Image<Complex>>& stack, double strength) {
  const std::size_t slices = stack.size();
  const Shape shape = stack[0].shape();
  const Fft2d fft(shape, Planning::estimated);
  for (Image<Complex>& slice : stack) fft.forward(slice.data());
  const auto frequency = [](std::size_t i, std::size_t n) {
    return (static_cast<double>(i) - (i < (n + 1) / 2 ? 0.0 : static_cast<double>(n))) /
           static_cast<double>(n);
  };
  const auto cosine = [&](std::size_t k, std::size_t z) {
    return std::cos(std::numbers::pi * static_cast<double>(k) * (static_cast<double>(z) + 0.5) /
                    static_cast<double>(slices));
  };
  std::vector<Complex> terms(slices);
  for (std::size_t r = 0; r < shape.rows; ++r)
    for (std::size_t c = 0; c < shape.cols; ++c) {
      const double lateral = std::pow(frequency(r, shape.rows), 2) + std::pow(frequency(c, shape.cols), 2);
      for (std::size_t k = 0; k < slices; ++k) {
        Complex sum = 0;
        for (std::size_t z = 0; z < slices; ++z) sum += stack[z](r, c) * static_cast<float>(cosine(k, z));
        const double fz = static_cast<double>(k) / (2 * static_cast<double>(slices));
        const double ratio = strength * strength * fz * fz / (lateral + near_zero);
        const double weight = 1 - std::atan(ratio) / (std::numbers::pi / 2);
        terms[k] = sum * static_cast<float>(weight * (k == 0 ? 1.0 : 2.0) / static_cast<double>(slices));
      }
      for (std::size_t z = 0; z < slices; ++z) {
        Complex sum = 0;
        for (std::size_t k = 0; k < slices; ++k) sum += terms[k] * static_cast<float>(cosine(k, z));
        stack[z](r, c) = sum;
      }
    }
  for (Image<Complex>& slice : stack) fft.inverse(slice.data());
}
}  // namespace

void regularise_depth(std::vector<Image<Complex>>& slices, const Image<float>& illumination,
                      double strength) {
  if (slices.size() < 2 || !(strength > 0)) return;
  // Both are real: amplitude and phase travel as one complex stack.
  std::vector<Image<Complex>> stack = slices;
  for (Image<Complex>& slice : stack)
    for (Complex& o : slice.pixels()) o = {std::abs(o), std::arg(o)};
  const std::vector<Image<Complex>> before = stack;
  filter(stack, strength);
  const float most = *std::max_element(illumination.pixels().begin(), illumination.pixels().end());
  for (std::size_t z = 0; z < slices.size(); ++z)
    for (std::size_t i = 0; i < illumination.size(); ++i) {
      const float share = most > 0 ? std::min(1.0F, 10 * illumination.data()[i] / most) : 0.0F;
      const Complex change = share * (stack[z].data()[i] - before[z].data()[i]);
      slices[z].data()[i] = std::polar(std::max(0.0F, before[z].data()[i].real() + change.real()),
                                       before[z].data()[i].imag() + change.imag());
    }
}

}  // namespace ptero::ptycho
