#pragma once
// Writing maps with text keys, the shape of every ptero message. Internal to wire: msgpack-cxx goes no
// further.

#include <cstdint>
#include <msgpack.hpp>
#include <optional>
#include <ptero/core/bytes.hpp>
#include <ptero/wire/decode.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ptero::wire {

/// Collects key/value pairs and writes the map once their number is known. Begins with "v" and "type".
class MapWriter {
 public:
  explicit MapWriter(std::string_view type);
  MapWriter() = default;  ///< a nested map: neither version nor type

  MapWriter& put(std::string_view key, std::uint64_t value);
  MapWriter& put(std::string_view key, std::int64_t value);
  MapWriter& put(std::string_view key, double value);
  MapWriter& put(std::string_view key, bool value);
  MapWriter& put(std::string_view key, std::string_view value);
  MapWriter& put(std::string_view key, const std::vector<FrameId>& values);
  MapWriter& put(std::string_view key, std::span<const std::byte> bytes);
  MapWriter& put(std::string_view key, Shape shape);
  MapWriter& put(std::string_view key, const MapWriter& nested);
  MapWriter& put(std::string_view key, const std::vector<MapWriter>& nested);
  MapWriter& put_numbers(std::string_view key, std::span<const double> values);
  MapWriter& put_pair(std::string_view key, double first, double second);
  template <class T>
  MapWriter& put_if(std::string_view key, const std::optional<T>& value) {
    return value ? put(key, *value) : *this;
  }

  Bytes finish() const;

 private:
  void key(std::string_view name);
  void write(double value);
  std::string text() const;

  std::uint32_t pairs_ = 0;
  msgpack::sbuffer body_;
};

}  // namespace ptero::wire
