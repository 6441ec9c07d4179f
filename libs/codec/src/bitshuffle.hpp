#pragma once
// Bit shuffling of one block of n elements of E bytes, n % 8 == 0: row r = 8 b + k of the shuffled block, n /
// 8 bytes long, holds bit k (least significant first) of byte b of every element; bit i of its byte j is
// element 8 j + i. https://github.com/kiyo-masui/bitshuffle; every kernel gives the same bytes.

#include <cstddef>
#include <span>
#include <string_view>

namespace ptero::codec::detail {

struct BitshuffleKernel {
  std::string_view name;
  /// in and out hold n * element_bytes bytes and do not overlap; n % 8 == 0; element_bytes 1, 2 or 4.
  void (*unshuffle)(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
  void (*shuffle)(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
};

/// What this machine can run, slowest first: portable, then SSE2 and AVX2 where there are any.
std::span<const BitshuffleKernel> bitshuffle_kernels();

// The kernels of the table.
void unshuffle_portable(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
void shuffle_portable(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
void unshuffle_sse2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
void shuffle_sse2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
void unshuffle_avx2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);
void shuffle_avx2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes);

inline void bit_unshuffle(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  static const auto fastest = bitshuffle_kernels().back().unshuffle;
  if (element_bytes > 4) return unshuffle_portable(in, out, n, element_bytes);
  fastest(in, out, n, element_bytes);
}

inline void bit_shuffle(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  static const auto fastest = bitshuffle_kernels().back().shuffle;
  if (element_bytes > 4) return shuffle_portable(in, out, n, element_bytes);
  fastest(in, out, n, element_bytes);
}

}  // namespace ptero::codec::detail
