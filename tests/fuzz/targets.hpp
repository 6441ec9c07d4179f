#pragma once
// fuzz: what libFuzzer feeds with bytes, one function for each kind of bytes that comes from outside. Each
// aborts (PTERO_EXPECT, a sanitizer) when a decoder breaks its promise: no undefined behaviour, no exception,
// no allocation beyond the bytes at hand, and what it accepts says the same after encoding it again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ptero/core/bytes.hpp>
#include <span>
#include <vector>

namespace ptero::fuzz {

using ByteSpan = std::span<const std::byte>;

/// [codec and element size][rows u16][cols u16] payload
void codec(ByteSpan input);
/// [decoder] message, in parts
void messagepack(ByteSpan input);
/// A SIMPLON message of version 1, in parts
void simplon1(ByteSpan input);
/// A SIMPLON message of version 2
void simplon2(ByteSpan input);
/// [parser and piece] what a PandABox or a publisher of its values sends, or a table of positions
void positions(ByteSpan input);

/// A multipart message: [u16 length] bytes, again and again; what is left is the last part. At most 16.
inline Parts split(ByteSpan input) {
  Parts parts;
  const auto take = [&](std::size_t n) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(input.data());
    parts.push_back(Bytes::take(std::vector<std::uint8_t>(first, first + n)));
    input = input.subspan(n);
  };
  while (input.size() >= 2 && parts.size() < 15) {
    const std::size_t n = std::to_integer<std::size_t>(input[0]) | std::to_integer<std::size_t>(input[1])
                                                                       << 8;
    input = input.subspan(2);
    take(std::min(n, input.size()));
  }
  if (!input.empty()) take(input.size());
  return parts;
}

/// The inverse of split.
inline std::vector<std::uint8_t> join(const Parts& parts) {
  std::vector<std::uint8_t> out;
  for (const auto& part : parts) {
    out.push_back(static_cast<std::uint8_t>(part.size()));
    out.push_back(static_cast<std::uint8_t>(part.size() >> 8));
    const auto* first = reinterpret_cast<const std::uint8_t*>(part.data());
    out.insert(out.end(), first, first + part.size());
  }
  return out;
}

}  // namespace ptero::fuzz
