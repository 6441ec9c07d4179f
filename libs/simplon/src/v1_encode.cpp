#include <ptero/codec/codec.hpp>
#include <ptero/simplon/encode.hpp>

#include "described.hpp"
#include "json.hpp"

namespace ptero::simplon {

namespace {

Bytes text(const Json& value) {
  return Bytes::take(text_of(value));
}

std::string type_of(Dtype dtype) {
  const char kind = numpy_name(dtype)[1];
  return (kind == 'f' ? "float" : kind == 'i' ? "int" : "uint") + std::to_string(8 * size_of(dtype));
}

Json sides(Shape shape) {
  return {shape.cols, shape.rows};
}

Bytes table(const char* htype, Shape shape, Dtype dtype) {
  return text({{"htype", htype}, {"shape", sides(shape)}, {"type", type_of(dtype)}});
}

/// The one raw block that version 1 calls lz4; empty where LZ4 makes the pixels no smaller.
Bytes lz4_block(const Bytes& pixels, std::size_t element_bytes) {
  constexpr std::size_t framing = 12 + 4;  // decoded bytes, block bytes, size of the block
  auto framed =
      codec::encode(Codec::lz4, pixels.span(), element_bytes, static_cast<std::uint32_t>(pixels.size()));
  if (framed.size() >= framing + pixels.size()) return {};
  framed.erase(framed.begin(), framed.begin() + framing);
  return Bytes::take(std::move(framed));
}

std::pair<std::string, Bytes> pack(const Frame& frame) {
  if (frame.codec == Codec::bslz4)
    return {"bs" + std::to_string(8 * size_of(frame.dtype)) + "-lz4<", frame.payload};
  const auto pixels = codec::decode(frame);
  // A payload damaged on purpose goes as it is.
  if (!pixels) return {frame.codec == Codec::lz4 ? "lz4<" : "<", frame.payload};
  if (frame.codec == Codec::lz4)
    if (auto block = lz4_block(*pixels, size_of(frame.dtype)); !block.empty()) return {"lz4<", block};
  return {"<", *pixels};
}

}  // namespace

Parts encode_start_v1(const SeriesInfo& info) {
  const Described d(info);
  const Shape shape = info.frame_shape;
  const Json config = {{"auto_summation", true},
                       {"beam_center_x", d.beam_center_x},
                       {"beam_center_y", d.beam_center_y},
                       {"bit_depth_image", d.bit_depth},
                       {"bit_depth_readout", 16},
                       {"compression", "bslz4"},
                       {"countrate_correction_applied", false},
                       {"description", "ptero software detector"},
                       {"detector_distance", info.distance_m},
                       {"detector_number", info.uid},
                       {"flatfield_correction_applied", false},
                       {"nimages", d.images},
                       {"ntrigger", 1},
                       {"photon_energy", d.energy_ev},
                       {"pixel_mask_applied", false},
                       {"trigger_mode", "ints"},
                       {"wavelength", d.wavelength_angstrom},
                       {"x_pixel_size", info.detector_pixel_m},
                       {"x_pixels_in_detector", shape.cols},
                       {"y_pixel_size", info.detector_pixel_m},
                       {"y_pixels_in_detector", shape.rows}};
  const std::vector<float> counts = {0, 0, 1e6F, 1e6F};  // measured, corrected
  return {text({{"htype", "dheader-1.0"}, {"series", info.id}, {"header_detail", "all"}}),
          text(config),
          table("dflatfield-1.0", shape, Dtype::f32),
          Bytes::take(flat_field(info)),
          table("dpixelmask-1.0", shape, Dtype::u32),
          Bytes::take(mask_flags(info)),
          table("dcountrate_table-1.0", {2, 2}, Dtype::f32),
          Bytes::take(counts)};
}

Parts encode_image_v1(std::uint64_t series, const Frame& frame) {
  const auto [encoding, payload] = pack(frame);
  return {text({{"htype", "dimage-1.0"},
                {"series", series},
                {"frame", frame.id},
                {"hash", "00000000000000000000000000000000"}}),
          text({{"htype", "dimage_d-1.0"},
                {"shape", sides(frame.shape)},
                {"type", type_of(frame.dtype)},
                {"encoding", encoding},
                {"size", payload.size()}}),
          payload,
          text({{"htype", "dconfig-1.0"},
                {"start_time", frame.t_start_ns},
                {"stop_time", frame.t_stop_ns},
                {"real_time", frame.t_stop_ns - frame.t_start_ns}})};
}

Parts encode_end_v1(std::uint64_t series) {
  return {text({{"htype", "dseries_end-1.0"}, {"series", series}})};
}

}  // namespace ptero::simplon
