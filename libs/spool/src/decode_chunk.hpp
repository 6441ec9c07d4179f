#pragma once

#include <ptero/core/frame.hpp>
#include <ptero/core/result.hpp>
#include <span>

namespace ptero::spool {

/// A whole frame stored as one chunk of HDF5 filter 32004 or 32008, decoded without the filter's plugin.
/// unsupported_codec: this build has no codec room.
std::optional<FrameFault> decode_chunk(Codec codec, std::span<const std::byte> chunk,
                                       std::size_t element_bytes, std::span<std::byte> out);

}  // namespace ptero::spool
