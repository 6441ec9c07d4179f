#include <cmath>

#include "kernels.hpp"
#include "simd.hpp"

// Built with reciprocal square roots (one Newton step, good to 1e-6): a true square root and division would
// cost more than the rest of the loop together.

namespace ptero::ptycho::kernels {

namespace {
constexpr std::uint16_t masked = 0xFFFF;
constexpr float dark = 1e-18F;  // added to |Psi|^2 so that an empty pixel has a reciprocal
}  // namespace

PTERO_SIMD RowSums replace_modulus(Complex* psi_, const std::uint16_t* __restrict values, float unit,
                                   float size, std::size_t count) {
  float* __restrict psi = flat(psi_);
  const float a_unit = unit * size, scale = 1 / (size * size);
  float residual = 0, model = 0, distance = 0, amplitude = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float re = psi[2 * i], im = psi[2 * i + 1];
    const float power = re * re + im * im + dark, inverse = 1 / std::sqrt(power);
    const float a = static_cast<float>(values[i]) * a_unit;
    const float weight = values[i] != masked ? 1.0F : 0.0F;
    const float miss = weight * (a - power * inverse);
    const float factor = scale * miss * inverse;
    residual += miss * miss;
    model += weight * power;
    distance += std::abs(miss);
    amplitude += weight * a;
    psi[2 * i] = re * factor;
    psi[2 * i + 1] = im * factor;
  }
  return {double{residual} * scale, double{model} * scale, double{distance} / double{size},
          double{amplitude} / double{size}};
}

PTERO_SIMD RowSums compare_modulus(const Complex* psi_, const std::uint16_t* __restrict values, float unit,
                                   float size, std::size_t count) {
  const float* __restrict psi = flat(psi_);
  const float a_unit = unit * size, scale = 1 / (size * size);
  float residual = 0, model = 0, distance = 0, amplitude = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float re = psi[2 * i], im = psi[2 * i + 1];
    const float power = re * re + im * im + dark;
    const float weight = values[i] != masked ? 1.0F : 0.0F;
    const float a = static_cast<float>(values[i]) * a_unit;
    const float miss = weight * (a - power / std::sqrt(power));
    residual += miss * miss;
    model += weight * power;
    distance += std::abs(miss);
    amplitude += weight * a;
  }
  return {double{residual} * scale, double{model} * scale, double{distance} / double{size},
          double{amplitude} / double{size}};
}

}  // namespace ptero::ptycho::kernels
