#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <ptero/codec/codec.hpp>

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

bool decode_lz4(Reader reader, std::span<std::byte> out) {
  const std::size_t block_bytes = reader.header()->block_bytes;
  while (!out.empty()) {
    const std::span<std::byte> target = out.first(std::min(block_bytes, out.size()));
    const auto block = reader.block();
    if (!block) return false;
    // HDF5's filter stores a block that LZ4 cannot shrink.
    if (block->size() == target.size())
      std::memcpy(target.data(), block->data(), target.size());
    else if (!decompress(*block, target))
      return false;
    out = out.subspan(target.size());
  }
  return reader.at_end();
}

bool decode_bslz4(Reader reader, std::size_t element_bytes, std::span<std::byte> out) {
  const std::size_t block_bytes = reader.header()->block_bytes;
  const std::size_t granule = 8 * element_bytes;
  if (block_bytes % granule != 0) return false;
  // Elements that do not fill a group of eight follow as they are.
  const std::size_t left = out.size() % granule;
  std::span<std::byte> shuffled = out.first(out.size() - left);
  const std::size_t largest = std::min(block_bytes, shuffled.size());
  if (largest > lz4_max_block) return false;
  const auto scratch = std::make_unique_for_overwrite<std::byte[]>(largest);
  while (!shuffled.empty()) {
    const std::size_t n = std::min(block_bytes, shuffled.size());
    const auto block = reader.block();
    if (!block || !decompress(*block, {scratch.get(), n})) return false;
    detail::bit_unshuffle(scratch.get(), shuffled.data(), n / element_bytes, element_bytes);
    shuffled = shuffled.subspan(n);
  }
  const auto raw = reader.take(left);
  if (!raw || !reader.at_end()) return false;
  std::copy(raw->begin(), raw->end(), out.end() - static_cast<std::ptrdiff_t>(left));
  return true;
}

bool is_element_size(std::size_t bytes) {
  return bytes == 1 || bytes == 2 || bytes == 4;
}

}  // namespace

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
  const bool decoded = codec == Codec::lz4 ? decode_lz4(Reader(payload), out)
                                           : decode_bslz4(Reader(payload), element_bytes, out);
  return decoded ? std::nullopt : std::optional(FrameFault::bad_payload);
}

Result<Bytes, FrameFault> decode(const Frame& frame) {
  const std::size_t element_bytes = size_of(frame.dtype);
  const std::size_t max_pixels = std::numeric_limits<std::size_t>::max() / element_bytes;
  if (frame.shape.cols != 0 && frame.shape.rows > max_pixels / frame.shape.cols)
    return FrameFault::size_mismatch;
  const std::size_t bytes = frame.decoded_bytes();
  if (frame.codec == Codec::none) {
    if (frame.payload.size() != bytes) return FrameFault::size_mismatch;
    return frame.payload;
  }
  if (const auto fault = check_header(frame.payload.span(), bytes)) return *fault;
  const std::shared_ptr<std::byte[]> pixels = std::make_shared_for_overwrite<std::byte[]>(bytes);
  const std::span<std::byte> out(pixels.get(), bytes);
  if (const auto fault = decode_into(frame.codec, frame.payload.span(), element_bytes, out)) return *fault;
  return Bytes(pixels, out);
}

}  // namespace ptero::codec
