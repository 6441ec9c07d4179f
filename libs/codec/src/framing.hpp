#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ptero::codec::detail {

using ByteSpan = std::span<const std::byte>;

/// The 12 bytes in front of both codecs' blocks.
struct Header {
  static constexpr std::size_t bytes = 12;
  std::uint64_t decoded_bytes = 0;
  std::uint32_t block_bytes = 0;
};

/// Reads big-endian numbers from the front of bytes it was given, never past their end.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) : rest_(bytes) {}

  ByteSpan rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

  std::optional<ByteSpan> take(std::size_t n) {
    if (n > rest_.size()) return std::nullopt;
    const ByteSpan front = rest_.first(n);
    rest_ = rest_.subspan(n);
    return front;
  }
  template <class T>
  std::optional<T> big_endian() {
    const auto bytes = take(sizeof(T));
    if (!bytes) return std::nullopt;
    T value = 0;
    for (std::byte b : *bytes) value = static_cast<T>((value << 8) | std::to_integer<T>(b));
    return value;
  }
  std::optional<Header> header() {
    const auto decoded = big_endian<std::uint64_t>();
    const auto block = big_endian<std::uint32_t>();
    if (!decoded || !block) return std::nullopt;
    return Header{*decoded, *block};
  }
  /// A block's compressed bytes, after their 4-byte size.
  std::optional<ByteSpan> block() {
    const auto size = big_endian<std::uint32_t>();
    return size ? take(*size) : std::nullopt;
  }

 private:
  ByteSpan rest_;
};

}  // namespace ptero::codec::detail
