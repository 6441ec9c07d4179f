#include "bitshuffle.hpp"

#include <array>
#include <cstdint>

#include "bit_transpose.hpp"

namespace ptero::codec::detail {

void unshuffle_portable(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  unshuffle_columns(in, out, n / 8, 0, element_bytes);
}

void bit_shuffle(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  const std::size_t row_bytes = n / 8;
  for (std::size_t j = 0; j < row_bytes; ++j)
    for (std::size_t b = 0; b < element_bytes; ++b) {
      std::uint64_t bits = 0;
      for (std::size_t i = 0; i < 8; ++i)
        bits |= static_cast<std::uint64_t>(in[(8 * j + i) * element_bytes + b]) << (8 * i);
      bits = transpose_8x8(bits);
      for (std::size_t k = 0; k < 8; ++k)
        out[(8 * b + k) * row_bytes + j] = static_cast<std::byte>(bits >> (8 * k));
    }
}

std::span<const BitshuffleKernel> bitshuffle_kernels() {
#ifdef __x86_64__
  static constexpr std::array<BitshuffleKernel, 3> all{
      {{"portable", unshuffle_portable}, {"sse2", unshuffle_sse2}, {"avx2", unshuffle_avx2}}};
  return std::span(all).first(__builtin_cpu_supports("avx2") ? 3 : 2);
#else
  static constexpr std::array<BitshuffleKernel, 1> all{{{"portable", unshuffle_portable}}};
  return all;
#endif
}

}  // namespace ptero::codec::detail
