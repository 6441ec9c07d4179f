#include "cbor_array.hpp"

#include <string>

namespace ptero::simplon {

namespace {

constexpr std::uint64_t row_major = 40;
constexpr std::uint64_t column_major = 1040;
constexpr std::uint64_t compressed = 56500;
constexpr std::uint64_t max_dims = 8;

bool is_typed(std::uint64_t tag) {
  return tag >= 64 && tag <= 87;
}

/// 0b010fsell: float, signed, little endian, and the size [RFC 8746, section 2.1].
void take_type(std::uint64_t tag, CborArray& array) {
  const bool is_float = (tag & 0x10) != 0;
  const bool is_signed = (tag & 0x08) != 0;
  const auto size = tag & 0x03;
  array.element_bytes = std::size_t{1} << ((is_float ? 1 : 0) + size);
  array.big_endian = (tag & 0x04) == 0 && array.element_bytes > 1;
  const auto number = (is_float ? "f" : is_signed ? "i" : "u") + std::to_string(array.element_bytes);
  array.type = number;
  array.dtype = dtype_from_numpy(number);
}

/// A byte string, or [algorithm, element bytes, byte string] behind the tag of compression.
std::optional<FrameFault> take_bytes(CborReader& cbor, const Bytes& owner, CborArray& array) {
  const bool packed = cbor.take_tag(compressed);
  if (packed) {
    if (cbor.array() != 3) return FrameFault::malformed;
    const auto algorithm = cbor.text();
    const auto element_bytes = cbor.uint();
    if (!algorithm || !element_bytes) return FrameFault::malformed;
    if (algorithm == "bslz4")
      array.packing = Packing::bslz4;
    else if (algorithm == "lz4")
      array.packing = Packing::lz4;
    else
      return FrameFault::unsupported_codec;
    if (array.packing == Packing::bslz4 && *element_bytes != array.element_bytes)
      return FrameFault::size_mismatch;
  }
  const auto bytes = cbor.bytes();
  if (!bytes) return FrameFault::malformed;
  array.payload = Bytes(std::make_shared<const Bytes>(owner), *bytes);
  return std::nullopt;
}

std::optional<FrameFault> take_dims(CborReader& cbor, CborArray& array) {
  const auto n = cbor.array();
  if (!n || *n == 0 || *n > max_dims) return FrameFault::malformed;
  for (std::uint64_t i = 0; i < *n; ++i) {
    const auto side = cbor.uint();
    if (!side) return FrameFault::malformed;
    array.dims.push_back(static_cast<std::size_t>(*side));
  }
  return std::nullopt;
}

}  // namespace

bool is_array_tag(std::uint64_t tag) {
  return tag == row_major || tag == column_major || tag == compressed || is_typed(tag);
}

Result<CborArray, FrameFault> read_array(CborReader& cbor, const Bytes& owner) {
  CborArray array{.dtype = Dtype::u8};
  array.column_major = cbor.take_tag(column_major);
  if (array.column_major || cbor.take_tag(row_major)) {
    if (cbor.array() != 2) return FrameFault::malformed;
    if (const auto fault = take_dims(cbor, array)) return *fault;
  }
  const auto next = cbor.peek();
  if (next && next->major == CborReader::tag_major && is_typed(next->value)) {
    take_type(next->value, array);
    (void)cbor.head();
  }
  if (const auto fault = take_bytes(cbor, owner, array)) return *fault;
  return array;
}

}  // namespace ptero::simplon
