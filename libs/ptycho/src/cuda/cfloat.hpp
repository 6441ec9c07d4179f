#pragma once
// What kernels are written in: C++17 that both a CUDA compiler and a host compiler take.

#include <cmath>
#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#define PTERO_HD __host__ __device__ inline
#else
#define PTERO_HD inline
#endif

namespace ptero::ptycho::cuda {

/// std::complex<float> has no device side; the layout is the same, aligned for one load.
struct alignas(8) Cfloat {
  float re, im;
};

PTERO_HD Cfloat operator+(Cfloat a, Cfloat b) {
  return {a.re + b.re, a.im + b.im};
}
PTERO_HD Cfloat operator-(Cfloat a, Cfloat b) {
  return {a.re - b.re, a.im - b.im};
}
PTERO_HD Cfloat operator*(Cfloat a, Cfloat b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
PTERO_HD Cfloat operator*(Cfloat a, float factor) {
  return {a.re * factor, a.im * factor};
}
PTERO_HD Cfloat conj(Cfloat a) {
  return {a.re, -a.im};
}
PTERO_HD float norm(Cfloat a) {
  return a.re * a.re + a.im * a.im;
}
/// Re<a, b> = Re(conj(a) b).
PTERO_HD float inner(Cfloat a, Cfloat b) {
  return a.re * b.re + a.im * b.im;
}

/// `sum` += value where other threads add to the same place; in which order is left to the device, so the
/// last bits vary from run to run.
PTERO_HD void add_shared(float* sum, float value) {
#ifdef __CUDA_ARCH__
  atomicAdd(sum, value);
#else
  *sum += value;
#endif
}
PTERO_HD void add_shared(Cfloat* sum, Cfloat value) {
  add_shared(&sum->re, value.re);
  add_shared(&sum->im, value.im);
}

}  // namespace ptero::ptycho::cuda
