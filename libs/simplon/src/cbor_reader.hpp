#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ptero::simplon {

/// Reads CBOR (RFC 8949) from bytes it was given, value by value, without copying and never past their end.
/// Definite lengths only, as detectors send them; a length is checked against the rest before it is used.
/// A read that fails gives nullopt and leaves the position anywhere: seek, or give up.
class CborReader {
 public:
  static constexpr int max_depth = 16;
  enum Major : std::uint8_t {
    uint_major,
    negative_major,
    bytes_major,
    text_major,
    array_major,
    map_major,
    tag_major,
    simple_major
  };
  struct Head {
    std::uint8_t major = 0;
    std::uint8_t info = 0;  ///< of simple_major: 20, 21 false, true; 25, 26, 27 floats of 2, 4, 8 bytes
    std::uint64_t value = 0;
  };

  explicit CborReader(std::span<const std::byte> all) : all_(all) {}

  std::size_t position() const { return at_; }
  void seek(std::size_t position) { at_ = position; }
  std::size_t rest() const { return all_.size() - at_; }
  bool at_end() const { return at_ == all_.size(); }

  std::optional<Head> head();
  std::optional<Head> peek() const { return CborReader(*this).head(); }
  /// Consumes this tag where it comes next.
  bool take_tag(std::uint64_t tag);

  std::optional<std::uint64_t> uint();
  std::optional<std::string_view> text();
  std::optional<std::span<const std::byte>> bytes();
  std::optional<double> number();  ///< a float of any size, or an integer
  /// How many elements, or pairs, follow.
  std::optional<std::uint64_t> array();
  std::optional<std::uint64_t> map();
  /// Passes one value, whatever it is.
  bool skip(int depth = 0);

 private:
  std::optional<Head> expect(Major major);
  std::optional<std::span<const std::byte>> take(std::uint64_t n);

  std::span<const std::byte> all_;
  std::size_t at_ = 0;
};

/// The number in a head of simple_major that is a float.
std::optional<double> float_of(const CborReader::Head& head);

}  // namespace ptero::simplon
