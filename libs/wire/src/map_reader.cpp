#include "map_reader.hpp"

#include <algorithm>

namespace ptero::wire {

namespace {
constexpr std::size_t max_keys = 1024;
constexpr std::size_t max_depth = 16;

std::optional<std::string_view> key_text(const msgpack::object& object) {
  if (object.type == msgpack::type::STR) return std::string_view(object.via.str.ptr, object.via.str.size);
  if (object.type == msgpack::type::BIN) return std::string_view(object.via.bin.ptr, object.via.bin.size);
  return std::nullopt;
}

std::optional<std::uint64_t> as_uint(const msgpack::object& object) {
  if (object.type != msgpack::type::POSITIVE_INTEGER) return std::nullopt;
  return object.via.u64;
}

std::optional<std::int64_t> as_int(const msgpack::object& object) {
  if (object.type == msgpack::type::NEGATIVE_INTEGER) return object.via.i64;
  const auto positive = as_uint(object);
  if (!positive || *positive > std::uint64_t{INT64_MAX}) return std::nullopt;
  return static_cast<std::int64_t>(*positive);
}

std::optional<double> as_number(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return object.via.f64;
    case msgpack::type::POSITIVE_INTEGER:
      return static_cast<double>(object.via.u64);
    case msgpack::type::NEGATIVE_INTEGER:
      return static_cast<double>(object.via.i64);
    default:
      return std::nullopt;
  }
}

std::optional<bool> as_flag(const msgpack::object& object) {
  if (object.type != msgpack::type::BOOLEAN) return std::nullopt;
  return object.via.boolean;
}

std::optional<std::span<const std::byte>> as_binary(const msgpack::object& object) {
  if (object.type != msgpack::type::BIN) return std::nullopt;
  return std::as_bytes(std::span(object.via.bin.ptr, object.via.bin.size));
}

template <class Value>
std::optional<std::vector<Value>> as_list(const msgpack::object& object,
                                          std::optional<Value> (*as_value)(const msgpack::object&)) {
  if (object.type != msgpack::type::ARRAY) return std::nullopt;
  std::vector<Value> out;
  out.reserve(object.via.array.size);
  for (std::uint32_t i = 0; i < object.via.array.size; ++i) {
    const auto value = as_value(object.via.array.ptr[i]);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

std::optional<std::vector<FrameId>> as_ids(const msgpack::object& object) {
  return as_list<FrameId>(object, as_uint);
}

std::optional<std::vector<double>> as_numbers(const msgpack::object& object) {
  return as_list<double>(object, as_number);
}

std::optional<Shape> as_shape(const msgpack::object& object) {
  if (object.type != msgpack::type::ARRAY || object.via.array.size != 2) return std::nullopt;
  const auto rows = as_uint(object.via.array.ptr[0]);
  const auto cols = as_uint(object.via.array.ptr[1]);
  if (!rows || !cols) return std::nullopt;
  return Shape{static_cast<std::size_t>(*rows), static_cast<std::size_t>(*cols)};
}

std::optional<std::pair<double, double>> as_pair(const msgpack::object& object) {
  if (object.type != msgpack::type::ARRAY || object.via.array.size != 2) return std::nullopt;
  const auto first = as_number(object.via.array.ptr[0]);
  const auto second = as_number(object.via.array.ptr[1]);
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

std::optional<std::map<std::string, std::uint64_t>> as_counts(const msgpack::object& object) {
  if (object.type != msgpack::type::MAP) return std::nullopt;
  std::map<std::string, std::uint64_t> out;
  for (std::uint32_t i = 0; i < object.via.map.size; ++i) {
    const auto name = key_text(object.via.map.ptr[i].key);
    const auto count = as_uint(object.via.map.ptr[i].val);
    if (!name || !count) return std::nullopt;
    out.emplace(*name, *count);
  }
  return out;
}
}  // namespace

std::optional<MapReader> MapReader::parse(std::span<const std::byte> bytes) {
  // An element takes a byte or more, so what is announced beyond the bytes at hand is refused before the
  // parser allocates room for it. No fixed number bounds an array: the labels of a series name every id.
  const std::size_t size = bytes.size();
  const msgpack::unpack_limit limit(size, std::min(max_keys, size), size, size, size, max_depth);
  // Texts and payloads stay in the received bytes instead of being copied.
  const auto keep_in_place = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  MapReader reader;
  try {
    std::size_t offset = 0;
    bool referenced = false;
    reader.tree_ =
        std::make_shared<Tree>(Tree{msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size(),
                                                    offset, referenced, keep_in_place, nullptr, limit)});
    if (offset != bytes.size()) return std::nullopt;
  } catch (const msgpack::unpack_error&) {
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
  const msgpack::object& root = reader.tree_->handle.get();
  if (root.type != msgpack::type::MAP) return std::nullopt;
  reader.map_ = &root.via.map;
  return reader;
}

const msgpack::object* MapReader::find(std::string_view key) const {
  for (std::uint32_t i = 0; i < map_->size; ++i) {
    const msgpack::object& value = map_->ptr[i].val;
    if (key_text(map_->ptr[i].key) == key) return value.is_nil() ? nullptr : &value;
  }
  return nullptr;
}

template <class F>
auto MapReader::read(std::string_view key, F f) const {
  const auto* value = find(key);
  auto out = value ? f(*value) : decltype(f(*value)){};
  if (value && !out) tree_->failed = true;
  return out;
}

std::optional<std::uint64_t> MapReader::uint(std::string_view key) const {
  return read(key, as_uint);
}

std::optional<std::int64_t> MapReader::integer(std::string_view key) const {
  return read(key, as_int);
}

std::optional<double> MapReader::number(std::string_view key) const {
  return read(key, as_number);
}

std::optional<bool> MapReader::flag(std::string_view key) const {
  return read(key, as_flag);
}

std::optional<std::string_view> MapReader::text(std::string_view key) const {
  return read(key, key_text);
}

std::optional<std::span<const std::byte>> MapReader::binary(std::string_view key) const {
  return read(key, as_binary);
}

std::optional<std::vector<FrameId>> MapReader::ids(std::string_view key) const {
  return read(key, as_ids);
}

std::optional<std::vector<double>> MapReader::numbers(std::string_view key) const {
  return read(key, as_numbers);
}

std::optional<Shape> MapReader::shape(std::string_view key) const {
  return read(key, as_shape);
}

std::optional<std::pair<double, double>> MapReader::pair(std::string_view key) const {
  return read(key, as_pair);
}

bool MapReader::is_map(std::string_view key) const {
  const auto* value = find(key);
  return value && value->type == msgpack::type::MAP;
}

std::optional<MapReader> MapReader::nested(const msgpack::object& value) const {
  if (value.type != msgpack::type::MAP) return std::nullopt;
  MapReader reader;
  reader.tree_ = tree_;
  reader.map_ = &value.via.map;
  return reader;
}

std::optional<MapReader> MapReader::map(std::string_view key) const {
  return read(key, [this](const msgpack::object& value) { return nested(value); });
}

std::optional<std::vector<MapReader>> MapReader::maps(std::string_view key) const {
  return read(key, [this](const msgpack::object& value) -> std::optional<std::vector<MapReader>> {
    if (value.type != msgpack::type::ARRAY) return std::nullopt;
    std::vector<MapReader> out;
    for (std::uint32_t i = 0; i < value.via.array.size; ++i) {
      auto one = nested(value.via.array.ptr[i]);
      if (!one) return std::nullopt;
      out.push_back(*std::move(one));
    }
    return out;
  });
}

std::optional<std::map<std::string, std::uint64_t>> MapReader::counts(std::string_view key) const {
  return read(key, as_counts);
}

Decoded<MapReader> parse_versioned(const Bytes& bytes) {
  auto reader = MapReader::parse(bytes.span());
  if (!reader) return FrameFault::malformed;
  const auto v = reader->uint("v");
  if (!v) return FrameFault::malformed;
  if (*v != version) return FrameFault::wrong_version;
  return *std::move(reader);
}

Decoded<MapReader> parse_message(const Bytes& bytes, std::string_view type) {
  auto reader = parse_versioned(bytes);
  if (reader && reader->text("type") != type) return FrameFault::malformed;
  return reader;
}

}  // namespace ptero::wire
