#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <ptero/core/simd.hpp>
#include <vector>

#define PTERO_INLINE inline __attribute__((always_inline))

namespace ptero::ddip::kernels {

namespace {

// Four accumulators' worth of a vector register, whatever its width.
template <class T>
inline constexpr std::int64_t lanes = 64 / static_cast<std::int64_t>(sizeof(T));
template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(64)));
};
template <class T>
using Vector = typename VectorOf<T>::type;

template <class T>
PTERO_INLINE Vector<T> load(const T* p) {
  Vector<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
PTERO_INLINE void store(T* p, const Vector<T>& v) {
  __builtin_memcpy(p, &v, sizeof v);
}
template <class T>
PTERO_INLINE T total(Vector<T> v) {
  T sum = 0;
  for (std::int64_t i = 0; i < lanes<T>; ++i) sum += v[i];
  return sum;
}

/// sum (x - shift)^k for k = 1, 2.
template <class T>
PTERO_INLINE void moments(const T* x, std::int64_t count, T shift, T& first, T& second) {
  Vector<T> s1 = {}, s2 = {}, t1 = {}, t2 = {};
  std::int64_t i = 0;
  for (; i + 2 * lanes<T> <= count; i += 2 * lanes<T>) {
    const Vector<T> a = load(x + i) - shift, b = load(x + i + lanes<T>) - shift;
    s1 += a;
    s2 += a * a;
    t1 += b;
    t2 += b * b;
  }
  first = total<T>(s1 + t1);
  second = total<T>(s2 + t2);
  for (; i < count; ++i) {
    const T a = x[i] - shift;
    first += a;
    second += a * a;
  }
}

template <class T>
PTERO_INLINE void normalise_body(const Plane& p, const T* x, T gamma, T beta, T* y, T& mean, T& inverse) {
  const std::int64_t count = p.rows * p.cols;
  // The first pixel as a shift keeps the one-pass variance from cancelling.
  T first, second;
  moments(x, count, x[0], first, second);
  const T n = static_cast<T>(count), offset = first / n;
  mean = x[0] + offset;
  inverse = T(1) / std::sqrt(std::max(second / n - offset * offset, T(0)) + static_cast<T>(p.epsilon));
  const T scale = gamma * inverse, shift = beta - mean * scale, leak = static_cast<T>(p.leak);
  const std::int64_t width = p.padded_cols();
  for (std::int64_t r = 0; r < p.rows; ++r) {
    T* out = y + (r + p.pad) * width + p.pad;
    const T* in = x + r * p.cols;
    for (std::int64_t c = 0; c < p.cols; ++c) {
      const T v = in[c] * scale + shift;
      out[c] = v < 0 ? v * leak : v;
    }
    for (std::int64_t k = 1; k <= p.pad; ++k) {
      out[-k] = out[k];
      out[p.cols - 1 + k] = out[p.cols - 1 - k];
    }
  }
  for (std::int64_t k = 1; k <= p.pad; ++k) {
    std::copy_n(y + (p.pad + k) * width, width, y + (p.pad - k) * width);
    std::copy_n(y + (p.pad + p.rows - 1 - k) * width, width, y + (p.pad + p.rows - 1 + k) * width);
  }
}

template <class T>
PTERO_INLINE void add_row(const T* from, std::int64_t width, T* to) {
  for (std::int64_t c = 0; c < width; ++c) to[c] += from[c];
}

/// Row r of the gradient with the reflected border added to where it came from.
template <class T>
PTERO_INLINE const T* folded_row(const Plane& p, const T* gradient, std::int64_t r, T* buffer) {
  const std::int64_t width = p.padded_cols();
  const T* row = gradient + (r + p.pad) * width;
  if (p.pad == 0) return row;
  std::copy_n(row, width, buffer);
  const std::int64_t below = p.rows - 1 - r;
  if (r >= 1 && r <= p.pad) add_row(gradient + (p.pad - r) * width, width, buffer);
  if (below >= 1 && below <= p.pad) add_row(gradient + (p.pad + p.rows - 1 + below) * width, width, buffer);
  for (std::int64_t k = 1; k <= p.pad; ++k) {
    buffer[p.pad + k] += buffer[p.pad - k];
    buffer[p.pad + p.cols - 1 - k] += buffer[p.pad + p.cols - 1 + k];
  }
  return buffer + p.pad;
}

template <class T>
PTERO_INLINE void normalise_gradient_body(const Plane& p, const T* gradient_y, const T* x, T gamma, T beta,
                                          T mean, T inverse, T* gradient_x, T& gradient_gamma,
                                          T& gradient_beta) {
  const T scale = gamma * inverse, shift = beta - mean * scale, leak = static_cast<T>(p.leak);
  std::vector<T> buffer(static_cast<std::size_t>(p.padded_cols()));
  T sum = 0, product = 0;
  for (std::int64_t r = 0; r < p.rows; ++r) {
    const T* g = folded_row(p, gradient_y, r, buffer.data());
    const T* in = x + r * p.cols;
    T* out = gradient_x + r * p.cols;
    Vector<T> sums = {}, products = {};
    std::int64_t c = 0;
    for (; c + lanes<T> <= p.cols; c += lanes<T>) {
      const Vector<T> value = load(in + c), gradient = load(g + c);
      const Vector<T> v = value * scale + shift;
      const Vector<T> rectified = v < 0 ? gradient * leak : gradient;
      store<T>(out + c, rectified);
      sums += rectified;
      products += rectified * (value - mean);
    }
    sum += total<T>(sums);
    product += total<T>(products);
    for (; c < p.cols; ++c) {
      const T rectified = in[c] * scale + shift < 0 ? g[c] * leak : g[c];
      out[c] = rectified;
      sum += rectified;
      product += rectified * (in[c] - mean);
    }
  }
  gradient_gamma = product * inverse;
  gradient_beta = sum;
  const T n = static_cast<T>(p.rows * p.cols);
  // dx = scale (g - mean(g) - x^ mean(g x^)), x^ the normalised x.
  const T slope = -scale * product * inverse * inverse / n, constant = -scale * sum / n - slope * mean;
  const std::int64_t count = p.rows * p.cols;
  for (std::int64_t i = 0; i < count; ++i) gradient_x[i] = gradient_x[i] * scale + x[i] * slope + constant;
}

template <class T, int Outputs>
PTERO_INLINE void mix_block(std::int64_t in, std::int64_t pixels, std::int64_t begin, std::int64_t end,
                            const T* w, std::int64_t stride_out, std::int64_t stride_in, const T* b,
                            const T* x, T* y) {
  std::int64_t n = begin;
  for (; n + 2 * lanes<T> <= end; n += 2 * lanes<T>) {
    Vector<T> sums[2 * Outputs];
    for (int o = 0; o < Outputs; ++o) {
      const T start = b ? b[o] : T(0);
      sums[2 * o] = sums[2 * o + 1] = Vector<T>{} + start;
    }
    for (std::int64_t c = 0; c < in; ++c) {
      const Vector<T> low = load(x + c * pixels + n), high = load(x + c * pixels + n + lanes<T>);
      for (int o = 0; o < Outputs; ++o) {
        const T weight = w[o * stride_out + c * stride_in];
        sums[2 * o] += low * weight;
        sums[2 * o + 1] += high * weight;
      }
    }
    for (int o = 0; o < Outputs; ++o) {
      store<T>(y + o * pixels + n, sums[2 * o]);
      store<T>(y + o * pixels + n + lanes<T>, sums[2 * o + 1]);
    }
  }
  for (; n < end; ++n)
    for (int o = 0; o < Outputs; ++o) {
      T sum = b ? b[o] : T(0);
      for (std::int64_t c = 0; c < in; ++c) sum += w[o * stride_out + c * stride_in] * x[c * pixels + n];
      y[o * pixels + n] = sum;
    }
}

template <class T>
PTERO_INLINE void mix_body(std::int64_t in, std::int64_t out, std::int64_t pixels, std::int64_t begin,
                           std::int64_t end, const T* w, std::int64_t stride_out, std::int64_t stride_in,
                           const T* b, const T* x, T* y) {
  // A slab of pixels small enough that its inputs stay in the nearest cache for all outputs.
  constexpr std::int64_t slab = 32 * lanes<T>;
  for (std::int64_t from = begin; from < end; from += slab) {
    const std::int64_t to = std::min(end, from + slab);
    std::int64_t o = 0;
    for (; o + 8 <= out; o += 8)
      mix_block<T, 8>(in, pixels, from, to, w + o * stride_out, stride_out, stride_in, b ? b + o : nullptr, x,
                      y + o * pixels);
    for (; o < out; ++o)
      mix_block<T, 1>(in, pixels, from, to, w + o * stride_out, stride_out, stride_in, b ? b + o : nullptr, x,
                      y + o * pixels);
  }
}

template <class T, int Rows, int Cols>
PTERO_INLINE void outer_block(std::int64_t in, std::int64_t pixels, std::int64_t begin, std::int64_t end,
                              const T* g, const T* x, T* w) {
  Vector<T> sums[Rows * Cols] = {};
  std::int64_t n = begin;
  for (; n + lanes<T> <= end; n += lanes<T>) {
    Vector<T> inputs[Cols];
    for (int c = 0; c < Cols; ++c) inputs[c] = load(x + c * pixels + n);
    for (int r = 0; r < Rows; ++r) {
      const Vector<T> gradient = load(g + r * pixels + n);
      for (int c = 0; c < Cols; ++c) sums[r * Cols + c] += gradient * inputs[c];
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int c = 0; c < Cols; ++c) {
      T sum = total<T>(sums[r * Cols + c]);
      for (std::int64_t k = n; k < end; ++k) sum += g[r * pixels + k] * x[c * pixels + k];
      w[r * in + c] += sum;
    }
}

template <class T>
PTERO_INLINE void mix_gradient_body(std::int64_t in, std::int64_t out, std::int64_t pixels, const T* g,
                                    const T* x, T* w, T* b) {
  constexpr std::int64_t slab = 64 * lanes<T>;
  for (std::int64_t from = 0; from < pixels; from += slab) {
    const std::int64_t to = std::min(pixels, from + slab);
    for (std::int64_t o = 0; o < out; ++o) {
      T first, second;
      moments(g + o * pixels + from, to - from, T(0), first, second);
      b[o] += first;
    }
    std::int64_t o = 0;
    for (; o + 4 <= out; o += 4) {
      std::int64_t c = 0;
      for (; c + 4 <= in; c += 4)
        outer_block<T, 4, 4>(in, pixels, from, to, g + o * pixels, x + c * pixels, w + o * in + c);
      for (; c < in; ++c)
        outer_block<T, 4, 1>(in, pixels, from, to, g + o * pixels, x + c * pixels, w + o * in + c);
    }
    for (; o < out; ++o)
      for (std::int64_t c = 0; c < in; ++c)
        outer_block<T, 1, 1>(in, pixels, from, to, g + o * pixels, x + c * pixels, w + o * in + c);
  }
}

template <class T>
PTERO_INLINE void adam_body(const AdamStep& s, std::int64_t count, T* parameter, T* gradient, T* first,
                            T* second) {
  const T beta1 = static_cast<T>(s.beta1), rest1 = static_cast<T>(1 - s.beta1);
  const T beta2 = static_cast<T>(s.beta2), rest2 = static_cast<T>(1 - s.beta2);
  const T rate = static_cast<T>(s.rate), root = static_cast<T>(s.inverse_root),
          epsilon = static_cast<T>(s.epsilon);
  for (std::int64_t i = 0; i < count; ++i) {
    const T g = gradient[i];
    gradient[i] = 0;
    first[i] = beta1 * first[i] + rest1 * g;
    second[i] = beta2 * second[i] + rest2 * g * g;
    parameter[i] -= rate * first[i] / (std::sqrt(second[i]) * root + epsilon);
  }
}

}  // namespace

#define PTERO_KERNELS(T)                                                                                     \
  template <>                                                                                                \
  PTERO_SIMD void normalise<T>(const Plane& plane, const T* x, T gamma, T beta, T* y, T& mean, T& inverse) { \
    normalise_body(plane, x, gamma, beta, y, mean, inverse);                                                 \
  }                                                                                                          \
  template <>                                                                                                \
  PTERO_SIMD void normalise_gradient<T>(const Plane& plane, const T* gradient_y, const T* x, T gamma,        \
                                        T beta, T mean, T inverse, T* gradient_x, T& gradient_gamma,         \
                                        T& gradient_beta) {                                                  \
    normalise_gradient_body(plane, gradient_y, x, gamma, beta, mean, inverse, gradient_x, gradient_gamma,    \
                            gradient_beta);                                                                  \
  }                                                                                                          \
  template <>                                                                                                \
  PTERO_SIMD void mix<T>(std::int64_t in, std::int64_t out, std::int64_t pixels, std::int64_t begin,         \
                         std::int64_t end, const T* w, std::int64_t stride_out, std::int64_t stride_in,      \
                         const T* b, const T* x, T* y) {                                                     \
    mix_body(in, out, pixels, begin, end, w, stride_out, stride_in, b, x, y);                                \
  }                                                                                                          \
  template <>                                                                                                \
  PTERO_SIMD void mix_gradient<T>(std::int64_t in, std::int64_t out, std::int64_t pixels, const T* g,        \
                                  const T* x, T* w, T* b) {                                                  \
    mix_gradient_body(in, out, pixels, g, x, w, b);                                                          \
  }                                                                                                          \
  template <>                                                                                                \
  PTERO_SIMD void adam<T>(const AdamStep& step, std::int64_t count, T* parameter, T* gradient, T* first,     \
                          T* second) {                                                                       \
    adam_body(step, count, parameter, gradient, first, second);                                              \
  }
PTERO_KERNELS(float)
PTERO_KERNELS(double)

}  // namespace ptero::ddip::kernels
