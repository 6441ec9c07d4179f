#pragma once
// The element-wise loops of the CPU workspace, one row or one field at a time. Sums are taken in float over a
// row and in double above it.

#include <cstddef>
#include <cstdint>
#include <ptero/ptycho/forward_model.hpp>

namespace ptero::ptycho::kernels {

/// out = a b.
void multiply(const Complex* a, const Complex* b, Complex* out, std::size_t count);
/// g += chi conj(p), d += chi conj(o): both scatters with chi read once.
void scatter(const Complex* chi, const Complex* p, const Complex* o, Complex* g, Complex* d,
             std::size_t count);
/// g += chi conj(p), out = chi conj(o); out may be chi.
void scatter_apart(const Complex* chi, const Complex* p, const Complex* o, Complex* g, Complex* out,
                   std::size_t count);
/// out = spectrum ramp factor.
void ramp(const Complex* spectrum, const Complex* ramp, Complex factor, Complex* out, std::size_t count);
/// sum += field conj(ramp factor).
void add_unramped(const Complex* field, const Complex* ramp, Complex factor, Complex* sum, std::size_t count);

struct RowSums {
  double residual = 0;
  double model = 0;
  double distance = 0;
  double amplitude = 0;
};
/// Psi, scaled by `size`, becomes -(1 - a / |Psi|) Psi / size^2, zero where masked [Ods18, eq. 18, gaussian];
/// the division rides along for the two unscaled transforms around it. a = value x unit.
RowSums replace_modulus(Complex* psi, const std::uint16_t* values, float unit, float size, std::size_t count);
/// The sums alone.
RowSums compare_modulus(const Complex* psi, const std::uint16_t* values, float unit, float size,
                        std::size_t count);

struct Products {
  double uu = 0, vv = 0, uv = 0, u_chi = 0, v_chi = 0;
};
/// Adds a row's share of the step equation, u = d_o p, v = d_p o.
void add_products(const Complex* d_o, const Complex* p, const Complex* d_p, const Complex* o,
                  const Complex* chi, std::size_t count, Products& products);

/// out = |a|^2.
void intensity(const Complex* a, float* out, std::size_t count);
/// a += factor b.
void add_scaled(Complex* a, const Complex* b, float factor, std::size_t count);
void add_scaled(float* a, const float* b, float factor, std::size_t count);
/// g = (g + other) and other = 0.
void absorb(Complex* g, Complex* other, std::size_t count);
void absorb(float* g, float* other, std::size_t count);
/// g /= sqrt(w^2 + floor^2).
void precondition(Complex* g, const float* w, float floor, std::size_t count);
/// o += min(step, sqrt(w^2 + floor^2) / light) d, where d = g / sqrt(w^2 + floor^2): no pixel goes further
/// than the batch's own patterns ask for, o + g / light.
void step_within(Complex* o, const Complex* d, const float* w, const float* light, float floor, float step,
                 std::size_t count);

}  // namespace ptero::ptycho::kernels
