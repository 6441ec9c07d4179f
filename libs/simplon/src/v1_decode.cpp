#include <algorithm>
#include <charconv>
#include <ptero/simplon/message.hpp>

#include "details.hpp"
#include "json.hpp"
#include "payload.hpp"

namespace ptero::simplon {

namespace {

Result<Message, Fault> fault(FrameFault reason, std::optional<std::uint64_t> series = {},
                             std::optional<FrameId> frame = {}) {
  return Fault{reason, series, frame};
}

std::optional<Dtype> dtype_of(std::string_view type) {
  constexpr std::pair<std::string_view, Dtype> types[] = {
      {"uint8", Dtype::u8},    {"uint16", Dtype::u16}, {"uint32", Dtype::u32}, {"uint64", Dtype::u64},
      {"int8", Dtype::i8},     {"int16", Dtype::i16},  {"int32", Dtype::i32},  {"int64", Dtype::i64},
      {"float32", Dtype::f32}, {"float64", Dtype::f64}};
  for (const auto& [name, dtype] : types)
    if (type == name) return dtype;
  return std::nullopt;
}

/// [columns, rows], or [columns, rows, 1].
std::optional<Shape> shape_of(const Json& described) {
  const auto shape = described.find("shape");
  if (shape == described.end() || !shape->is_array() || shape->size() < 2 || shape->size() > 3)
    return std::nullopt;
  for (const auto& side : *shape)
    if (!side.is_number_unsigned()) return std::nullopt;
  if (shape->size() == 3 && (*shape)[2].get<std::uint64_t>() != 1) return std::nullopt;
  return Shape{(*shape)[1].get<std::size_t>(), (*shape)[0].get<std::size_t>()};
}

/// [bs<bits>][[-]lz4][<|>], and "raw", which a replayer of NSLS-II sends for plain bytes.
bool read_encoding(std::string_view encoding, PackedArray& array) {
  if (encoding == "raw") return true;
  if (encoding.ends_with('<') || encoding.ends_with('>')) {
    array.big_endian = encoding.back() == '>';
    encoding.remove_suffix(1);
  }
  if (encoding.empty()) return true;
  array.packing = Packing::lz4_block;
  if (encoding.starts_with("bs")) {
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(encoding.data() + 2, encoding.data() + encoding.size(), bits);
    if (error != std::errc() || bits != 8 * size_of(array.dtype)) return false;
    encoding.remove_prefix(static_cast<std::size_t>(end - encoding.data()));
    if (encoding.starts_with('-')) encoding.remove_prefix(1);
    array.packing = Packing::bslz4;
  }
  return encoding == "lz4";
}

/// The table described by parts[at] with its values in the part behind. One whose size is not what its
/// description says is kept as bytes, with a warning.
DetectorTable read_table(const Parts& parts, std::size_t at, const std::string& name, Start& start) {
  const Bytes& values = parts[at + 1];
  DetectorTable table{name, Dtype::u8, {1, values.size()}, values};
  const auto described = parse_object(parts[at]);
  const auto dtype = described ? dtype_of(text_at(*described, "type")) : std::nullopt;
  const auto shape = described ? shape_of(*described) : std::nullopt;
  const bool fits = dtype && shape && shape->rows <= values.size() && shape->cols <= values.size() &&
                    shape->count() * size_of(*dtype) == values.size();
  if (fits) {
    table.dtype = *dtype;
    table.shape = *shape;
  } else {
    start.warnings.push_back("the detector's " + name + " is not what it says it is; it is not used");
  }
  return table;
}

Message decode_header(const Json& head, std::uint64_t series, const Parts& parts) {
  Start start;
  start.info.id = series;
  Json said = {{"protocol", "simplon1"}, {"header", head}};
  const std::string detail = text_at(head, "header_detail");
  std::size_t next = 1;
  if (detail != "none" && parts.size() > 1) {
    next = 2;
    if (const auto config = parse_object(parts[1])) {
      read_config_v1(*config, start);
      said["config"] = *config;
    } else {
      start.warnings.push_back("the detector's configuration in the header is no JSON; it is not used");
    }
  }
  if (detail == "all" && parts.size() >= 8) {
    next = 8;
    for (const auto& [at, name] :
         {std::pair(2, "flatfield"), std::pair(4, "pixel_mask"), std::pair(6, "countrate_table")})
      start.info.detector.tables.push_back(read_table(parts, static_cast<std::size_t>(at), name, start));
    if (start.info.detector.tables[1].dtype == Dtype::u32) take_mask(start.info.detector.tables[1], start);
  }
  if (parts.size() > next)
    start.info.detector.tables.push_back(
        {"header_appendix", Dtype::u8, {1, parts[next].size()}, parts[next]});
  start.info.detector.json = text_of(said);
  return start;
}

Result<Message, Fault> decode_image(const Json& head, std::uint64_t series, const Parts& parts,
                                    const DecodeOptions& options) {
  Image image;
  image.series = series;
  const auto id = uint_at(head, "frame");
  if (!id) return fault(FrameFault::malformed, series);
  image.frame.id = *id;
  if (parts.size() < 3) return fault(FrameFault::malformed, series, id);
  const auto described = parse_object(parts[1]);
  const auto shape = described ? shape_of(*described) : std::nullopt;
  if (!shape) return fault(FrameFault::malformed, series, id);
  const auto dtype = dtype_of(text_at(*described, "type"));
  if (!dtype)
    return Fault{FrameFault::unsupported_dtype, series, id, {}, text_at(*described, "type").substr(0, 32)};
  PackedArray array{.shape = *shape, .dtype = *dtype, .payload = parts[2]};
  if (!read_encoding(text_at(*described, "encoding"), array))
    return fault(FrameFault::unsupported_codec, series, id);
  if (uint_at(*described, "size").value_or(0) > parts[2].size())
    return fault(FrameFault::size_mismatch, series, id);
  if (const auto reason = unpack(array, options.max_frame_bytes, image.frame))
    return fault(*reason, series, id);
  if (parts.size() > 3)
    if (const auto config = parse_object(parts[3])) {
      constexpr std::uint64_t most = INT64_MAX;
      image.frame.t_start_ns = std::int64_t(std::min(most, uint_at(*config, "start_time").value_or(0)));
      image.frame.t_stop_ns = std::int64_t(std::min(most, uint_at(*config, "stop_time").value_or(0)));
    }
  if (parts.size() > 4) image.appendix = parts[4];
  return Message(std::move(image));
}

}  // namespace

Result<Message, Fault> decode_v1(const Parts& parts, const DecodeOptions& options) {
  const auto head = parts.empty() ? std::nullopt : parse_object(parts[0]);
  if (!head) return fault(FrameFault::malformed);
  const std::string type = text_at(*head, "htype");
  const auto series = uint_at(*head, "series");
  if (!series) return fault(FrameFault::malformed, {}, uint_at(*head, "frame"));
  if (type.starts_with("dimage-")) {
    if (type != "dimage-1.0") return fault(FrameFault::wrong_version, series);
    return decode_image(*head, *series, parts, options);
  }
  if (type == "dheader-1.0") return decode_header(*head, *series, parts);
  if (type == "dseries_end-1.0") return Message(End{*series, {}});
  return fault(type.starts_with("d") ? FrameFault::wrong_version : FrameFault::malformed, series);
}

}  // namespace ptero::simplon
