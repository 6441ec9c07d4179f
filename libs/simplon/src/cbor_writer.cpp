#include "cbor_writer.hpp"

#include <bit>

namespace ptero::simplon {

namespace {
void big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
}  // namespace

CborWriter& CborWriter::head(unsigned major, std::uint64_t value) {
  const auto first = [&](unsigned info) { out_.push_back(static_cast<char>(major << 5 | info)); };
  if (value < 24) {
    first(static_cast<unsigned>(value));
    return *this;
  }
  const int size = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
  first(24 + static_cast<unsigned>(size));
  big_endian(out_, value, 1 << size);
  return *this;
}

CborWriter& CborWriter::text(std::string_view value) {
  head(3, value.size());
  out_.append(value);
  return *this;
}

CborWriter& CborWriter::bytes(std::span<const std::byte> value) {
  out_.reserve(out_.size() + value.size() + 9);
  head(2, value.size());
  out_.append(reinterpret_cast<const char*>(value.data()), value.size());
  return *this;
}

CborWriter& CborWriter::number(double value) {
  out_.push_back('\xfb');
  big_endian(out_, std::bit_cast<std::uint64_t>(value), 8);
  return *this;
}

CborWriter& CborWriter::boolean(bool value) {
  out_.push_back(value ? '\xf5' : '\xf4');
  return *this;
}

}  // namespace ptero::simplon
