#pragma once

#include <ptero/core/simd.hpp>
#include <ptero/ptycho/forward_model.hpp>

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
