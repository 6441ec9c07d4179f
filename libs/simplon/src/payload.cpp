#include "payload.hpp"

#include <algorithm>
#include <cstring>
#include <ptero/codec/codec.hpp>

namespace ptero::simplon {

namespace {

constexpr std::size_t header_bytes = 12;  // of both HDF5 framings

std::uint64_t big_endian(const std::byte* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = (value << 8) | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

void put_big_endian(std::byte* at, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) at[i] = static_cast<std::byte>(value >> (8 * (bytes - 1 - i)));
}

/// A raw LZ4 block never begins with eight bytes that are a plausible size: a first byte of zero stands for a
/// match without literals before it, at a distance that the next two bytes, zero too, do not allow.
bool is_framed(std::span<const std::byte> payload, std::size_t decoded_bytes) {
  return payload.size() >= header_bytes && big_endian(payload.data(), 8) == decoded_bytes;
}

std::optional<FrameFault> check_framing(const PackedArray& array, std::size_t decoded_bytes) {
  const auto payload = array.payload.span();
  if (payload.size() < header_bytes) return FrameFault::bad_payload;
  if (big_endian(payload.data(), 8) != decoded_bytes) return FrameFault::size_mismatch;
  const auto block = big_endian(payload.data() + 8, 4);
  // A byte of LZ4 makes at most 255.
  if (block == 0 || decoded_bytes / 255 > payload.size()) return FrameFault::bad_payload;
  if (array.packing == Packing::bslz4 && block % (8 * size_of(array.dtype)) != 0)
    return FrameFault::bad_payload;
  return std::nullopt;
}

/// The block behind [decoded bytes][block bytes][compressed bytes], so that it is one chunk of filter 32004.
std::optional<FrameFault> frame_block(const PackedArray& array, std::size_t decoded_bytes, Frame& frame) {
  const auto block = array.payload.span();
  if (block.empty() || decoded_bytes / 255 > block.size() || decoded_bytes > UINT32_MAX)
    return FrameFault::bad_payload;
  if (block.size() == decoded_bytes) {
    // In the framing this size stands for a block that is stored as it is; so this one cannot be in it.
    std::vector<std::byte> pixels(decoded_bytes);
    if (!codec::decode_lz4_block(block, pixels)) return FrameFault::bad_payload;
    frame.codec = Codec::none;
    frame.payload = Bytes::take(std::move(pixels));
    return std::nullopt;
  }
  std::vector<std::byte> framed(header_bytes + 4 + block.size());
  put_big_endian(framed.data(), decoded_bytes, 8);
  put_big_endian(framed.data() + 8, decoded_bytes, 4);
  put_big_endian(framed.data() + header_bytes, block.size(), 4);
  std::memcpy(framed.data() + header_bytes + 4, block.data(), block.size());
  frame.codec = Codec::lz4;
  frame.payload = Bytes::take(std::move(framed));
  return std::nullopt;
}

/// C order and little endian, from decoded pixels that are not.
Bytes put_in_order(const PackedArray& array, std::span<const std::byte> pixels) {
  const std::size_t size = size_of(array.dtype);
  std::vector<std::byte> out(pixels.size());
  const auto [rows, cols] = array.shape;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c) {
      const std::size_t from = array.column_major ? c * rows + r : r * cols + c;
      std::byte* to = out.data() + (r * cols + c) * size;
      std::copy_n(pixels.data() + from * size, size, to);
      if (array.big_endian) std::reverse(to, to + size);
    }
  return Bytes::take(std::move(out));
}

}  // namespace

std::optional<FrameFault> unpack(const PackedArray& array, std::size_t max_bytes, Frame& frame) {
  const std::size_t limit = max_bytes / size_of(array.dtype);
  if (array.shape.rows == 0 || array.shape.cols == 0) return FrameFault::malformed;
  if (array.shape.rows > limit || array.shape.cols > limit / array.shape.rows) return FrameFault::too_large;
  frame.shape = array.shape;
  frame.dtype = array.dtype;
  const std::size_t bytes = frame.decoded_bytes();
  const auto packing = array.packing == Packing::lz4_block && is_framed(array.payload.span(), bytes)
                           ? Packing::lz4
                           : array.packing;
  switch (packing) {
    case Packing::none:
      if (array.payload.size() != bytes) return FrameFault::size_mismatch;
      frame.codec = Codec::none;
      frame.payload = array.payload;
      break;
    case Packing::lz4_block:
      if (const auto fault = frame_block(array, bytes, frame)) return fault;
      break;
    case Packing::lz4:
    case Packing::bslz4:
      if (const auto fault = check_framing(array, bytes)) return fault;
      frame.codec = packing == Packing::lz4 ? Codec::lz4 : Codec::bslz4;
      frame.block_bytes = static_cast<std::uint32_t>(big_endian(array.payload.data() + 8, 4));
      frame.payload = array.payload;
      break;
  }
  const bool swapped = array.big_endian && size_of(array.dtype) > 1;
  if (!swapped && !array.column_major) return std::nullopt;
  const auto pixels = codec::decode(frame);
  if (!pixels) return pixels.reason();
  frame.codec = Codec::none;
  frame.block_bytes = 0;
  frame.payload = put_in_order(array, pixels->span());
  return std::nullopt;
}

}  // namespace ptero::simplon
