#pragma once
// Maps with text keys, the shape of every ptero message. Internal to wire: msgpack-cxx goes no further.

#include <cstdint>
#include <msgpack.hpp>
#include <optional>
#include <ptero/core/bytes.hpp>
#include <ptero/wire/decode.hpp>
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
  MapWriter& put(std::string_view key, Shape shape);
  MapWriter& put(std::string_view key, const MapWriter& nested);
  MapWriter& put_pair(std::string_view key, double first, double second);
  template <class T>
  MapWriter& put_if(std::string_view key, const std::optional<T>& value) {
    return value ? put(key, *value) : *this;
  }

  Bytes finish() const;

 private:
  void key(std::string_view name);
  std::string text() const;

  std::uint32_t pairs_ = 0;
  msgpack::sbuffer body_;
};

/// Reads a map of a received message. Keys may be text or binary (msgpack-numpy writes binary ones).
/// Values refer to the received bytes, which must outlive the reader.
class MapReader {
 public:
  /// nullopt: not MessagePack, trailing bytes, not a map, or larger than a header may be.
  static std::optional<MapReader> parse(std::span<const std::byte> bytes);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::optional<std::uint64_t> uint(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;  ///< integers too
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<std::span<const std::byte>> binary(std::string_view key) const;
  std::optional<std::vector<FrameId>> ids(std::string_view key) const;
  std::optional<Shape> shape(std::string_view key) const;
  std::optional<std::pair<double, double>> pair(std::string_view key) const;
  std::optional<MapReader> map(std::string_view key) const;
  std::vector<std::pair<std::string, std::uint64_t>> counts(std::string_view key) const;

 private:
  const msgpack::object* find(std::string_view key) const;

  std::shared_ptr<msgpack::object_handle> handle_;  // owns the tree
  const msgpack::object_map* map_ = nullptr;
};

/// Parses a header and checks its version and type.
Decoded<MapReader> parse_message(const Bytes& bytes, std::string_view type);
/// The same for a message whose type decides what follows.
Decoded<MapReader> parse_versioned(const Bytes& bytes);

}  // namespace ptero::wire
