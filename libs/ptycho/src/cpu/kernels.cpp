#include "kernels.hpp"

#include <algorithm>
#include <cmath>

#include "fft_passes.hpp"
#include "simd.hpp"

namespace ptero::ptycho::kernels {

PTERO_SIMD void multiply(const Complex* a_, const Complex* b_, Complex* out_, std::size_t count) {
  const float* __restrict a = flat(a_);
  const float* __restrict b = flat(b_);
  float* __restrict out = flat(out_);
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    out[i] = a[i] * b[i] - a[i + 1] * b[i + 1];
    out[i + 1] = a[i] * b[i + 1] + a[i + 1] * b[i];
  }
}

PTERO_SIMD void scatter(const Complex* chi_, const Complex* p_, const Complex* o_, Complex* g_, Complex* d_,
                        std::size_t count) {
  const float* __restrict chi = flat(chi_);
  const float* __restrict p = flat(p_);
  const float* __restrict o = flat(o_);
  float* __restrict g = flat(g_);
  float* __restrict d = flat(d_);
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = chi[i], im = chi[i + 1];
    g[i] += re * p[i] + im * p[i + 1];
    g[i + 1] += im * p[i] - re * p[i + 1];
    d[i] += re * o[i] + im * o[i + 1];
    d[i + 1] += im * o[i] - re * o[i + 1];
  }
}

PTERO_SIMD void scatter_apart(const Complex* chi_, const Complex* p_, const Complex* o_, Complex* g_,
                              Complex* out_, std::size_t count) {
  const float* chi = flat(chi_);
  const float* p = flat(p_);
  const float* o = flat(o_);
  float* g = flat(g_);
  float* out = flat(out_);
#pragma GCC ivdep
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = chi[i], im = chi[i + 1];
    g[i] += re * p[i] + im * p[i + 1];
    g[i + 1] += im * p[i] - re * p[i + 1];
    out[i] = re * o[i] + im * o[i + 1];
    out[i + 1] = im * o[i] - re * o[i + 1];
  }
}

namespace {
// Most blocks are this wide: a width known to the compiler makes a row a few registers.
constexpr std::size_t usual_width = 16;
static_assert(usual_width == FftPasses::columns_at_once);

template <class T>
[[gnu::always_inline]] inline void copy_rows(const T* __restrict from, std::size_t from_stride,
                                             T* __restrict to, std::size_t to_stride, std::size_t rows,
                                             std::size_t width) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < width; ++i) to[r * to_stride + i] = from[r * from_stride + i];
}
}  // namespace

PTERO_SIMD void gather_block(const Complex* field, Block block, Complex* out) {
  if (block.width == usual_width)
    copy_rows(flat(field), 2 * block.stride, flat(out), 2 * usual_width, block.rows, 2 * usual_width);
  else
    copy_rows(flat(field), 2 * block.stride, flat(out), 2 * block.width, block.rows, 2 * block.width);
}

PTERO_SIMD void gather_block(const std::uint16_t* field, Block block, std::uint16_t* out) {
  if (block.width == usual_width)
    copy_rows(field, block.stride, out, usual_width, block.rows, usual_width);
  else
    copy_rows(field, block.stride, out, block.width, block.rows, block.width);
}

PTERO_SIMD void scatter_block(const Complex* packed, Block block, Complex* field) {
  if (block.width == usual_width)
    copy_rows(flat(packed), 2 * usual_width, flat(field), 2 * block.stride, block.rows, 2 * usual_width);
  else
    copy_rows(flat(packed), 2 * block.width, flat(field), 2 * block.stride, block.rows, 2 * block.width);
}

namespace {
// put(out, value): what becomes of a pixel's real or imaginary part.
template <class Put>
[[gnu::always_inline]] inline void each_ramped(const Complex* spectrum_, std::size_t n,
                                               const Complex* ramp_row, const Complex* ramp_col_,
                                               float factor, Complex* out_, Put put) {
  const float* __restrict e = flat(ramp_col_);
  for (std::size_t r = 0; r < n; ++r) {
    const float* __restrict s = flat(spectrum_ + r * n);
    float* __restrict out = flat(out_ + r * n);
    const float fr = ramp_row[r].real() * factor, fi = ramp_row[r].imag() * factor;
    for (std::size_t i = 0; i < 2 * n; i += 2) {
      const float re = e[i] * fr - e[i + 1] * fi, im = e[i] * fi + e[i + 1] * fr;
      put(out[i], s[i] * re - s[i + 1] * im);
      put(out[i + 1], s[i] * im + s[i + 1] * re);
    }
  }
}
}  // namespace

PTERO_SIMD void ramp(const Complex* spectrum, std::size_t n, const Complex* ramp_row, const Complex* ramp_col,
                     float factor, Complex* out) {
  each_ramped(
      spectrum, n, ramp_row, ramp_col, factor, out,
      [](float& to, float value) __attribute__((always_inline)) { to = value; });
}

PTERO_SIMD void add_ramped(const Complex* spectrum, std::size_t n, const Complex* ramp_row,
                           const Complex* ramp_col, float factor, Complex* out) {
  each_ramped(
      spectrum, n, ramp_row, ramp_col, factor, out,
      [](float& to, float value) __attribute__((always_inline)) { to += value; });
}

PTERO_SIMD void add_unramped(const Complex* field_, std::size_t n, const Complex* ramp_row,
                             const Complex* ramp_col_, float factor, Complex* sum_) {
  const float* __restrict e = flat(ramp_col_);
  for (std::size_t r = 0; r < n; ++r) {
    const float* __restrict f = flat(field_ + r * n);
    float* __restrict sum = flat(sum_ + r * n);
    const float fr = ramp_row[r].real() * factor, fi = ramp_row[r].imag() * factor;
    for (std::size_t i = 0; i < 2 * n; i += 2) {
      const float re = e[i] * fr - e[i + 1] * fi, im = e[i] * fi + e[i + 1] * fr;
      sum[i] += f[i] * re + f[i + 1] * im;
      sum[i + 1] += f[i + 1] * re - f[i] * im;
    }
  }
}

PTERO_SIMD void add_products(const Complex* d_o_, const Complex* p_, const Complex* d_p_, const Complex* o_,
                             const Complex* chi_, std::size_t count, Products& products) {
  const float* __restrict d_o = flat(d_o_);
  const float* __restrict p = flat(p_);
  const float* __restrict d_p = flat(d_p_);
  const float* __restrict o = flat(o_);
  const float* __restrict chi = flat(chi_);
  float uu = 0, vv = 0, uv = 0, u_chi = 0, v_chi = 0;
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float u = d_o[i] * p[i] - d_o[i + 1] * p[i + 1], ui = d_o[i] * p[i + 1] + d_o[i + 1] * p[i];
    const float v = d_p[i] * o[i] - d_p[i + 1] * o[i + 1], vi = d_p[i] * o[i + 1] + d_p[i + 1] * o[i];
    uu += u * u + ui * ui;
    vv += v * v + vi * vi;
    uv += u * v + ui * vi;
    u_chi += u * chi[i] + ui * chi[i + 1];
    v_chi += v * chi[i] + vi * chi[i + 1];
  }
  products.uu += uu;
  products.vv += vv;
  products.uv += uv;
  products.u_chi += u_chi;
  products.v_chi += v_chi;
}

PTERO_SIMD void intensity(const Complex* a_, float* __restrict out, std::size_t count) {
  const float* __restrict a = flat(a_);
  for (std::size_t i = 0; i < count; ++i) out[i] = a[2 * i] * a[2 * i] + a[2 * i + 1] * a[2 * i + 1];
}

PTERO_SIMD void add_scaled(float* a_, const float* b_, float factor, std::size_t count) {
  float* __restrict a = a_;
  const float* __restrict b = b_;
  for (std::size_t i = 0; i < count; ++i) a[i] += factor * b[i];
}

PTERO_SIMD void scale(Complex* a_, float factor, std::size_t count) {
  float* a = flat(a_);
  for (std::size_t i = 0; i < 2 * count; ++i) a[i] *= factor;
}

void add_scaled(Complex* a, const Complex* b, float factor, std::size_t count) {
  add_scaled(flat(a), flat(b), factor, 2 * count);
}

void absorb(Complex* g, Complex* other, std::size_t count) {
  add_scaled(flat(g), flat(other), 1.0F, 2 * count);
  std::fill(other, other + count, Complex{});
}

void absorb(float* g, float* other, std::size_t count) {
  add_scaled(g, other, 1.0F, count);
  std::fill(other, other + count, 0.0F);
}

PTERO_SIMD void step_within(Complex* o_, const Complex* d_, const float* __restrict strength,
                            const float* __restrict light, float step, std::size_t count) {
  float* __restrict o = flat(o_);
  const float* __restrict d = flat(d_);
  for (std::size_t i = 0; i < count; ++i) {
    const float factor = step * light[i] > strength[i] ? strength[i] / light[i] : step;
    o[2 * i] += factor * d[2 * i];
    o[2 * i + 1] += factor * d[2 * i + 1];
  }
}

PTERO_SIMD void hypotenuse(const float* __restrict w, float floor, float* __restrict out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = std::sqrt(w[i] * w[i] + floor * floor);
}

PTERO_SIMD void blend(const float* __restrict w, float share, float floor, float* __restrict out,
                      std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = share * w[i] + floor;
}

PTERO_SIMD void multiply_by(Complex* a_, const float* __restrict b, std::size_t count) {
  float* __restrict a = flat(a_);
  for (std::size_t i = 0; i < count; ++i) {
    a[2 * i] *= b[i];
    a[2 * i + 1] *= b[i];
  }
}

PTERO_SIMD void divide_by(Complex* a_, const float* __restrict b, std::size_t count) {
  float* __restrict a = flat(a_);
  for (std::size_t i = 0; i < count; ++i) {
    const float factor = 1 / b[i];
    a[2 * i] *= factor;
    a[2 * i + 1] *= factor;
  }
}

PTERO_SIMD void multiply_by(Complex* a_, const Complex* b_, std::size_t count) {
  float* __restrict a = flat(a_);
  const float* __restrict b = flat(b_);
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = a[i] * b[i] - a[i + 1] * b[i + 1], im = a[i] * b[i + 1] + a[i + 1] * b[i];
    a[i] = re;
    a[i + 1] = im;
  }
}

PTERO_SIMD void multiply_by_conj(Complex* a_, const Complex* b_, std::size_t count) {
  float* __restrict a = flat(a_);
  const float* __restrict b = flat(b_);
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = a[i] * b[i] + a[i + 1] * b[i + 1], im = a[i + 1] * b[i] - a[i] * b[i + 1];
    a[i] = re;
    a[i + 1] = im;
  }
}

PTERO_SIMD void reflect(const Complex* p_, const Complex* o_, const Complex* wave_, Complex* out_,
                        std::size_t count) {
  const float* __restrict p = flat(p_);
  const float* __restrict o = flat(o_);
  const float* __restrict wave = flat(wave_);
  float* __restrict out = flat(out_);
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    out[i] = 2 * (p[i] * o[i] - p[i + 1] * o[i + 1]) - wave[i];
    out[i + 1] = 2 * (p[i] * o[i + 1] + p[i + 1] * o[i]) - wave[i + 1];
  }
}

PTERO_SIMD void multiply_and_add(const Complex* a_, const Complex* b_, const Complex* c_, Complex* out_,
                                 std::size_t count) {
  const float* __restrict a = flat(a_);
  const float* __restrict b = flat(b_);
  const float* __restrict c = flat(c_);
  float* __restrict out = flat(out_);
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    out[i] = a[i] * b[i] - a[i + 1] * b[i + 1] + c[i];
    out[i + 1] = a[i] * b[i + 1] + a[i + 1] * b[i] + c[i + 1];
  }
}

PTERO_SIMD void add_intensity(const Complex* a_, float* __restrict out, std::size_t count) {
  const float* __restrict a = flat(a_);
  for (std::size_t i = 0; i < count; ++i) out[i] += a[2 * i] * a[2 * i] + a[2 * i + 1] * a[2 * i + 1];
}

PTERO_SIMD double inner(const Complex* a_, const Complex* b_, std::size_t count) {
  const float* __restrict a = flat(a_);
  const float* __restrict b = flat(b_);
  float sum = 0;
  for (std::size_t i = 0; i < 2 * count; ++i) sum += a[i] * b[i];
  return double{sum};
}

PTERO_SIMD double inner_ramped(const Complex* a_, const Complex* ramp_, Complex factor, const Complex* b_,
                               std::size_t count) {
  const float* __restrict a = flat(a_);
  const float* __restrict e = flat(ramp_);
  const float* __restrict b = flat(b_);
  const float fr = factor.real(), fi = factor.imag();
  float sum = 0;
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = e[i] * fr - e[i + 1] * fi, im = e[i] * fi + e[i + 1] * fr;
    sum += (a[i] * re - a[i + 1] * im) * b[i] + (a[i] * im + a[i + 1] * re) * b[i + 1];
  }
  return double{sum};
}

PTERO_SIMD void add_object_products(const Complex* d_o_, const Complex* p_, const Complex* chi_,
                                    std::size_t count, Products& products) {
  const float* __restrict d_o = flat(d_o_);
  const float* __restrict p = flat(p_);
  const float* __restrict chi = flat(chi_);
  float uu = 0, u_chi = 0;
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float u = d_o[i] * p[i] - d_o[i + 1] * p[i + 1], ui = d_o[i] * p[i + 1] + d_o[i + 1] * p[i];
    uu += u * u + ui * ui;
    u_chi += u * chi[i] + ui * chi[i + 1];
  }
  products.uu += uu;
  products.u_chi += u_chi;
}

namespace {
// The change of p o when the probe moves, -dp/dr o, and its products with chi; p two neighbours either way.
struct Slope {
  float chi, square;
};
inline Slope slope(const float* p, std::ptrdiff_t step, const float* o, const float* chi) {
  const auto difference = [=](const float* at) {
    return (8 * (at[-step] - at[step]) + at[2 * step] - at[-2 * step]) * (1.0F / 12);
  };
  const float re = difference(p), im = difference(p + 1);
  const float gr = re * o[0] - im * o[1], gi = re * o[1] + im * o[0];
  return {gr * chi[0] + gi * chi[1], gr * gr + gi * gi};
}
}  // namespace

PTERO_SIMD void add_position(const Complex* p_, std::size_t stride, const Complex* o_, const Complex* chi_,
                             PositionSums& sums) {
  const float* __restrict p = flat(p_);
  const float* __restrict o = flat(o_);
  const float* __restrict chi = flat(chi_);
  const auto line = static_cast<std::ptrdiff_t>(2 * stride);
  float row_chi = 0, row_row = 0, col_chi = 0, col_col = 0;
  for (std::size_t i = 4; i < 2 * stride - 4; i += 2) {
    const Slope row = slope(p + i, line, o + i, chi + i), col = slope(p + i, 2, o + i, chi + i);
    row_chi += row.chi;
    row_row += row.square;
    col_chi += col.chi;
    col_col += col.square;
  }
  sums.row_chi += row_chi;
  sums.row_row += row_row;
  sums.col_chi += col_chi;
  sums.col_col += col_col;
}

}  // namespace ptero::ptycho::kernels
