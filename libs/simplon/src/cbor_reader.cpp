#include "cbor_reader.hpp"

#include <bit>
#include <cmath>

namespace ptero::simplon {

namespace {

double from_half(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const double fraction = half & 0x3ff;
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else if (exponent == 31)
    value = fraction == 0 ? INFINITY : NAN;
  else
    value = std::ldexp(fraction + 1024, exponent - 25);
  return (half & 0x8000) != 0 ? -value : value;
}

}  // namespace

std::optional<double> float_of(const CborReader::Head& head) {
  switch (head.info) {
    case 25:
      return from_half(static_cast<std::uint16_t>(head.value));
    case 26:
      return double{std::bit_cast<float>(static_cast<std::uint32_t>(head.value))};
    case 27:
      return std::bit_cast<double>(head.value);
    default:
      return std::nullopt;
  }
}

std::optional<std::span<const std::byte>> CborReader::take(std::uint64_t n) {
  if (n > rest()) return std::nullopt;
  const auto out = all_.subspan(at_, static_cast<std::size_t>(n));
  at_ += out.size();
  return out;
}

std::optional<CborReader::Head> CborReader::head() {
  const auto first = take(1);
  if (!first) return std::nullopt;
  const auto byte = std::to_integer<std::uint8_t>((*first)[0]);
  Head head{static_cast<std::uint8_t>(byte >> 5), static_cast<std::uint8_t>(byte & 0x1f), 0};
  if (head.info < 24) {
    head.value = head.info;
    return head;
  }
  if (head.info > 27) return std::nullopt;  // reserved, or an indefinite length
  const auto behind = take(std::uint64_t{1} << (head.info - 24));
  if (!behind) return std::nullopt;
  for (std::byte b : *behind) head.value = (head.value << 8) | std::to_integer<std::uint64_t>(b);
  return head;
}

std::optional<CborReader::Head> CborReader::expect(Major major) {
  const auto found = head();
  return found && found->major == major ? found : std::nullopt;
}

bool CborReader::take_tag(std::uint64_t tag) {
  const std::size_t before = at_;
  const auto found = head();
  if (found && found->major == tag_major && found->value == tag) return true;
  at_ = before;
  return false;
}

std::optional<std::uint64_t> CborReader::uint() {
  const auto found = expect(uint_major);
  return found ? std::optional(found->value) : std::nullopt;
}

std::optional<std::span<const std::byte>> CborReader::bytes() {
  const auto found = expect(bytes_major);
  return found ? take(found->value) : std::nullopt;
}

std::optional<std::string_view> CborReader::text() {
  const auto found = expect(text_major);
  const auto inside = found ? take(found->value) : std::nullopt;
  if (!inside) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(inside->data()), inside->size());
}

std::optional<double> CborReader::number() {
  const auto found = head();
  if (!found) return std::nullopt;
  if (found->major == uint_major) return static_cast<double>(found->value);
  if (found->major == negative_major) return -1 - static_cast<double>(found->value);
  return found->major == simple_major ? float_of(*found) : std::nullopt;
}

std::optional<std::uint64_t> CborReader::array() {
  const auto found = expect(array_major);
  if (!found || found->value > rest()) return std::nullopt;  // an element takes a byte or more
  return found->value;
}

std::optional<std::uint64_t> CborReader::map() {
  const auto found = expect(map_major);
  if (!found || found->value > rest() / 2) return std::nullopt;
  return found->value;
}

bool CborReader::skip(int depth) {
  if (depth > max_depth) return false;
  const auto found = head();
  if (!found) return false;
  std::uint64_t inside = 0;
  switch (found->major) {
    case bytes_major:
    case text_major:
      return take(found->value).has_value();
    case tag_major:
      inside = 1;
      break;
    case array_major:
      inside = found->value;
      break;
    case map_major:
      if (found->value > rest() / 2) return false;
      inside = 2 * found->value;
      break;
    default:
      return true;
  }
  if (inside > rest()) return false;
  for (std::uint64_t i = 0; i < inside; ++i)
    if (!skip(depth + 1)) return false;
  return true;
}

}  // namespace ptero::simplon
