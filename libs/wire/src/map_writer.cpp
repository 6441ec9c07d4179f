#include "map_writer.hpp"

#include <array>
#include <bit>

namespace ptero::wire {

MapWriter::MapWriter(std::string_view type) {
  put("v", version).put("type", type);
}

void MapWriter::key(std::string_view name) {
  msgpack::pack(body_, name);
  ++pairs_;
}

// msgpack-cxx would turn 2.0 into an integer; a float stays a float, so a key has one type on the wire.
void MapWriter::write(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  std::array<char, 9> out{'\xcb'};
  for (std::size_t i = 0; i < 8; ++i) out[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
  body_.write(out.data(), out.size());
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
  write(value);
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

MapWriter& MapWriter::put(std::string_view name, std::span<const std::byte> bytes) {
  key(name);
  msgpack::packer<msgpack::sbuffer> packer(body_);
  packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  packer.pack_bin_body(reinterpret_cast<const char*>(bytes.data()), static_cast<std::uint32_t>(bytes.size()));
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

MapWriter& MapWriter::put(std::string_view name, const std::vector<MapWriter>& nested) {
  key(name);
  msgpack::packer<msgpack::sbuffer>(body_).pack_array(static_cast<std::uint32_t>(nested.size()));
  for (const auto& map : nested) {
    const std::string inner = map.text();
    body_.write(inner.data(), inner.size());
  }
  return *this;
}

MapWriter& MapWriter::put_numbers(std::string_view name, std::span<const double> values) {
  key(name);
  msgpack::packer<msgpack::sbuffer>(body_).pack_array(static_cast<std::uint32_t>(values.size()));
  for (const double value : values) write(value);
  return *this;
}

MapWriter& MapWriter::put_pair(std::string_view name, double first, double second) {
  key(name);
  msgpack::packer<msgpack::sbuffer>(body_).pack_array(2);
  write(first);
  write(second);
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

}  // namespace ptero::wire
