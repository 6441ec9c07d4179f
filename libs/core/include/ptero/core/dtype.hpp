#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ptero {

/// Pixel types ptero computes on; always little endian. Readers of other types convert to one of these.
enum class Dtype : std::uint8_t { u8, u16, u32, f32 };

std::size_t size_of(Dtype dtype);
/// NumPy's spelling: "|u1", "<u2", "<u4", "<f4".
std::string_view numpy_name(Dtype dtype);
/// Accepts NumPy's spelling with '<', '|' or '=' in front; nullopt for anything else (big endian included).
std::optional<Dtype> dtype_from_numpy(std::string_view name);

/// Detector pixels with this value or above carry no counts: the all-ones value of the integer types marks
/// masked pixels and gaps, the one below it is a second flag (DECTRIS). For f32 the all-ones value of the
/// widest of them, 2^32 - 1: no detector counts that far in a pixel, so whatever lies there is a flag of an
/// integer type that was converted, or damage.
double flag_value(Dtype dtype);

/// Calls f(T{}) with the C++ type of `dtype`.
template <class F>
decltype(auto) with_dtype(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::u8:
      return f(std::uint8_t{});
    case Dtype::u16:
      return f(std::uint16_t{});
    case Dtype::u32:
      return f(std::uint32_t{});
    case Dtype::f32:
      break;
  }
  return f(float{});
}

}  // namespace ptero
