#pragma once
// Reading maps with text keys, the shape of every ptero message. Internal to wire: msgpack-cxx goes no
// further.

#include <cstdint>
#include <map>
#include <memory>
#include <msgpack.hpp>
#include <optional>
#include <ptero/core/bytes.hpp>
#include <ptero/wire/decode.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptero::wire {

/// Reads a map of a received message. Keys may be text or binary (msgpack-numpy writes binary ones), and nil
/// is as good as absent. Values refer to the received bytes, which must outlive the reader.
/// A key that was asked for and holds another type, or that `need` missed, makes the message `failed`: an
/// optional key that cannot be understood is never taken for an absent one.
class MapReader {
 public:
  /// nullopt: not one MessagePack map, bytes behind it, or larger or deeper than a header may be.
  static std::optional<MapReader> parse(std::span<const std::byte> bytes);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::optional<std::uint64_t> uint(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;  ///< integers too
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<std::span<const std::byte>> binary(std::string_view key) const;
  std::optional<std::vector<FrameId>> ids(std::string_view key) const;
  std::optional<std::vector<double>> numbers(std::string_view key) const;
  std::optional<Shape> shape(std::string_view key) const;
  std::optional<std::pair<double, double>> pair(std::string_view key) const;
  std::optional<MapReader> map(std::string_view key) const;
  std::optional<std::vector<MapReader>> maps(std::string_view key) const;  ///< an array of them
  std::optional<std::map<std::string, std::uint64_t>> counts(std::string_view key) const;

  /// The value of a required key; a default, and `failed`, without one.
  template <class T>
  T need(std::optional<T> value) const {
    if (!value) tree_->failed = true;
    return std::move(value).value_or(T{});
  }
  std::string need_text(std::string_view key) const { return std::string(need(text(key))); }
  bool failed() const { return tree_->failed; }
  /// The decoded message, when everything asked for was there and of its type.
  template <class T>
  Decoded<T> whole(T message) const {
    if (failed()) return FrameFault::malformed;
    return Decoded<T>(std::move(message));
  }
  bool is_map(std::string_view key) const;

 private:
  struct Tree {
    msgpack::object_handle handle;  // owns the objects
    bool failed = false;
  };

  std::optional<MapReader> nested(const msgpack::object& value) const;
  const msgpack::object* find(std::string_view key) const;
  /// find, then f; a value f cannot read is a failure.
  template <class F>
  auto read(std::string_view key, F f) const;

  std::shared_ptr<Tree> tree_;  // shared by the nested readers
  const msgpack::object_map* map_ = nullptr;
};

/// Parses a header and checks its version and type.
Decoded<MapReader> parse_message(const Bytes& bytes, std::string_view type);
/// The same for a message whose type decides what follows.
Decoded<MapReader> parse_versioned(const Bytes& bytes);

}  // namespace ptero::wire
