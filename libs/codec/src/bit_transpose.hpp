#pragma once
// Included by units compiled for one instruction set: everything here has internal linkage, so that the
// linker never picks a copy this machine cannot run.

#include <cstddef>
#include <cstdint>

namespace ptero::codec::detail {
namespace {

/// Bit i of byte k becomes bit k of byte i. (Warren, Hacker's Delight, 7-3)
[[maybe_unused]] inline std::uint64_t transpose_8x8(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aaULL;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000cccc0000ccccULL;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0ULL;
  return x ^ t ^ (t << 28);
}

/// Unshuffles the bytes [from, row_bytes) of every row: eight elements each.
[[maybe_unused]] void unshuffle_columns(const std::byte* in, std::byte* out, std::size_t row_bytes,
                                        std::size_t from, std::size_t element_bytes) {
  for (std::size_t j = from; j < row_bytes; ++j)
    for (std::size_t b = 0; b < element_bytes; ++b) {
      std::uint64_t bits = 0;
      for (std::size_t k = 0; k < 8; ++k)
        bits |= static_cast<std::uint64_t>(in[(8 * b + k) * row_bytes + j]) << (8 * k);
      bits = transpose_8x8(bits);
      for (std::size_t i = 0; i < 8; ++i)
        out[(8 * j + i) * element_bytes + b] = static_cast<std::byte>(bits >> (8 * i));
    }
}

/// Shuffles the same bytes of every row.
[[maybe_unused]] void shuffle_columns(const std::byte* in, std::byte* out, std::size_t row_bytes,
                                      std::size_t from, std::size_t element_bytes) {
  for (std::size_t j = from; j < row_bytes; ++j)
    for (std::size_t b = 0; b < element_bytes; ++b) {
      std::uint64_t bits = 0;
      for (std::size_t i = 0; i < 8; ++i)
        bits |= static_cast<std::uint64_t>(in[(8 * j + i) * element_bytes + b]) << (8 * i);
      bits = transpose_8x8(bits);
      for (std::size_t k = 0; k < 8; ++k)
        out[(8 * b + k) * row_bytes + j] = static_cast<std::byte>(bits >> (8 * k));
    }
}

}  // namespace
}  // namespace ptero::codec::detail
