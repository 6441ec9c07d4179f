#include "pack.hpp"

namespace ptero::wire {

namespace {
// A header with the ids of a large revision fits; a hostile one that announces more is refused unread.
constexpr std::size_t max_elements = 4'000'000;
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
}  // namespace

MapWriter::MapWriter(std::string_view type) {
  put("v", version).put("type", type);
}

void MapWriter::key(std::string_view name) {
  msgpack::pack(body_, name);
  ++pairs_;
}

MapWriter& MapWriter::put(std::string_view name, std::uint64_t value) {
  key(name);
  msgpack::pack(body_, value);
  return *this;
}

MapWriter& MapWriter::put(std::string_view name, std::int64_t value) {
  key(name);
  msgpack::pack(body_, value);
  return *this;
}

MapWriter& MapWriter::put(std::string_view name, double value) {
  key(name);
  msgpack::pack(body_, value);
  return *this;
}

MapWriter& MapWriter::put(std::string_view name, bool value) {
  key(name);
  msgpack::pack(body_, value);
  return *this;
}

MapWriter& MapWriter::put(std::string_view name, std::string_view value) {
  key(name);
  msgpack::pack(body_, value);
  return *this;
}

MapWriter& MapWriter::put(std::string_view name, const std::vector<FrameId>& values) {
  key(name);
  msgpack::pack(body_, values);
  return *this;
}

MapWriter& MapWriter::put(std::string_view name, Shape shape) {
  return put(name, std::vector<FrameId>{shape.rows, shape.cols});
}

MapWriter& MapWriter::put(std::string_view name, const MapWriter& nested) {
  key(name);
  const std::string inner = nested.text();
  body_.write(inner.data(), inner.size());
  return *this;
}

MapWriter& MapWriter::put_pair(std::string_view name, double first, double second) {
  key(name);
  msgpack::packer<msgpack::sbuffer> packer(body_);
  packer.pack_array(2).pack(first).pack(second);
  return *this;
}

std::string MapWriter::text() const {
  msgpack::sbuffer head;
  msgpack::packer<msgpack::sbuffer>(head).pack_map(pairs_);
  std::string out(head.data(), head.size());
  out.append(body_.data(), body_.size());
  return out;
}

Bytes MapWriter::finish() const {
  return Bytes::take(text());
}

std::optional<MapReader> MapReader::parse(std::span<const std::byte> bytes) {
  const msgpack::unpack_limit limit(max_elements, 64, bytes.size(), bytes.size(), 0, max_depth);
  // Texts and payloads stay in the received bytes instead of being copied.
  const auto keep_in_place = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  MapReader reader;
  try {
    std::size_t offset = 0;
    bool referenced = false;
    reader.handle_ = std::make_shared<msgpack::object_handle>(
        msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size(), offset, referenced,
                        keep_in_place, nullptr, limit));
    if (offset != bytes.size()) return std::nullopt;
  } catch (const msgpack::unpack_error&) {
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
  const msgpack::object& root = reader.handle_->get();
  if (root.type != msgpack::type::MAP) return std::nullopt;
  reader.map_ = &root.via.map;
  return reader;
}

const msgpack::object* MapReader::find(std::string_view key) const {
  for (std::uint32_t i = 0; i < map_->size; ++i)
    if (key_text(map_->ptr[i].key) == key) return &map_->ptr[i].val;
  return nullptr;
}

std::optional<std::uint64_t> MapReader::uint(std::string_view key) const {
  const auto* value = find(key);
  return value ? as_uint(*value) : std::nullopt;
}

std::optional<std::int64_t> MapReader::integer(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type == msgpack::type::NEGATIVE_INTEGER) return value->via.i64;
  const auto positive = as_uint(*value);
  if (!positive || *positive > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(*positive);
}

std::optional<double> MapReader::number(std::string_view key) const {
  const auto* value = find(key);
  return value ? as_number(*value) : std::nullopt;
}

std::optional<bool> MapReader::flag(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->type != msgpack::type::BOOLEAN) return std::nullopt;
  return value->via.boolean;
}

std::optional<std::string_view> MapReader::text(std::string_view key) const {
  const auto* value = find(key);
  return value ? key_text(*value) : std::nullopt;
}

std::optional<std::span<const std::byte>> MapReader::binary(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->type != msgpack::type::BIN) return std::nullopt;
  return std::as_bytes(std::span(value->via.bin.ptr, value->via.bin.size));
}

std::optional<std::vector<FrameId>> MapReader::ids(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->type != msgpack::type::ARRAY) return std::nullopt;
  std::vector<FrameId> out;
  out.reserve(value->via.array.size);
  for (std::uint32_t i = 0; i < value->via.array.size; ++i) {
    const auto id = as_uint(value->via.array.ptr[i]);
    if (!id) return std::nullopt;
    out.push_back(*id);
  }
  return out;
}

std::optional<Shape> MapReader::shape(std::string_view key) const {
  const auto values = ids(key);
  if (!values || values->size() != 2) return std::nullopt;
  return Shape{static_cast<std::size_t>((*values)[0]), static_cast<std::size_t>((*values)[1])};
}

std::optional<std::pair<double, double>> MapReader::pair(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->type != msgpack::type::ARRAY || value->via.array.size != 2)
    return std::nullopt;
  const auto first = as_number(value->via.array.ptr[0]);
  const auto second = as_number(value->via.array.ptr[1]);
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

std::optional<MapReader> MapReader::map(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->type != msgpack::type::MAP) return std::nullopt;
  MapReader nested;
  nested.handle_ = handle_;
  nested.map_ = &value->via.map;
  return nested;
}

std::vector<std::pair<std::string, std::uint64_t>> MapReader::counts(std::string_view key) const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  const auto nested = map(key);
  if (!nested) return out;
  for (std::uint32_t i = 0; i < nested->map_->size; ++i) {
    const auto name = key_text(nested->map_->ptr[i].key);
    const auto value = as_uint(nested->map_->ptr[i].val);
    if (name && value) out.emplace_back(*name, *value);
  }
  return out;
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
