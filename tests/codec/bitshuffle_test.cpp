#include "bitshuffle.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace ptero::codec::detail {
namespace {

std::vector<std::byte> noise(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> out(bytes);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

// The definition, bit by bit.
std::vector<std::byte> unshuffle_by_definition(const std::vector<std::byte>& in, std::size_t n,
                                               std::size_t E) {
  std::vector<std::byte> out(n * E);
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t b = 0; b < E; ++b)
      for (std::size_t k = 0; k < 8; ++k) {
        const auto bit = (in[(b * 8 + k) * (n / 8) + e / 8] >> (e % 8)) & std::byte{1};
        out[e * E + b] |= bit << k;
      }
  return out;
}

TEST(Bitshuffle, EveryKernelFollowsTheDefinition) {
  // Sizes around the 128 and 256 elements the vector kernels take at once, with and without a remainder.
  for (const BitshuffleKernel& kernel : bitshuffle_kernels())
    for (std::size_t E : {1, 2, 4})
      for (std::size_t n : {8, 16, 120, 128, 136, 248, 256, 264, 384, 1000, 4096}) {
        const auto in = noise(n * E, static_cast<unsigned>(n + E));
        std::vector<std::byte> out(n * E);
        kernel.unshuffle(in.data(), out.data(), n, E);
        EXPECT_EQ(out, unshuffle_by_definition(in, n, E)) << kernel.name << " E=" << E << " n=" << n;
        std::vector<std::byte> back(n * E);
        kernel.shuffle(out.data(), back.data(), n, E);
        EXPECT_EQ(back, in) << kernel.name << " E=" << E << " n=" << n;
      }
}

TEST(Bitshuffle, ThePortableKernelIsAlwaysThere) {
  ASSERT_FALSE(bitshuffle_kernels().empty());
  EXPECT_EQ(bitshuffle_kernels().front().name, "portable");
}

TEST(Bitshuffle, ShuffleIsTheInverse) {
  for (std::size_t E : {1, 2, 4}) {
    const std::size_t n = 520;
    const auto pixels = noise(n * E, 7);
    std::vector<std::byte> shuffled(n * E);
    std::vector<std::byte> back(n * E);
    bit_shuffle(pixels.data(), shuffled.data(), n, E);
    bit_unshuffle(shuffled.data(), back.data(), n, E);
    EXPECT_EQ(back, pixels) << E;
    EXPECT_NE(shuffled, pixels);
  }
}

TEST(Bitshuffle, OnesInBitZeroFillTheFirstRow) {
  const std::vector<std::uint16_t> pixels(16, 1);
  std::vector<std::byte> shuffled(32);
  bit_shuffle(reinterpret_cast<const std::byte*>(pixels.data()), shuffled.data(), 16, 2);
  for (std::size_t i = 0; i < 32; ++i) EXPECT_EQ(shuffled[i], i < 2 ? std::byte{0xff} : std::byte{0});
}

}  // namespace
}  // namespace ptero::codec::detail
