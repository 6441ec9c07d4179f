#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ptero/core/contract.hpp>
#include <string_view>
#include <utility>

namespace ptero {

/// Pixel types; always little endian. ptero computes on the first four; frames of the others are recorded as
/// they came, and become one of the four when they are decoded to be looked at (computed_as).
enum class Dtype : std::uint8_t { u8, u16, u32, f32, i8, i16, i32, i64, u64, f64 };

std::size_t size_of(Dtype dtype);
/// NumPy's spelling: "|u1", "<u2", "<u4", "<f4", ...
std::string_view numpy_name(Dtype dtype);
/// Accepts NumPy's spelling with '<', '|' or '=' in front; nullopt for anything else (big endian included).
std::optional<Dtype> dtype_from_numpy(std::string_view name);

/// What pixels of this type are computed as: itself for the first four, else the unsigned integer of the same
/// width (32 bit for 64), where a negative value, a detector's flag, has the flag's value; or f32.
Dtype computed_as(Dtype dtype);
inline bool is_computed(Dtype dtype) {
  return dtype <= Dtype::f32;
}

/// Detector pixels with this value or above carry no counts: the all-ones value of the integer types marks
/// masked pixels and gaps, the one below it is a second flag (DECTRIS). For f32 the all-ones value of the
/// widest of them, 2^32 - 1: no detector counts that far in a pixel, so whatever lies there is a flag of an
/// integer type that was converted, or damage. Of the type that
/// it is computed as.
double flag_value(Dtype dtype);

/// Calls f(T{}) with the C++ type of `dtype`, which ptero computes on.
template <class F>
decltype(auto) with_dtype(Dtype dtype, F&& f) {
  PTERO_EXPECT(is_computed(dtype));
  switch (dtype) {
    case Dtype::u8:
      return f(std::uint8_t{});
    case Dtype::u16:
      return f(std::uint16_t{});
    case Dtype::u32:
      return f(std::uint32_t{});
    default:
      return f(float{});
  }
}

/// The same for any type that frames are recorded in.
template <class F>
decltype(auto) with_recorded_dtype(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::i8:
      return f(std::int8_t{});
    case Dtype::i16:
      return f(std::int16_t{});
    case Dtype::i32:
      return f(std::int32_t{});
    case Dtype::i64:
      return f(std::int64_t{});
    case Dtype::u64:
      return f(std::uint64_t{});
    case Dtype::f64:
      return f(double{});
    default:
      return with_dtype(dtype, std::forward<F>(f));
  }
}

}  // namespace ptero
