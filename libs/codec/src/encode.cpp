#include <lz4.h>

#include <algorithm>
#include <ptero/codec/codec.hpp>
#include <ptero/core/contract.hpp>

#include "bitshuffle.hpp"

namespace ptero::codec {

namespace {

constexpr std::uint32_t default_block_bytes = 8192;

template <class T>
void put_big_endian(std::vector<std::byte>& out, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out[at + i] = static_cast<std::byte>(value >> (8 * (sizeof(T) - 1 - i)));
}

// [u32 size][LZ4 block] at the end of `out`; the compressed size.
std::size_t append_block(std::vector<std::byte>& out, const std::byte* data, std::size_t bytes) {
  const std::size_t at = out.size();
  const int bound = LZ4_compressBound(static_cast<int>(bytes));
  out.resize(at + 4 + static_cast<std::size_t>(bound));
  const int n =
      LZ4_compress_default(reinterpret_cast<const char*>(data), reinterpret_cast<char*>(out.data() + at + 4),
                           static_cast<int>(bytes), bound);
  PTERO_ENSURE(n > 0);
  put_big_endian(out, at, static_cast<std::uint32_t>(n));
  out.resize(at + 4 + static_cast<std::size_t>(n));
  return static_cast<std::size_t>(n);
}

// A block that LZ4 does not shrink is stored: decoders take compressed size == block size for that.
void append_lz4_block(std::vector<std::byte>& out, std::span<const std::byte> block) {
  const std::size_t at = out.size();
  if (append_block(out, block.data(), block.size()) < block.size()) return;
  out.resize(at + 4);
  put_big_endian(out, at, static_cast<std::uint32_t>(block.size()));
  out.insert(out.end(), block.begin(), block.end());
}

void append_bslz4_blocks(std::vector<std::byte>& out, std::span<const std::byte> pixels,
                         std::size_t element_bytes, std::size_t block_bytes) {
  const std::size_t left = pixels.size() % (8 * element_bytes);
  std::span<const std::byte> rest = pixels.first(pixels.size() - left);
  std::vector<std::byte> shuffled(std::min(block_bytes, rest.size()));
  while (!rest.empty()) {
    const std::size_t n = std::min(block_bytes, rest.size());
    detail::bit_shuffle(rest.data(), shuffled.data(), n / element_bytes, element_bytes);
    append_block(out, shuffled.data(), n);
    rest = rest.subspan(n);
  }
  const auto raw = pixels.last(left);
  out.insert(out.end(), raw.begin(), raw.end());
}

}  // namespace

std::vector<std::byte> encode(Codec codec, std::span<const std::byte> pixels, std::size_t element_bytes,
                              std::uint32_t block_bytes) {
  if (codec == Codec::none) return {pixels.begin(), pixels.end()};
  if (block_bytes == 0) block_bytes = default_block_bytes;
  PTERO_EXPECT(block_bytes <= LZ4_MAX_INPUT_SIZE);
  PTERO_EXPECT(element_bytes == 1 || element_bytes == 2 || element_bytes == 4 || element_bytes == 8);
  std::vector<std::byte> out(12);
  put_big_endian(out, 0, static_cast<std::uint64_t>(pixels.size()));
  put_big_endian(out, 8, block_bytes);
  if (codec == Codec::bslz4) {
    PTERO_EXPECT(block_bytes % (8 * element_bytes) == 0 && pixels.size() % element_bytes == 0);
    append_bslz4_blocks(out, pixels, element_bytes, block_bytes);
  } else {
    for (; !pixels.empty(); pixels = pixels.subspan(std::min<std::size_t>(block_bytes, pixels.size())))
      append_lz4_block(out, pixels.first(std::min<std::size_t>(block_bytes, pixels.size())));
  }
  return out;
}

}  // namespace ptero::codec
