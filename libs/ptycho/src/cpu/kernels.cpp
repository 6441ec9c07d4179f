#include "kernels.hpp"

#include <algorithm>
#include <cmath>

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

PTERO_SIMD void ramp(const Complex* spectrum_, const Complex* ramp_, Complex factor, Complex* out_,
                     std::size_t count) {
  const float* __restrict s = flat(spectrum_);
  const float* __restrict e = flat(ramp_);
  float* __restrict out = flat(out_);
  const float fr = factor.real(), fi = factor.imag();
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = e[i] * fr - e[i + 1] * fi, im = e[i] * fi + e[i + 1] * fr;
    out[i] = s[i] * re - s[i + 1] * im;
    out[i + 1] = s[i] * im + s[i + 1] * re;
  }
}

PTERO_SIMD void add_unramped(const Complex* field_, const Complex* ramp_, Complex factor, Complex* sum_,
                             std::size_t count) {
  const float* __restrict f = flat(field_);
  const float* __restrict e = flat(ramp_);
  float* __restrict sum = flat(sum_);
  const float fr = factor.real(), fi = factor.imag();
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    const float re = e[i] * fr - e[i + 1] * fi, im = e[i] * fi + e[i + 1] * fr;
    sum[i] += f[i] * re + f[i + 1] * im;
    sum[i + 1] += f[i + 1] * re - f[i] * im;
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

PTERO_SIMD void step_within(Complex* o_, const Complex* d_, const float* __restrict w,
                            const float* __restrict light, float floor, float step, std::size_t count) {
  float* __restrict o = flat(o_);
  const float* __restrict d = flat(d_);
  for (std::size_t i = 0; i < count; ++i) {
    const float strength = std::sqrt(w[i] * w[i] + floor * floor);
    const float wanted = step * light[i];
    const float factor = wanted > strength ? strength / light[i] : step;
    o[2 * i] += factor * d[2 * i];
    o[2 * i + 1] += factor * d[2 * i + 1];
  }
}

PTERO_SIMD void precondition(Complex* g_, const float* __restrict w, float floor, std::size_t count) {
  float* __restrict g = flat(g_);
  for (std::size_t i = 0; i < count; ++i) {
    const float factor = 1 / std::sqrt(w[i] * w[i] + floor * floor);
    g[2 * i] *= factor;
    g[2 * i + 1] *= factor;
  }
}

}  // namespace ptero::ptycho::kernels
