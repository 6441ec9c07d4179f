// Compiled with -mavx2, alone: called only where the machine has it.
#include <immintrin.h>

#include "bitshuffle.hpp"
#include "shuffle_simd.hpp"
#include "unshuffle_simd.hpp"

namespace ptero::codec::detail {

namespace {
struct Avx2 {
  static constexpr std::size_t bytes = 32;
  __m256i v;

  static Avx2 load(const std::byte* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
  static void store(std::byte* p, std::size_t stride, Avx2 a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(a.v));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p + stride), _mm256_extracti128_si256(a.v, 1));
  }
  static Avx2 all(char byte) { return {_mm256_set1_epi8(byte)}; }
  static Avx2 xor_(Avx2 a, Avx2 b) { return {_mm256_xor_si256(a.v, b.v)}; }
  static Avx2 and_(Avx2 a, Avx2 b) { return {_mm256_and_si256(a.v, b.v)}; }
  template <int n>
  static Avx2 shift_left(Avx2 a) {
    return {_mm256_slli_epi16(a.v, n)};
  }
  template <int n>
  static Avx2 shift_right(Avx2 a) {
    return {_mm256_srli_epi16(a.v, n)};
  }
  static Avx2 low8(Avx2 a, Avx2 b) { return {_mm256_unpacklo_epi8(a.v, b.v)}; }
  static Avx2 high8(Avx2 a, Avx2 b) { return {_mm256_unpackhi_epi8(a.v, b.v)}; }
  static Avx2 low16(Avx2 a, Avx2 b) { return {_mm256_unpacklo_epi16(a.v, b.v)}; }
  static Avx2 high16(Avx2 a, Avx2 b) { return {_mm256_unpackhi_epi16(a.v, b.v)}; }

  // Packing works on each half; the quarters then stand as 0, 2, 1, 3.
  static Avx2 packed(__m256i a, __m256i b) {
    return {_mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0b11011000)};
  }
  static Avx2 even(Avx2 a, Avx2 b) {
    const __m256i low = _mm256_set1_epi16(0xff);
    return packed(_mm256_and_si256(a.v, low), _mm256_and_si256(b.v, low));
  }
  static Avx2 odd(Avx2 a, Avx2 b) { return packed(_mm256_srli_epi16(a.v, 8), _mm256_srli_epi16(b.v, 8)); }
  static Avx2 doubled(Avx2 a) { return {_mm256_add_epi8(a.v, a.v)}; }
  static std::uint32_t top_bits(Avx2 a) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(a.v)); }
};
}  // namespace

void unshuffle_avx2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  unshuffle_simd<Avx2>(in, out, n, element_bytes);
}
void shuffle_avx2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  shuffle_simd<Avx2>(in, out, n, element_bytes);
}

}  // namespace ptero::codec::detail
