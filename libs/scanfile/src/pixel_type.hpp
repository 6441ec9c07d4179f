#pragma once
// Types of pixels in files, and how they become a core Dtype.

#include <cstddef>
#include <cstdint>
#include <ptero/core/dtype.hpp>
#include <span>

namespace ptero::scanfile {

struct PixelType {
  enum class Kind : std::uint8_t { unsigned_integer, signed_integer, floating };
  Kind kind = Kind::unsigned_integer;
  std::size_t bytes = 2;  ///< 1, 2, 4, 8; of floating 2, 4, 8
  bool big_endian = false;
};

/// The narrowest core type that holds the counts: integers of more than 32 bits as u32, floating as f32.
Dtype dtype_for(const PixelType& type);

/// From the file's type to `dtype`, which is dtype_for(type) or f32. Negative integers and values above what
/// u32 holds become all ones, the flag for "no counts"; not-a-number becomes infinity, that of f32. Of f32
/// made from integers, negative values stay what they are.
void convert(std::span<const std::byte> pixels, const PixelType& type, Dtype dtype, std::span<std::byte> out);

}  // namespace ptero::scanfile
