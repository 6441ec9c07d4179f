#pragma once

#include <ptero/ptycho/forward_model.hpp>

// One binary for every x86-64: the loader picks the widest clone. Resolvers run before a sanitizer is up, so
// sanitized builds take the plain version.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define PTERO_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PTERO_SIMD
#endif

namespace ptero::ptycho::kernels {

// std::complex products check for infinities, which keeps loops scalar; arrays of complex are arrays of
// (real, imaginary) pairs by the standard.
inline const float* flat(const Complex* p) {
  return reinterpret_cast<const float*>(p);
}
inline float* flat(Complex* p) {
  return reinterpret_cast<float*>(p);
}

}  // namespace ptero::ptycho::kernels
