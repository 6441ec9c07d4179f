#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <ptero/codec/codec.hpp>
#include <ptero/core/contract.hpp>

#include "bitshuffle.hpp"
#include "framing.hpp"

namespace ptero::codec {

namespace {

using detail::ByteSpan;
using detail::Header;
using detail::Reader;

constexpr std::size_t lz4_max_block = 1u << 30;

bool decompress(ByteSpan compressed, std::span<std::byte> out) {
  if (compressed.size() > lz4_max_block || out.size() > lz4_max_block) return false;
  const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(compressed.data()),
                                    reinterpret_cast<char*>(out.data()), static_cast<int>(compressed.size()),
                                    static_cast<int>(out.size()));
  return n >= 0 && static_cast<std::size_t>(n) == out.size();
}

// Everything that can be told from the header and the length.
std::optional<FrameFault> check_header(ByteSpan payload, std::size_t decoded_bytes) {
  const auto header = Reader(payload).header();
  if (!header) return FrameFault::bad_payload;
  if (header->decoded_bytes != decoded_bytes) return FrameFault::size_mismatch;
  const std::size_t body = payload.size() - Header::bytes;
  if (decoded_bytes == 0) return body == 0 ? std::nullopt : std::optional(FrameFault::bad_payload);
  // A byte of LZ4 makes at most 255.
  if (header->block_bytes == 0 || decoded_bytes / 255 > body) return FrameFault::bad_payload;
  return std::nullopt;
}

/// The bytes of the decoded frame that are asked for.
struct Window {
  std::size_t begin = 0;
  std::span<std::byte> out;

  std::size_t end() const { return begin + out.size(); }
  bool overlaps(std::size_t at, std::size_t n) const { return at < end() && at + n > begin; }
  bool covers(std::size_t at, std::size_t n) const { return at >= begin && at + n <= end(); }
  /// Keeps what lies inside of bytes that start at `at`.
  void keep(std::size_t at, ByteSpan bytes) const {
    if (!overlaps(at, bytes.size())) return;
    const std::size_t from = std::max(at, begin);
    const std::size_t n = std::min(at + bytes.size(), end()) - from;
    std::memcpy(out.data() + (from - begin), bytes.data() + (from - at), n);
  }
};

/// Walks the blocks of `total` bytes. Only those that overlap the window are decoded, by decode_block(block,
/// target), straight into the window where they lie inside it, else beside it.
template <class DecodeBlock>
bool walk_blocks(Reader& reader, std::size_t total, std::size_t block_bytes, const Window& window,
                 DecodeBlock decode_block) {
  std::unique_ptr<std::byte[]> beside;
  for (std::size_t at = 0; at < total;) {
    const std::size_t n = std::min(block_bytes, total - at);
    const auto block = reader.block();
    if (!block) return false;
    if (window.covers(at, n)) {
      if (!decode_block(*block, window.out.subspan(at - window.begin, n))) return false;
    } else if (window.overlaps(at, n)) {
      if (!beside) beside = std::make_unique_for_overwrite<std::byte[]>(std::min(block_bytes, total));
      const std::span<std::byte> target(beside.get(), n);
      if (!decode_block(*block, target)) return false;
      window.keep(at, target);
    }
    at += n;
  }
  return true;
}

bool decode_lz4(Reader reader, std::size_t total, const Window& window) {
  const std::size_t block_bytes = reader.header()->block_bytes;
  const auto decode_block = [](ByteSpan block, std::span<std::byte> target) {
    if (block.size() != target.size()) return decompress(block, target);
    // HDF5's filter stores a block that LZ4 cannot shrink.
    std::memcpy(target.data(), block.data(), target.size());
    return true;
  };
  return walk_blocks(reader, total, block_bytes, window, decode_block) && reader.at_end();
}

bool decode_bslz4(Reader reader, std::size_t element_bytes, std::size_t total, const Window& window) {
  const std::size_t block_bytes = reader.header()->block_bytes;
  const std::size_t granule = 8 * element_bytes;
  if (block_bytes % granule != 0) return false;
  // Elements that do not fill a group of eight follow as they are.
  const std::size_t left = total % granule;
  const std::size_t shuffled = total - left;
  const std::size_t largest = std::min(block_bytes, shuffled);
  if (largest > lz4_max_block) return false;
  const auto scratch = std::make_unique_for_overwrite<std::byte[]>(largest);
  const auto decode_block = [&](ByteSpan block, std::span<std::byte> target) {
    if (!decompress(block, {scratch.get(), target.size()})) return false;
    detail::bit_unshuffle(scratch.get(), target.data(), target.size() / element_bytes, element_bytes);
    return true;
  };
  if (!walk_blocks(reader, shuffled, block_bytes, window, decode_block)) return false;
  const auto raw = reader.take(left);
  if (!raw || !reader.at_end()) return false;
  window.keep(shuffled, *raw);
  return true;
}

/// A frame that passed check_header.
std::optional<FrameFault> decode_window(Codec codec, ByteSpan payload, std::size_t element_bytes,
                                        std::size_t total, const Window& window) {
  const bool decoded = codec == Codec::lz4 ? decode_lz4(Reader(payload), total, window)
                                           : decode_bslz4(Reader(payload), element_bytes, total, window);
  return decoded ? std::nullopt : std::optional(FrameFault::bad_payload);
}

bool is_element_size(std::size_t bytes) {
  return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

}  // namespace

bool decode_lz4_block(ByteSpan block, std::span<std::byte> out) {
  return decompress(block, out);
}

std::optional<FrameFault> decode_into(Codec codec, ByteSpan payload, std::size_t element_bytes,
                                      std::span<std::byte> out) {
  if (codec == Codec::none) {
    if (payload.size() != out.size()) return FrameFault::size_mismatch;
    std::copy(payload.begin(), payload.end(), out.begin());
    return std::nullopt;
  }
  if (codec == Codec::bslz4 && !is_element_size(element_bytes)) return FrameFault::unsupported_dtype;
  if (const auto fault = check_header(payload, out.size())) return fault;
  if (out.empty()) return std::nullopt;
  return decode_window(codec, payload, element_bytes, out.size(), {0, out});
}

Result<Bytes, FrameFault> decode(const Frame& frame) {
  return decode_rows(frame, 0, frame.shape.rows);
}

Result<Bytes, FrameFault> decode_rows(const Frame& frame, std::size_t first, std::size_t rows) {
  PTERO_EXPECT(first <= frame.shape.rows && rows <= frame.shape.rows - first);
  const std::size_t element_bytes = size_of(frame.dtype);
  const std::size_t max_pixels = std::numeric_limits<std::size_t>::max() / element_bytes;
  if (frame.shape.cols != 0 && frame.shape.rows > max_pixels / frame.shape.cols)
    return FrameFault::size_mismatch;
  const std::size_t total = frame.decoded_bytes();
  const std::size_t row_bytes = frame.shape.cols * element_bytes;
  const ByteSpan payload = frame.payload.span();
  if (frame.codec == Codec::none) {
    if (payload.size() != total) return FrameFault::size_mismatch;
    return Bytes(std::make_shared<const Bytes>(frame.payload),
                 payload.subspan(first * row_bytes, rows * row_bytes));
  }
  if (const auto fault = check_header(payload, total)) return *fault;
  const std::size_t bytes = rows * row_bytes;
  const std::shared_ptr<std::byte[]> pixels = std::make_shared_for_overwrite<std::byte[]>(bytes);
  const std::span<std::byte> out(pixels.get(), bytes);
  if (total > 0)
    if (const auto fault =
            decode_window(frame.codec, payload, element_bytes, total, {first * row_bytes, out}))
      return *fault;
  return Bytes(pixels, out);
}

}  // namespace ptero::codec
