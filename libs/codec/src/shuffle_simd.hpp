#pragma once
// The vector kernel of the other direction, written once over a register type V; see unshuffle_simd.hpp. V
// has besides:
//   load(p): V::bytes bytes; even(a, b), odd(a, b): the even or odd bytes of a, then of b, in order;
//   doubled: each byte shifted up by one bit; top_bits: the highest bit of each byte, the first byte's
//   lowest.

#include <cstring>

#include "bit_transpose.hpp"

namespace ptero::codec::detail {
namespace {

/// The bits of byte b of V::bytes elements, one row each, most significant first.
template <class V>
inline void shuffle_plane(V plane, std::byte* out, std::size_t row_bytes) {
  for (int k = 8; k-- > 0; plane = V::doubled(plane)) {
    const auto bits = V::top_bits(plane);
    std::memcpy(out + static_cast<std::size_t>(k) * row_bytes, &bits, sizeof bits);
  }
}

template <class V, std::size_t E>
void shuffle_elements(const std::byte* in, std::byte* out, std::size_t n) {
  const std::size_t row_bytes = n / 8;
  const std::size_t plane_bytes = 8 * row_bytes;
  std::size_t i = 0;
  for (; i + V::bytes <= n; i += V::bytes) {
    const std::byte* from = in + i * E;
    V plane[E];
    if constexpr (E == 1) plane[0] = V::load(from);
    if constexpr (E == 2) {
      const V a = V::load(from), b = V::load(from + V::bytes);
      plane[0] = V::even(a, b);
      plane[1] = V::odd(a, b);
    }
    if constexpr (E == 4) {
      const V a = V::load(from), b = V::load(from + V::bytes);
      const V c = V::load(from + 2 * V::bytes), d = V::load(from + 3 * V::bytes);
      const V even_low = V::even(a, b), even_high = V::even(c, d);
      const V odd_low = V::odd(a, b), odd_high = V::odd(c, d);
      plane[0] = V::even(even_low, even_high);
      plane[1] = V::even(odd_low, odd_high);
      plane[2] = V::odd(even_low, even_high);
      plane[3] = V::odd(odd_low, odd_high);
    }
    for (std::size_t b = 0; b < E; ++b) shuffle_plane(plane[b], out + b * plane_bytes + i / 8, row_bytes);
  }
  shuffle_columns(in, out, row_bytes, i / 8, E);
}

template <class V>
void shuffle_simd(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  if (element_bytes == 1) shuffle_elements<V, 1>(in, out, n);
  if (element_bytes == 2) shuffle_elements<V, 2>(in, out, n);
  if (element_bytes == 4) shuffle_elements<V, 4>(in, out, n);
}

}  // namespace
}  // namespace ptero::codec::detail
