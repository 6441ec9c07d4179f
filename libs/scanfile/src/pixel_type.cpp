#include "pixel_type.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <ptero/core/contract.hpp>
#include <type_traits>

namespace ptero::scanfile {

namespace {

/// IEEE 754 binary16.
struct Half {
  std::uint16_t bits;
  explicit operator float() const {
    const int exponent = bits >> 10 & 0x1F;
    const int mantissa = bits & 0x3FF;
    const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                            : exponent == 31
                                ? (mantissa == 0 ? std::numeric_limits<float>::infinity() : NAN)
                                : std::ldexp(static_cast<float>(mantissa | 0x400), exponent - 25);
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
  }
};

template <class F>
void with_type(const PixelType& type, F&& f) {
  using enum PixelType::Kind;
  const auto key = [](PixelType::Kind kind, std::size_t bytes) {
    return static_cast<std::size_t>(kind) * 16 + bytes;
  };
  const std::size_t wanted = key(type.kind, type.bytes);
  const auto when = [&]<class T>(PixelType::Kind kind, T value) {
    if (wanted != key(kind, sizeof(T))) return false;
    f(value);
    return true;
  };
  const bool known = when(unsigned_integer, std::uint8_t{}) || when(unsigned_integer, std::uint16_t{}) ||
                     when(unsigned_integer, std::uint32_t{}) || when(unsigned_integer, std::uint64_t{}) ||
                     when(signed_integer, std::int8_t{}) || when(signed_integer, std::int16_t{}) ||
                     when(signed_integer, std::int32_t{}) || when(signed_integer, std::int64_t{}) ||
                     when(floating, Half{}) || when(floating, float{}) || when(floating, double{});
  PTERO_EXPECT(known);
}

template <class Out, class In>
Out converted(In value) {
  if constexpr (std::is_same_v<Out, float>) {
    const float number = static_cast<float>(value);
    return std::isnan(number) ? std::numeric_limits<float>::infinity() : number;
  } else if constexpr (std::is_integral_v<In>) {
    constexpr auto flag = std::numeric_limits<Out>::max();
    if constexpr (std::is_signed_v<In>)
      if (value < 0) return flag;
    return static_cast<std::uint64_t>(value) > flag ? flag : static_cast<Out>(value);
  } else {
    return Out{};
  }
}

template <class In>
In value_at(const std::byte* at, bool swap) {
  std::byte bytes[sizeof(In)];
  std::memcpy(bytes, at, sizeof(In));
  if (swap) std::reverse(std::begin(bytes), std::end(bytes));
  return std::bit_cast<In>(bytes);
}

}  // namespace

Dtype dtype_for(const PixelType& type) {
  if (type.kind == PixelType::Kind::floating) return Dtype::f32;
  return type.bytes == 1 ? Dtype::u8 : type.bytes == 2 ? Dtype::u16 : Dtype::u32;
}

void convert(std::span<const std::byte> pixels, const PixelType& type, Dtype dtype,
             std::span<std::byte> out) {
  const std::size_t count = pixels.size() / type.bytes;
  PTERO_EXPECT(pixels.size() == count * type.bytes && out.size() == count * size_of(dtype));
  PTERO_EXPECT(dtype == Dtype::f32 || dtype == dtype_for(type));
  const bool swap = type.big_endian != (std::endian::native == std::endian::big);
  with_type(type, [&]<class In>(In) {
    with_dtype(dtype, [&]<class Out>(Out) {
      for (std::size_t i = 0; i < count; ++i) {
        const Out value = converted<Out>(value_at<In>(pixels.data() + i * sizeof(In), swap));
        std::memcpy(out.data() + i * sizeof(Out), &value, sizeof(Out));
      }
    });
  });
}

}  // namespace ptero::scanfile
