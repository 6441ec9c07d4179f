#include <emmintrin.h>

#include "bitshuffle.hpp"
#include "shuffle_simd.hpp"
#include "unshuffle_simd.hpp"

namespace ptero::codec::detail {

namespace {
struct Sse2 {
  static constexpr std::size_t bytes = 16;
  __m128i v;

  static Sse2 load(const std::byte* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
  static void store(std::byte* p, std::size_t, Sse2 a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v);
  }
  static Sse2 all(char byte) { return {_mm_set1_epi8(byte)}; }
  static Sse2 xor_(Sse2 a, Sse2 b) { return {_mm_xor_si128(a.v, b.v)}; }
  static Sse2 and_(Sse2 a, Sse2 b) { return {_mm_and_si128(a.v, b.v)}; }
  template <int n>
  static Sse2 shift_left(Sse2 a) {
    return {_mm_slli_epi16(a.v, n)};
  }
  template <int n>
  static Sse2 shift_right(Sse2 a) {
    return {_mm_srli_epi16(a.v, n)};
  }
  static Sse2 low8(Sse2 a, Sse2 b) { return {_mm_unpacklo_epi8(a.v, b.v)}; }
  static Sse2 high8(Sse2 a, Sse2 b) { return {_mm_unpackhi_epi8(a.v, b.v)}; }
  static Sse2 low16(Sse2 a, Sse2 b) { return {_mm_unpacklo_epi16(a.v, b.v)}; }
  static Sse2 high16(Sse2 a, Sse2 b) { return {_mm_unpackhi_epi16(a.v, b.v)}; }

  static Sse2 even(Sse2 a, Sse2 b) {
    const __m128i low = _mm_set1_epi16(0xff);
    return {_mm_packus_epi16(_mm_and_si128(a.v, low), _mm_and_si128(b.v, low))};
  }
  static Sse2 odd(Sse2 a, Sse2 b) {
    return {_mm_packus_epi16(_mm_srli_epi16(a.v, 8), _mm_srli_epi16(b.v, 8))};
  }
  static Sse2 doubled(Sse2 a) { return {_mm_add_epi8(a.v, a.v)}; }
  static std::uint16_t top_bits(Sse2 a) { return static_cast<std::uint16_t>(_mm_movemask_epi8(a.v)); }
};
}  // namespace

void unshuffle_sse2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  unshuffle_simd<Sse2>(in, out, n, element_bytes);
}
void shuffle_sse2(const std::byte* in, std::byte* out, std::size_t n, std::size_t element_bytes) {
  shuffle_simd<Sse2>(in, out, n, element_bytes);
}

}  // namespace ptero::codec::detail
