#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <ptero/codec/view.hpp>
#include <ptero/core/series.hpp>
#include <random>

namespace ptero::codec {
namespace {

Frame frame_of(Shape shape, const std::vector<std::uint16_t>& pixels, Codec codec) {
  Frame frame{.shape = shape, .dtype = Dtype::u16, .codec = codec};
  const auto bytes = std::as_bytes(std::span(pixels));
  frame.payload = codec == Codec::none ? Bytes::take(pixels) : Bytes::take(encode(codec, bytes, 2, 64));
  return frame;
}

template <class T>
std::vector<T> values(const Bytes& bytes) {
  std::vector<T> out(bytes.size() / sizeof(T));
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

// 0 1 2
// 3 4 5
const std::vector<std::uint16_t> six = {0, 1, 2, 3, 4, 5};
std::vector<std::uint16_t> seen(const FrameView& view) {
  return values<std::uint16_t>(*decode(frame_of({2, 3}, six, Codec::none), view));
}
using Pixels = std::vector<std::uint16_t>;

TEST(View, TurnsByHand) {
  EXPECT_EQ(seen({}), six);
  EXPECT_EQ(seen({.transpose = true}), (Pixels{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(seen({.flip_rows = true}), (Pixels{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(seen({.flip_cols = true}), (Pixels{2, 1, 0, 5, 4, 3}));
  // A quarter turn counter-clockwise: the right column becomes the top row.
  EXPECT_EQ(seen({.transpose = true, .flip_rows = true}), (Pixels{2, 5, 1, 4, 0, 3}));
  EXPECT_EQ(seen({.transpose = true, .row0 = 1, .col0 = 1, .crop = {2, 1}}), (Pixels{4, 5}));
}

TEST(View, BinsAndKeepsFlags) {
  const Pixels pixels = {1,     2,     65535, 4,  //
                         5,     6,     7,     8,  //
                         60000, 60000, 1,     1, 60000, 60000, 1, 65534};
  const auto binned =
      values<std::uint32_t>(*decode(frame_of({4, 4}, pixels, Codec::none), FrameView{.bin = 2}));
  EXPECT_EQ(binned, (std::vector<std::uint32_t>{14, UINT32_MAX, 240000, UINT32_MAX}));
}

TEST(View, ThatDoesNotFitIsRefused) {
  const auto frame = frame_of({2, 3}, six, Codec::none);
  EXPECT_FALSE(decode(frame, {.row0 = 1, .crop = {2, 2}}));
  EXPECT_FALSE(decode(frame, {.bin = 2}));
  EXPECT_EQ(decode(frame, {.bin = 4}).reason(), FrameFault::wrong_shape);
}

/// Against the definition, pixel by pixel, with every codec; and the mask of the series goes the same way.
TEST(View, IsItsDefinitionForEveryTurnCropAndCodec) {
  std::mt19937 random(4);
  const Shape shape{24, 40};
  Pixels pixels(shape.count());
  for (auto& p : pixels) p = static_cast<std::uint16_t>(random() % 1000);
  SeriesInfo info{.frame_shape = shape, .dtype = Dtype::u16};
  info.mask.resize(shape.count());
  for (auto& m : info.mask) m = random() % 5 == 0;
  info.centre_row = 11;
  info.centre_col = 17;
  for (int turn = 0; turn < 8; ++turn)
    for (Codec codec : {Codec::none, Codec::lz4, Codec::bslz4}) {
      info.view = {.transpose = (turn & 1) != 0,
                   .flip_rows = (turn & 2) != 0,
                   .flip_cols = (turn & 4) != 0,
                   .row0 = 5,
                   .col0 = 3,
                   .crop = {12, 16},
                   .bin = 2};
      const auto got = values<std::uint32_t>(*decode(frame_of(shape, pixels, codec), info.view));
      const SeriesInfo through = viewed(info);
      EXPECT_EQ(through.frame_shape, (Shape{6, 8}));
      EXPECT_EQ(through.dtype, Dtype::u32);
      ASSERT_EQ(got.size(), 48u);
      for (std::size_t r = 0; r < 6; ++r)
        for (std::size_t c = 0; c < 8; ++c) {
          std::uint32_t sum = 0;
          bool masked = false;
          for (std::size_t i = 0; i < 4; ++i) {
            const auto at =
                info.view.received_from_turned(shape, {double(5 + 2 * r + i / 2), double(3 + 2 * c + i % 2)});
            const auto index = std::size_t(at[0]) * shape.cols + std::size_t(at[1]);
            sum += pixels[index];
            masked = masked || info.mask[index] != 0;
          }
          EXPECT_EQ(got[r * 8 + c], sum);
          EXPECT_EQ(through.mask[r * 8 + c] != 0, masked);
        }
      // The centre goes with its pixel.
      const auto turned = info.view.turned_from_received(shape, {11, 17});
      EXPECT_DOUBLE_EQ(*through.centre_row, (turned[0] - 5 + 0.5) / 2 - 0.5);
      EXPECT_DOUBLE_EQ(*through.centre_col, (turned[1] - 3 + 0.5) / 2 - 0.5);
      EXPECT_EQ(info.view.received_from_turned(shape, turned), (std::array<double, 2>{11, 17}));
    }
}

}  // namespace
}  // namespace ptero::codec
