#include <ptero/core/crc32c.hpp>

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace ptero {

namespace {

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

/// Slicing by eight: table[k][b] is the effect of byte b followed by k zero bytes.
constexpr Table make_table() {
  constexpr std::uint32_t reversed_polynomial = 0x82f63b78;
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? reversed_polynomial : 0);
    table[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      table[k][byte] = (table[k - 1][byte] >> 8) ^ table[0][table[k - 1][byte] & 0xff];
  return table;
}
constexpr Table table = make_table();

std::uint64_t load64(const std::byte* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::byte> bytes, std::uint32_t crc) {
  crc = ~crc;
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    const std::uint64_t x = load64(p) ^ crc;
    crc = table[7][x & 0xff] ^ table[6][(x >> 8) & 0xff] ^ table[5][(x >> 16) & 0xff] ^
          table[4][(x >> 24) & 0xff] ^ table[3][(x >> 32) & 0xff] ^ table[2][(x >> 40) & 0xff] ^
          table[1][(x >> 48) & 0xff] ^ table[0][x >> 56];
  }
  for (; n > 0; --n, ++p) crc = (crc >> 8) ^ table[0][(crc ^ std::to_integer<std::uint32_t>(*p)) & 0xff];
  return ~crc;
}

#if defined(__x86_64__)

namespace {

/// The instruction takes 3 cycles but one can start every cycle: three lanes of this length run side by side.
constexpr std::size_t lane_bytes = 2048;

using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

/// The effect of lane_bytes zero bytes on a CRC register, which is linear in its bits.
__attribute__((target("sse4.2"))) Shift make_shift() {
  std::array<std::uint32_t, 32> of_bit{};
  for (int bit = 0; bit < 32; ++bit) {
    std::uint64_t crc = std::uint64_t{1} << bit;
    for (std::size_t i = 0; i < lane_bytes / 8; ++i) crc = _mm_crc32_u64(crc, 0);
    of_bit[bit] = static_cast<std::uint32_t>(crc);
  }
  Shift shift{};
  for (int byte = 0; byte < 4; ++byte)
    for (int value = 0; value < 256; ++value)
      for (int bit = 0; bit < 8; ++bit)
        if (value >> bit & 1) shift[byte][value] ^= of_bit[8 * byte + bit];
  return shift;
}

std::uint64_t shifted(const Shift& shift, std::uint64_t crc) {
  return shift[0][crc & 0xff] ^ shift[1][(crc >> 8) & 0xff] ^ shift[2][(crc >> 16) & 0xff] ^
         shift[3][(crc >> 24) & 0xff];
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::span<const std::byte> bytes,
                                                             std::uint32_t start) {
  static const Shift shift = make_shift();
  std::uint64_t crc = static_cast<std::uint32_t>(~start);
  const std::byte* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 3 * lane_bytes; n -= 3 * lane_bytes, p += 3 * lane_bytes) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < lane_bytes; i += 8) {
      crc = _mm_crc32_u64(crc, load64(p + i));
      second = _mm_crc32_u64(second, load64(p + lane_bytes + i));
      third = _mm_crc32_u64(third, load64(p + 2 * lane_bytes + i));
    }
    crc = shifted(shift, shifted(shift, crc) ^ second) ^ third;
  }
  for (; n >= 8; n -= 8, p += 8) crc = _mm_crc32_u64(crc, load64(p));
  auto tail = static_cast<std::uint32_t>(crc);
  for (; n > 0; --n, ++p) tail = _mm_crc32_u8(tail, std::to_integer<std::uint8_t>(*p));
  return ~tail;
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  return has_instruction ? crc32c_sse42(bytes, crc) : crc32c_portable(bytes, crc);
}

#else

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc) {
  return crc32c_portable(bytes, crc);
}

#endif

}  // namespace ptero
