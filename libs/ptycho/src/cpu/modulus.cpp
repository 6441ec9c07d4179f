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

PTERO_SIMD RowSums modulus_factors(float* __restrict total, const std::uint16_t* __restrict values,
                                   float unit, float size, std::size_t count) {
  const float a_unit = unit * size, scale = 1 / (size * size);
  float residual = 0, model = 0, distance = 0, amplitude = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float power = total[i] + dark, inverse = 1 / std::sqrt(power);
    const float a = static_cast<float>(values[i]) * a_unit;
    const float weight = values[i] != masked ? 1.0F : 0.0F;
    const float miss = weight * (a - power * inverse);
    residual += miss * miss;
    model += weight * power;
    distance += std::abs(miss);
    amplitude += weight * a;
    total[i] = scale * miss * inverse;
  }
  return {double{residual} * scale, double{model} * scale, double{distance} / double{size},
          double{amplitude} / double{size}};
}

namespace {
// [Ods18]'s guard of the quotient I / Ihat, in photons: an empty pixel with a photon in it must not rule.
constexpr float least_intensity = 1e-3F;
}  // namespace

PTERO_SIMD RowSums poisson_factors(float* __restrict total, const std::uint16_t* __restrict values,
                                   float unit, float size, float length, std::size_t count) {
  const float scale = 1 / (size * size);
  float residual = 0, model = 0, distance = 0, amplitude = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float power = total[i] * scale;
    const float a = static_cast<float>(values[i]) * unit;
    const float weight = values[i] != masked ? 1.0F : 0.0F;
    const float miss = weight * (a - std::sqrt(power));
    residual += miss * miss;
    model += weight * power;
    distance += std::abs(miss);
    amplitude += weight * a;
    total[i] = weight * length * scale * ((a * a + least_intensity) / (power + least_intensity) - 1);
  }
  return {double{residual}, double{model}, double{distance}, double{amplitude}};
}

PTERO_SIMD Search search_poisson(const float* __restrict total, const std::uint16_t* __restrict values,
                                 float unit, float size, float length, std::size_t count) {
  const float scale = 1 / (size * size);
  float slope = 0, curvature = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float power = total[i] * scale + least_intensity;
    const float a = static_cast<float>(values[i]) * unit, counts = a * a + least_intensity;
    const float weight = values[i] != masked ? 1.0F : 0.0F;
    const float xi = 1 - counts / power;
    slope += weight * xi * (power - counts / (1 - length * xi));
    curvature += weight * xi * xi * power;
  }
  return {double{slope}, double{curvature}};
}

PTERO_SIMD RowSums compare(const float* __restrict total, const std::uint16_t* __restrict values, float unit,
                           float size, std::size_t count) {
  const float scale = 1 / (size * size);
  float residual = 0, model = 0, distance = 0, amplitude = 0, likelihood = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float power = total[i] * scale;
    const float weight = values[i] != masked ? 1.0F : 0.0F;
    const float a = static_cast<float>(values[i]) * unit, counts = a * a;
    const float miss = weight * (a - std::sqrt(power));
    residual += miss * miss;
    model += weight * power;
    distance += std::abs(miss);
    amplitude += weight * a;
    const float guarded = power + least_intensity;
    likelihood += weight * (guarded - counts + counts * std::log((counts + 1e-12F) / guarded));
  }
  return {double{residual}, double{model}, double{distance}, double{amplitude}, double{likelihood}};
}

RowSums& RowSums::operator+=(const RowSums& other) {
  residual += other.residual;
  model += other.model;
  distance += other.distance;
  amplitude += other.amplitude;
  likelihood += other.likelihood;
  return *this;
}

void RowSums::add_to(ErrorSums& sums) const {
  sums.residual += residual;
  sums.model += model;
  sums.distance += distance;
  sums.amplitude += amplitude;
  sums.likelihood += likelihood;
}

}  // namespace ptero::ptycho::kernels
