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
/// A part of a field, `width` columns wide: rows lie `stride` apart.
struct Block {
  std::size_t rows = 0, width = 0, stride = 0;
};
/// A block out of a field, without gaps between rows, and back.
void gather_block(const Complex* field, Block block, Complex* out);
void gather_block(const std::uint16_t* field, Block block, std::uint16_t* out);
void scatter_block(const Complex* packed, Block block, Complex* field);
/// out = (or +=) spectrum ramp on n x n, ramp = factor ramp_row ramp_col.
void ramp(const Complex* spectrum, std::size_t n, const Complex* ramp_row, const Complex* ramp_col,
          float factor, Complex* out);
void add_ramped(const Complex* spectrum, std::size_t n, const Complex* ramp_row, const Complex* ramp_col,
                float factor, Complex* out);
/// sum += field conj(ramp) on n x n.
void add_unramped(const Complex* field, std::size_t n, const Complex* ramp_row, const Complex* ramp_col,
                  float factor, Complex* sum);
/// Re<a, b> = sum Re(conj(a) b), and the same with a times ramp factor.
double inner(const Complex* a, const Complex* b, std::size_t count);
double inner_ramped(const Complex* a, const Complex* ramp, Complex factor, const Complex* b,
                    std::size_t count);

struct RowSums {
  double residual = 0;
  double model = 0;
  double distance = 0;
  double amplitude = 0;
  double likelihood = 0;

  RowSums& operator+=(const RowSums& other);
  void add_to(ErrorSums& sums) const;
};
/// Psi, scaled by `size`, becomes -(1 - a / |Psi|) Psi / size^2, zero where masked [Ods18, eq. 18, gaussian];
/// the division rides along for the two unscaled transforms around it. a = value x unit.
RowSums replace_modulus(Complex* psi, const std::uint16_t* values, float unit, float size, std::size_t count);
/// The same for several modes: their intensity, scaled by size^2, becomes the factor of each mode's Psi.
RowSums modulus_factors(float* total, const std::uint16_t* values, float unit, float size, std::size_t count);
/// The Poisson form, -length (1 - I / |Psi|^2) / size^2 [Ods18, eq. 18, Poisson].
RowSums poisson_factors(float* total, const std::uint16_t* values, float unit, float size, float length,
                        std::size_t count);
/// The sums of one fixed-point step of the length: sum xi (Ihat - I / (1 - length xi)) and sum xi^2 Ihat.
struct Search {
  double slope = 0, curvature = 0;
};
Search search_poisson(const float* total, const std::uint16_t* values, float unit, float size, float length,
                      std::size_t count);
/// The sums alone, with the likelihood, from the intensity of all modes.
RowSums compare(const float* total, const std::uint16_t* values, float unit, float size, std::size_t count);

struct Products {
  double uu = 0, vv = 0, uv = 0, u_chi = 0, v_chi = 0;
};
/// Adds a row's share of the step equation, u = d_o p, v = d_p o.
void add_products(const Complex* d_o, const Complex* p, const Complex* d_p, const Complex* o,
                  const Complex* chi, std::size_t count, Products& products);

/// The share of slices behind the first: u alone.
void add_object_products(const Complex* d_o, const Complex* p, const Complex* chi, std::size_t count,
                         Products& products);

struct PositionSums {
  double row_chi = 0, row_row = 0, col_chi = 0, col_col = 0;
};
/// A row's share of the position equation; p points into a field of `stride` a row with two rows above and
/// below.
void add_position(const Complex* p, std::size_t stride, const Complex* o, const Complex* chi,
                  PositionSums& sums);

/// The difference map's 2 p o - wave.
void reflect(const Complex* p, const Complex* o, const Complex* wave, Complex* out, std::size_t count);
/// out = a b + c.
void multiply_and_add(const Complex* a, const Complex* b, const Complex* c, Complex* out, std::size_t count);

/// a *= b, or conj(b).
void multiply_by(Complex* a, const Complex* b, std::size_t count);
void multiply_by_conj(Complex* a, const Complex* b, std::size_t count);
void multiply_by(Complex* a, const float* b, std::size_t count);
void divide_by(Complex* a, const float* b, std::size_t count);

/// out = |a|^2.
void intensity(const Complex* a, float* out, std::size_t count);
/// out += |a|^2.
void add_intensity(const Complex* a, float* out, std::size_t count);
/// a *= factor.
void scale(Complex* a, float factor, std::size_t count);
/// a += factor b.
void add_scaled(Complex* a, const Complex* b, float factor, std::size_t count);
void add_scaled(float* a, const float* b, float factor, std::size_t count);
/// g = (g + other) and other = 0.
void absorb(Complex* g, Complex* other, std::size_t count);
void absorb(float* g, float* other, std::size_t count);
/// out = sqrt(w^2 + floor^2).
void hypotenuse(const float* w, float floor, float* out, std::size_t count);
/// out = share w + floor.
void blend(const float* w, float share, float floor, float* out, std::size_t count);
/// o += min(step, strength / light) d, where d = g / strength: no pixel goes further than the batch's own
/// patterns ask for, o + g / light.
void step_within(Complex* o, const Complex* d, const float* strength, const float* light, float step,
                 std::size_t count);

}  // namespace ptero::ptycho::kernels
