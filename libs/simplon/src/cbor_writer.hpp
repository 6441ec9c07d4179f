#pragma once

#include <cstdint>
#include <ptero/core/bytes.hpp>
#include <span>
#include <string>
#include <string_view>

namespace ptero::simplon {

/// Writes CBOR with definite lengths: who opens a map or an array says how many values follow.
class CborWriter {
 public:
  CborWriter& map(std::uint64_t pairs) { return head(5, pairs); }
  CborWriter& array(std::uint64_t elements) { return head(4, elements); }
  CborWriter& tag(std::uint64_t tag) { return head(6, tag); }
  CborWriter& uint(std::uint64_t value) { return head(0, value); }
  CborWriter& text(std::string_view value);
  CborWriter& bytes(std::span<const std::byte> value);
  CborWriter& number(double value);
  CborWriter& boolean(bool value);

  Bytes finish() { return Bytes::take(std::move(out_)); }

 private:
  CborWriter& head(unsigned major, std::uint64_t value);
  std::string out_;
};

}  // namespace ptero::simplon
