#include <algorithm>
#include <ptero/codec/codec.hpp>
#include <ptero/core/contract.hpp>
#include <ptero/simplon/encode.hpp>

#include "targets.hpp"

namespace ptero::fuzz {

namespace {

const simplon::DecodeOptions options;

/// Pixels that decode come back from our own encoder as they were.
template <class Encode, class Decode>
void check_image(const simplon::Image& image, Encode encode, Decode decode) {
  const auto pixels = codec::decode(image.frame);
  if (!pixels) return;
  PTERO_EXPECT(pixels->size() == image.frame.decoded_bytes());
  const auto again = decode(encode(image.frame), options);
  PTERO_EXPECT(again.ok());
  const auto* same = std::get_if<simplon::Image>(&*again);
  PTERO_EXPECT(same != nullptr && same->frame.id == image.frame.id && same->frame.shape == image.frame.shape);
  PTERO_EXPECT(same->frame.dtype == image.frame.dtype);
  const auto back = codec::decode(same->frame);
  PTERO_EXPECT(back.ok() && std::ranges::equal(back->span(), pixels->span()));
}

void check_start(const simplon::Start& start) {
  const SeriesInfo& info = start.info;
  PTERO_EXPECT(info.mask.empty() || info.mask.size() == info.frame_shape.count());
  PTERO_EXPECT(!info.n_expected || *info.n_expected <= max_frame_id);
  for (const auto& table : info.detector.tables)
    PTERO_EXPECT(table.shape.count() * size_of(table.dtype) <= table.values.size());
}

}  // namespace

void simplon1(ByteSpan input) {
  const auto message = simplon::decode_v1(split(input), options);
  if (!message) return;
  if (const auto* start = std::get_if<simplon::Start>(&*message)) check_start(*start);
  if (const auto* image = std::get_if<simplon::Image>(&*message))
    check_image(
        *image, [&](const Frame& frame) { return simplon::encode_image_v1(image->series, frame); },
        simplon::decode_v1);
}

void simplon2(ByteSpan input) {
  const Parts parts{Bytes(nullptr, input)};
  (void)simplon::is_before_v2(parts);
  const auto message = simplon::decode_v2(parts, options);
  if (!message) return;
  if (const auto* start = std::get_if<simplon::Start>(&*message)) check_start(*start);
  if (const auto* image = std::get_if<simplon::Image>(&*message))
    check_image(
        *image, [&](const Frame& frame) { return simplon::encode_image_v2(image->series, "uid", frame); },
        simplon::decode_v2);
}

}  // namespace ptero::fuzz
