#include <cmath>
#include <cstring>
#include <ptero/codec/codec.hpp>
#include <ptero/simplon/message.hpp>

#include "cbor_array.hpp"
#include "cbor_json.hpp"
#include "cbor_reader.hpp"
#include "details.hpp"

namespace ptero::simplon {

namespace {

constexpr std::uint64_t self_described = 55799;

Result<Message, Fault> fault(FrameFault reason, std::optional<std::uint64_t> series = {},
                             std::optional<FrameId> frame = {}) {
  return Fault{reason, series, frame};
}

/// A part of a message that `owner` keeps alive.
Bytes within(const Bytes& owner, std::span<const std::byte> inside) {
  return Bytes(std::make_shared<const Bytes>(owner), inside);
}

/// Calls on_value(key, cbor) at each value of the message's map; on_value reads it, or leaves it to be
/// skipped, whatever it is. False: not such a message, or a value cut short.
template <class F>
bool for_each_key(CborReader& cbor, F on_value) {
  (void)cbor.take_tag(self_described);
  const auto pairs = cbor.map();
  if (!pairs) return false;
  for (std::uint64_t i = 0; i < *pairs; ++i) {
    const std::size_t key_at = cbor.position();
    const auto key = cbor.text();
    if (!key) {
      cbor.seek(key_at);
      if (!cbor.skip()) return false;
    }
    const std::size_t value_at = cbor.position();
    on_value(key.value_or(std::string_view()), cbor);
    cbor.seek(value_at);
    if (!cbor.skip()) return false;
  }
  return true;
}

/// [numerator, denominator] of a second, as nanoseconds.
std::int64_t read_time_ns(CborReader& cbor) {
  if (cbor.array() != 2) return 0;
  const auto seconds = cbor.number();
  const auto parts = cbor.number();
  if (!seconds || !parts || *parts == 0) return 0;
  // Doubles hold 104 days to the nanosecond.
  const double ns = std::round(*seconds / *parts * 1e9);
  return std::abs(ns) < 9e18 ? static_cast<std::int64_t>(ns) : 0;
}

/// The part of an image that is needed, wherever its keys stand.
struct ImageFields {
  std::string_view uid;
  std::optional<std::uint64_t> id;
  std::optional<std::size_t> data_at;
  std::optional<std::span<const std::byte>> appendix;
  std::int64_t t_start_ns = 0;
  std::int64_t t_stop_ns = 0;
  bool before_v2 = false;
};

ImageFields read_fields(std::span<const std::byte> bytes) {
  ImageFields out;
  CborReader reader(bytes);
  for_each_key(reader, [&](std::string_view key, CborReader& cbor) {
    if (key == "image_id") out.id = cbor.uint();
    if (key == "series_unique_id") out.uid = cbor.text().value_or(std::string_view());
    if (key == "data") out.data_at = cbor.position();
    if (key == "start_time") out.t_start_ns = read_time_ns(cbor);
    if (key == "stop_time") out.t_stop_ns = read_time_ns(cbor);
    if (key == "channels" || key == "hardware_start_time") out.before_v2 = true;
    if (key == "user_data") {
      const std::size_t begin = cbor.position();
      if (cbor.skip()) out.appendix = bytes.subspan(begin, cbor.position() - begin);
    }
  });
  return out;
}

/// The position of the wanted channel's array in the map of channels at `at`.
std::optional<std::size_t> find_channel(std::span<const std::byte> bytes, std::size_t at,
                                        const std::string& wanted, Image& image) {
  CborReader cbor(bytes);
  cbor.seek(at);
  const auto channels = cbor.map();
  if (!channels || *channels == 0) return std::nullopt;
  std::optional<std::size_t> chosen;
  for (std::uint64_t i = 0; i < *channels; ++i) {
    const auto name = cbor.text();
    if (!name) return std::nullopt;
    if (!chosen || *name == wanted) {
      chosen = cbor.position();
      image.channel = *name;
    }
    if (!cbor.skip()) return std::nullopt;
  }
  image.other_channels = static_cast<std::uint32_t>(*channels - 1);
  return chosen;
}

Result<Message, Fault> decode_image(const Bytes& part, std::uint64_t series, const DecodeOptions& options) {
  const auto fields = read_fields(part.span());
  const auto id = fields.id;
  if (fields.before_v2 && !fields.data_at) return fault(FrameFault::wrong_version, series, id);
  if (!id || !fields.data_at) return fault(FrameFault::malformed, series, id);
  Image image;
  image.series = series;
  image.uid = fields.uid;
  const auto at = find_channel(part.span(), *fields.data_at, options.channel, image);
  if (!at) return fault(FrameFault::malformed, series, id);
  CborReader cbor(part.span());
  cbor.seek(*at);
  const auto array = read_array(cbor, part);
  if (!array) return fault(array.reason(), series, id);
  if (!array->dtype) return Fault{FrameFault::unsupported_dtype, series, id, image.uid, array->type};
  if (array->dims.size() != 2) return fault(FrameFault::wrong_shape, series, id);
  image.frame.id = *id;
  image.frame.t_start_ns = fields.t_start_ns;
  image.frame.t_stop_ns = fields.t_stop_ns;
  if (const auto reason = unpack(array->packed(), options.max_frame_bytes, image.frame))
    return fault(*reason, series, id);
  if (fields.appendix) image.appendix = within(part, *fields.appendix);
  return Message(std::move(image));
}

Message decode_start(const Bytes& part, std::uint64_t series, const DecodeOptions& options) {
  Start start;
  start.info.id = series;
  Json message = Json::object();
  CborJson converter(part, 8 * options.max_frame_bytes, start.info.detector.tables);
  CborReader reader(part.span());
  for_each_key(reader, [&](std::string_view key, CborReader& cbor) {
    if (auto value = converter.convert(cbor, std::string(key)))
      message[std::string(key)] = *std::move(value);
    else
      start.warnings.push_back("the detector's " + std::string(key.substr(0, 64)) +
                               " cannot be read; it is not used");
  });
  read_config_v2(message, start);
  const auto masks = message.find("pixel_mask");
  const DetectorTable* mask = nullptr;
  for (const auto& table : start.info.detector.tables)
    if (table.name.starts_with("pixel_mask/") &&
        (mask == nullptr || table.name == "pixel_mask/" + options.channel))
      mask = &table;
  if (mask != nullptr)
    take_mask(*mask, start);
  else if (masks != message.end())
    start.warnings.push_back("the detector's pixel mask cannot be read; it is not used");
  start.info.detector.json = text_of(Json{{"protocol", "simplon2"}, {"start", message}});
  return start;
}

}  // namespace

Result<Message, Fault> decode_v2(const Parts& parts, const DecodeOptions& options) {
  if (parts.size() != 1) return fault(FrameFault::malformed);
  std::string_view type;
  std::optional<std::uint64_t> series;
  std::optional<std::uint64_t> id;
  std::string_view uid;
  CborReader reader(parts[0].span());
  const bool whole = for_each_key(reader, [&](std::string_view key, CborReader& cbor) {
    if (key == "type") type = cbor.text().value_or(std::string_view());
    if (key == "series_id") series = cbor.uint();
    if (key == "image_id") id = cbor.uint();
    if (key == "series_unique_id") uid = cbor.text().value_or(std::string_view());
  });
  if (!whole || !reader.at_end() || !series) return fault(FrameFault::malformed, series, id);
  if (type == "image") return decode_image(parts[0], *series, options);
  if (type == "start") return decode_start(parts[0], *series, options);
  if (type == "end") return Message(End{*series, std::string(uid)});
  return fault(FrameFault::malformed, series, id);
}

bool is_before_v2(const Parts& parts) {
  return parts.size() == 1 && read_fields(parts[0].span()).before_v2;
}

}  // namespace ptero::simplon
