#include "decode_chunk.hpp"

#if __has_include(<ptero/codec/codec.hpp>)

#include <ptero/codec/codec.hpp>

namespace ptero::spool {

std::optional<FrameFault> decode_chunk(Codec codec, std::span<const std::byte> chunk,
                                       std::size_t element_bytes, std::span<std::byte> out) {
  return codec::decode_into(codec, chunk, element_bytes, out);
}

}  // namespace ptero::spool

#else

namespace ptero::spool {

std::optional<FrameFault> decode_chunk(Codec, std::span<const std::byte>, std::size_t, std::span<std::byte>) {
  return FrameFault::unsupported_codec;
}

}  // namespace ptero::spool

#endif
