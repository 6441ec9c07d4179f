#pragma once
// The element-wise loops of the networks on the CPU, one pass over memory each. No tensors: pointers in C
// order. T is float, or double in the tests of gradients.

#include <cstdint>

namespace ptero::ddip::kernels {

/// A channel of rows x cols and how it is normalised.
struct Plane {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t pad = 0;  ///< reflected border of the output, < rows and cols
  double epsilon = 0;
  double leak = 1;  ///< slope below 0; 1: no rectifier

  std::int64_t padded_rows() const { return rows + 2 * pad; }
  std::int64_t padded_cols() const { return cols + 2 * pad; }
};

/// y = pad(leaky(gamma (x - mean) / sqrt(var + epsilon) + beta)), mean and variance those of the channel.
/// Tells mean and 1 / sqrt(var + epsilon).
template <class T>
void normalise(const Plane& plane, const T* x, T gamma, T beta, T* y, T& mean, T& inverse);

/// From the gradient of y (padded) those of x (may be the folded scratch's place), gamma and beta.
template <class T>
void normalise_gradient(const Plane& plane, const T* gradient_y, const T* x, T gamma, T beta, T mean,
                        T inverse, T* gradient_x, T& gradient_gamma, T& gradient_beta);

/// y[o] = sum_c w[o * stride_out + c * stride_in] x[c] + b[o] for pixels begin .. end of `pixels`; b may be
/// null. The strides make the same loop the transpose.
template <class T>
void mix(std::int64_t in, std::int64_t out, std::int64_t pixels, std::int64_t begin, std::int64_t end,
         const T* w, std::int64_t stride_out, std::int64_t stride_in, const T* b, const T* x, T* y);

/// w[o * in + c] += sum of g[o] x[c], b[o] += sum of g[o], over all pixels.
template <class T>
void mix_gradient(std::int64_t in, std::int64_t out, std::int64_t pixels, const T* g, const T* x, T* w, T* b);

struct AdamStep {
  double rate = 0;  ///< learning rate / (1 - beta1^t)
  double beta1 = 0, beta2 = 0, epsilon = 0;
  double inverse_root = 1;  ///< 1 / sqrt(1 - beta2^t)
};
/// One step of Adam over `count` parameters; clears the gradient for the next.
template <class T>
void adam(const AdamStep& step, std::int64_t count, T* parameter, T* gradient, T* first, T* second);

}  // namespace ptero::ddip::kernels
