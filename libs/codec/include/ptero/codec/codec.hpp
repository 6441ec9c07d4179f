#pragma once
// codec: compressed detector payloads to pixels and back. LZ4 and bitshuffle+LZ4, both in their HDF5 framing,
// so a payload is also one chunk of HDF5 filter 32004 or 32008. Pure functions; call them from any thread.
// Layout: a 12-byte header (u64 original bytes, u32 block bytes, big endian), then blocks of [u32 size][LZ4
// block].

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ptero/core/bytes.hpp>
#include <ptero/core/frame.hpp>
#include <ptero/core/result.hpp>
#include <span>
#include <vector>

namespace ptero::codec {

/// The pixels of a frame: frame.decoded_bytes() bytes in C order. Codec::none shares the payload, nothing is
/// copied. size_mismatch: the payload holds another number of bytes than shape x dtype; bad_payload: it does
/// not decompress. A payload too short for its size is refused before anything is allocated.
Result<Bytes, FrameFault> decode(const Frame& frame);

/// The rows [first, first + rows) of the frame alone, for a crop: only the blocks that overlap them are
/// decompressed, so damage inside the others goes unseen (a wrong length does not). The range lies inside the
/// frame.
Result<Bytes, FrameFault> decode_rows(const Frame& frame, std::size_t first, std::size_t rows);

/// The whole frame into an array of the caller, whose size is the decoded size; nothing on success, else
/// `out` is undefined. element_bytes matters to bslz4 alone: 1, 2 or 4, else unsupported_dtype.
std::optional<FrameFault> decode_into(Codec codec, std::span<const std::byte> payload,
                                      std::size_t element_bytes, std::span<std::byte> out);

/// One LZ4 block without any header: false unless it decompresses to exactly `out`.
bool decode_lz4_block(std::span<const std::byte> block, std::span<std::byte> out);

/// Compresses; block_bytes 0 = 8192, as DECTRIS detectors do. bslz4 needs block_bytes % (8 element_bytes) ==
/// 0.
std::vector<std::byte> encode(Codec codec, std::span<const std::byte> pixels, std::size_t element_bytes,
                              std::uint32_t block_bytes = 0);

}  // namespace ptero::codec
