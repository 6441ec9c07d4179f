#include "bitshuffle.hpp"

#include <array>

#include "bit_transpose.hpp"

namespace ptero::codec::detail {

void unshuffle_portable(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  unshuffle_columns(in, out, n / 8, 0, element_bytes);
}

void shuffle_portable(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  shuffle_columns(in, out, n / 8, 0, element_bytes);
}

std::span<const BitshuffleKernel> bitshuffle_kernels() {
#ifdef __x86_64__
  static constexpr std::array<BitshuffleKernel, 3> all{{{"portable", unshuffle_portable, shuffle_portable},
                                                        {"sse2", unshuffle_sse2, shuffle_sse2},
                                                        {"avx2", unshuffle_avx2, shuffle_avx2}}};
  return std::span(all).first(__builtin_cpu_supports("avx2") ? 3 : 2);
#else
  static constexpr std::array<BitshuffleKernel, 1> all{{{"portable", unshuffle_portable, shuffle_portable}}};
  return all;
#endif
}

}  // namespace ptero::codec::detail
