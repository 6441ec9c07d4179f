#pragma once
// The vector kernel, written once over a register type V; its includer supplies V and is compiled for it. V
// has:
//   bytes, one lane = 16 bytes; load(p); store(p, stride, v): each lane 16 bytes at p + lane * stride;
//   xor_, and_, shift_left<n>, shift_right<n> (within 16-bit words); low8, high8, low16, high16: interleave
//   the lower or upper halves of each lane, by bytes or by pairs.

#include <cstddef>

#include "bit_transpose.hpp"

namespace ptero::codec::detail {
namespace {

// Swaps the bits of a above n with those of b below, in every group of 2 n bits that `mask` selects.
template <int n, class V>
inline void swap_bits(V& a, V& b, V mask) {
  const V t = V::and_(V::xor_(V::template shift_right<n>(a), b), mask);
  b = V::xor_(b, t);
  a = V::xor_(a, V::template shift_left<n>(t));
}

// Byte b of 8 V::bytes elements, in order within each lane: the 8x8 bit transpose of every byte column of the
// eight rows at `in`, then their bytes interleaved so that position 8 j + i is row i, byte j.
template <class V>
inline void unshuffle_plane(const std::byte* in, std::size_t row_bytes, V (&p)[8]) {
  V r[8];
  for (int k = 0; k < 8; ++k) r[k] = V::load(in + static_cast<std::size_t>(k) * row_bytes);
  for (int k = 0; k < 4; ++k) swap_bits<4>(r[k], r[k + 4], V::all(0x0f));
  for (int k : {0, 1, 4, 5}) swap_bits<2>(r[k], r[k + 2], V::all(0x33));
  for (int k : {0, 2, 4, 6}) swap_bits<1>(r[k], r[k + 1], V::all(0x55));
  V s[8];
  for (int i = 0; i < 4; ++i) {
    s[i] = V::low8(r[i], r[i + 4]);
    s[i + 4] = V::high8(r[i], r[i + 4]);
  }
  for (int h = 0; h < 2; ++h) {
    const V even_low = V::low8(s[4 * h], s[4 * h + 2]);
    const V even_high = V::high8(s[4 * h], s[4 * h + 2]);
    const V odd_low = V::low8(s[4 * h + 1], s[4 * h + 3]);
    const V odd_high = V::high8(s[4 * h + 1], s[4 * h + 3]);
    p[4 * h] = V::low8(even_low, odd_low);
    p[4 * h + 1] = V::high8(even_low, odd_low);
    p[4 * h + 2] = V::low8(even_high, odd_high);
    p[4 * h + 3] = V::high8(even_high, odd_high);
  }
}

// Writes 16 elements a lane from their planes' registers.
template <class V>
inline void store_1(std::byte* out, std::size_t stride, const V& a) {
  V::store(out, stride, a);
}
template <class V>
inline void store_2(std::byte* out, std::size_t stride, const V& a, const V& b) {
  V::store(out, stride, V::low8(a, b));
  V::store(out + 16, stride, V::high8(a, b));
}
template <class V>
inline void store_4(std::byte* out, std::size_t stride, const V& a, const V& b, const V& c, const V& d) {
  const V ab_low = V::low8(a, b);
  const V ab_high = V::high8(a, b);
  const V cd_low = V::low8(c, d);
  const V cd_high = V::high8(c, d);
  V::store(out, stride, V::low16(ab_low, cd_low));
  V::store(out + 16, stride, V::high16(ab_low, cd_low));
  V::store(out + 32, stride, V::low16(ab_high, cd_high));
  V::store(out + 48, stride, V::high16(ab_high, cd_high));
}

template <class V, std::size_t E>
void unshuffle_elements(const std::byte* in, std::byte* out, std::size_t n) {
  const std::size_t row_bytes = n / 8;
  const std::size_t plane_bytes = 8 * row_bytes;
  constexpr std::size_t lane_stride = 128 * E;
  std::size_t j = 0;
  for (; j + V::bytes <= row_bytes; j += V::bytes) {
    V p[E][8];
    for (std::size_t b = 0; b < E; ++b) unshuffle_plane(in + b * plane_bytes + j, row_bytes, p[b]);
    std::byte* to = out + 8 * j * E;
    for (int i = 0; i < 8; ++i, to += 16 * E) {
      if constexpr (E == 1) store_1(to, lane_stride, p[0][i]);
      if constexpr (E == 2) store_2(to, lane_stride, p[0][i], p[1][i]);
      if constexpr (E == 4) store_4(to, lane_stride, p[0][i], p[1][i], p[2][i], p[3][i]);
    }
  }
  unshuffle_columns(in, out, row_bytes, j, E);
}

template <class V>
void unshuffle_simd(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  if (element_bytes == 1) unshuffle_elements<V, 1>(in, out, n);
  if (element_bytes == 2) unshuffle_elements<V, 2>(in, out, n);
  if (element_bytes == 4) unshuffle_elements<V, 4>(in, out, n);
}

}  // namespace
}  // namespace ptero::codec::detail
