#include "cbor_json.hpp"

#include <ptero/codec/codec.hpp>

#include "cbor_array.hpp"

namespace ptero::simplon {

namespace {

constexpr std::size_t max_tables = 64;

std::optional<Json> simple(const CborReader::Head& head) {
  if (head.info == 20 || head.info == 21) return Json(head.info == 21);
  if (const auto number = float_of(head)) return Json(*number);
  return Json(nullptr);
}

/// Rows and columns of any array; nullopt where they do not multiply to something sensible.
std::optional<Shape> flat_shape(const CborArray& array, std::size_t elements) {
  if (array.dims.empty()) return Shape{1, elements};
  Shape shape{1, array.dims.back()};
  for (std::size_t i = 0; i + 1 < array.dims.size(); ++i) {
    if (array.dims[i] == 0 || shape.rows > SIZE_MAX / array.dims[i]) return std::nullopt;
    shape.rows *= array.dims[i];
  }
  if (shape.cols == 0 || shape.rows > SIZE_MAX / shape.cols) return std::nullopt;
  return shape;
}

}  // namespace

std::optional<Json> CborJson::keep_table(CborReader& cbor, const std::string& path) {
  if (tables_.size() >= max_tables) return std::nullopt;
  const auto array = read_array(cbor, message_);
  if (!array) return std::nullopt;
  DetectorTable table{path, Dtype::u8, {1, array->payload.size()}, array->payload};
  const auto shape = flat_shape(*array, array->payload.size() / array->element_bytes);
  if (array->dtype && shape && !array->payload.empty()) {
    PackedArray packed{*shape,        *array->dtype, array->packing, array->big_endian, array->column_major,
                       array->payload};
    Frame frame;
    const bool shared = array->packing == Packing::none && !array->column_major && !array->big_endian;
    if (unpack(packed, shared ? array->payload.size() : decoded_bytes_left_, frame)) return std::nullopt;
    if (!shared) decoded_bytes_left_ -= frame.decoded_bytes();
    const auto values = ptero::codec::decode(frame);
    if (!values) return std::nullopt;
    table = {path, frame.dtype, frame.shape, *values};
  }
  tables_.push_back(std::move(table));
  return Json{{"table", path}};
}

std::optional<Json> CborJson::convert_array(CborReader& cbor, const std::string& path, int depth) {
  const auto n = cbor.array();
  if (!n) return std::nullopt;
  Json out = Json::array();
  for (std::uint64_t i = 0; i < *n; ++i) {
    auto value = convert(cbor, path, depth + 1);
    if (!value) return std::nullopt;
    out.push_back(*std::move(value));
  }
  return out;
}

std::optional<Json> CborJson::convert_map(CborReader& cbor, const std::string& path, int depth) {
  const auto n = cbor.map();
  if (!n) return std::nullopt;
  Json out = Json::object();
  for (std::uint64_t i = 0; i < *n; ++i) {
    const auto key = cbor.text();
    if (!key) return std::nullopt;
    auto value = convert(cbor, path + "/" + std::string(*key), depth + 1);
    if (!value) return std::nullopt;
    out[std::string(*key)] = *std::move(value);
  }
  return out;
}

std::optional<Json> CborJson::convert(CborReader& cbor, const std::string& path, int depth) {
  if (depth > CborReader::max_depth || values_left_ == 0) return std::nullopt;
  --values_left_;
  const auto head = cbor.peek();
  if (!head) return std::nullopt;
  switch (head->major) {
    case CborReader::uint_major:
      return Json(*cbor.uint());
    case CborReader::negative_major:
      if (head->value >= std::uint64_t{INT64_MAX}) return std::nullopt;
      (void)cbor.head();
      return Json(-1 - static_cast<std::int64_t>(head->value));
    case CborReader::text_major: {
      const auto text = cbor.text();
      return text ? std::optional(Json(std::string(*text))) : std::nullopt;
    }
    case CborReader::array_major:
      return convert_array(cbor, path, depth);
    case CborReader::map_major:
      return convert_map(cbor, path, depth);
    case CborReader::bytes_major:
      return keep_table(cbor, path);
    case CborReader::tag_major:
      if (is_array_tag(head->value)) return keep_table(cbor, path);
      (void)cbor.head();  // a date or something unknown: what it tags
      return convert(cbor, path, depth + 1);
    default:
      (void)cbor.head();
      return simple(*head);
  }
}

}  // namespace ptero::simplon
