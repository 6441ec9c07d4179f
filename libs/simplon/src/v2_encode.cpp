#include <algorithm>
#include <ctime>
#include <ptero/simplon/encode.hpp>
#include <string>

#include "cbor_writer.hpp"
#include "described.hpp"

namespace ptero::simplon {

namespace {

constexpr std::uint64_t self_described = 55799;
constexpr std::uint64_t row_major = 40;
constexpr std::uint64_t compressed = 56500;
constexpr const char* channel = "threshold_1";

/// RFC 8746, little endian.
std::uint64_t tag_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::u8:
      return 64;
    case Dtype::u16:
      return 69;
    case Dtype::u32:
      return 70;
    case Dtype::u64:
      return 71;
    case Dtype::i8:
      return 72;
    case Dtype::i16:
      return 77;
    case Dtype::i32:
      return 78;
    case Dtype::i64:
      return 79;
    case Dtype::f64:
      return 86;
    case Dtype::f32:
      break;
  }
  return 85;
}

/// A message of so many pairs, the three that each has among them.
CborWriter begin(std::uint64_t pairs, const char* type, std::uint64_t series, const std::string& uid) {
  CborWriter out;
  out.tag(self_described).map(pairs).text("type").text(type);
  out.text("series_id").uint(series).text("series_unique_id").text(uid);
  return out;
}

CborWriter& array_of(CborWriter& out, Shape shape, Dtype dtype) {
  out.tag(row_major).array(2).array(2).uint(shape.rows).uint(shape.cols);
  return out.tag(tag_of(dtype));
}

CborWriter& time(CborWriter& out, const char* key, std::int64_t ns) {
  return out.text(key)
      .array(2)
      .uint(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)))
      .uint(1'000'000'000);
}

/// Tag 0: a text of RFC 3339, in UTC.
void date(CborWriter& out, const char* key, std::int64_t utc_ns) {
  const auto seconds = static_cast<std::time_t>(utc_ns / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  const auto micro = std::to_string(1'000'000 + utc_ns / 1000 % 1'000'000).substr(1);
  out.text(key).tag(0).text(std::string(text, n) + "." + micro + "Z");
}

}  // namespace

Parts encode_start_v2(const SeriesInfo& info, std::int64_t armed_utc_ns) {
  const Described d(info);
  const bool dated = armed_utc_ns != 0;
  // A detector for photons counts from half of their energy.
  const bool thresholds = d.energy_ev > 0;
  const std::pair<const char*, double> numbers[] = {
      {"beam_center_x", d.beam_center_x},      {"beam_center_y", d.beam_center_y},
      {"incident_energy", d.energy_ev},        {"incident_wavelength", d.wavelength_angstrom},
      {"pixel_size_x", info.detector_pixel_m}, {"pixel_size_y", info.detector_pixel_m}};
  const std::pair<const char*, std::uint64_t> counts[] = {{"image_size_x", info.frame_shape.cols},
                                                          {"image_size_y", info.frame_shape.rows},
                                                          {"number_of_images", d.images}};
  const bool floats = info.dtype == Dtype::f32;
  CborWriter out = begin(
      3 + std::size(numbers) + std::size(counts) + (floats ? 6 : 7) + (dated ? 1 : 0) + (thresholds ? 1 : 0),
      "start", info.id, info.uid);
  for (const auto& [key, value] : numbers) out.text(key).number(value);
  for (const auto& [key, value] : counts) out.text(key).uint(value);
  if (dated) date(out, "arm_date", armed_utc_ns);
  if (thresholds) out.text("threshold_energy").map(1).text(channel).number(d.energy_ev / 2);
  out.text("channels").array(1).text(channel);
  out.text("detector_description").text("ptero software detector");
  out.text("detector_translation").array(3).number(0).number(0).number(-info.distance_m);
  if (!floats) out.text("image_dtype").text("uint" + std::to_string(d.bit_depth));
  out.text("flatfield_enabled").boolean(false);
  const auto ones = flat_field(info);
  const auto flags = mask_flags(info);
  out.text("flatfield").map(1).text(channel);
  array_of(out, info.frame_shape, Dtype::f32).bytes(std::as_bytes(std::span(ones)));
  out.text("pixel_mask").map(1).text(channel);
  array_of(out, info.frame_shape, Dtype::u32).bytes(std::as_bytes(std::span(flags)));
  return {out.finish()};
}

Parts encode_image_v2(std::uint64_t series, const std::string& uid, const Frame& frame,
                      std::int64_t armed_utc_ns) {
  CborWriter out = begin(armed_utc_ns != 0 ? 9 : 8, "image", series, uid);
  if (armed_utc_ns != 0) date(out, "series_date", armed_utc_ns);
  out.text("image_id").uint(frame.id);
  time(out, "real_time", frame.t_stop_ns - frame.t_start_ns);
  time(out, "start_time", frame.t_start_ns);
  time(out, "stop_time", frame.t_stop_ns);
  out.text("data").map(1).text(channel);
  array_of(out, frame.shape, frame.dtype);
  if (frame.codec != Codec::none) {
    const bool shuffled = frame.codec == Codec::bslz4;
    out.tag(compressed).array(3).text(shuffled ? "bslz4" : "lz4").uint(shuffled ? size_of(frame.dtype) : 0);
  }
  out.bytes(frame.payload.span());
  return {out.finish()};
}

Parts encode_end_v2(std::uint64_t series, const std::string& uid) {
  return {begin(3, "end", series, uid).finish()};
}

}  // namespace ptero::simplon
