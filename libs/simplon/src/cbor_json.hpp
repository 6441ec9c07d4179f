#pragma once

#include <ptero/core/series.hpp>

#include "cbor_reader.hpp"
#include "json.hpp"

namespace ptero::simplon {

/// Turns values of a CBOR message into JSON. Arrays of bytes become tables, in JSON {"table": name}, named
/// after the keys that lead to them. Bounded in depth and in number of values, whatever the message claims.
class CborJson {
 public:
  /// max_decoded_bytes: of all tables that are compressed together.
  CborJson(const Bytes& message, std::size_t max_decoded_bytes, std::vector<DetectorTable>& tables)
      : message_(message), decoded_bytes_left_(max_decoded_bytes), tables_(tables) {}

  /// The value that comes next, which `path` leads to; nullopt where it cannot be read.
  std::optional<Json> convert(CborReader& cbor, const std::string& path, int depth = 0);

 private:
  std::optional<Json> convert_array(CborReader& cbor, const std::string& path, int depth);
  std::optional<Json> convert_map(CborReader& cbor, const std::string& path, int depth);
  std::optional<Json> keep_table(CborReader& cbor, const std::string& path);

  const Bytes& message_;
  std::size_t decoded_bytes_left_;
  std::vector<DetectorTable>& tables_;
  std::size_t values_left_ = 100'000;
};

}  // namespace ptero::simplon
