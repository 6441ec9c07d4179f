// Pixels that are recorded as they came and looked at as others.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <ptero/codec/view.hpp>

namespace ptero::codec {
namespace {

template <class T>
Frame frame_of(Dtype dtype, std::vector<T> pixels, Codec codec = Codec::none) {
  Frame frame{.shape = {2, 4}, .dtype = dtype, .codec = codec};
  const auto bytes = std::as_bytes(std::span(pixels));
  frame.payload = codec == Codec::none ? Bytes::take(pixels) : Bytes::take(encode(codec, bytes, sizeof(T)));
  return frame;
}

template <class T>
std::vector<T> seen(const Frame& frame, const FrameView& view = {}) {
  const auto pixels = decode(frame, view);
  EXPECT_TRUE(pixels);
  EXPECT_EQ(size_of(view.dtype(frame.dtype)), sizeof(T));
  std::vector<T> out(pixels->size() / sizeof(T));
  std::memcpy(out.data(), pixels->data(), pixels->size());
  return out;
}

constexpr auto flag16 = std::numeric_limits<std::uint16_t>::max();
constexpr auto flag32 = std::numeric_limits<std::uint32_t>::max();

TEST(RecordedTypes, NegativeIntegersAreFlags) {
  EXPECT_EQ(seen<std::uint16_t>(frame_of<std::int16_t>(Dtype::i16, {0, 1, -1, 32767, -32768, 5, 6, 7})),
            (std::vector<std::uint16_t>{0, 1, flag16, 32767, flag16, 5, 6, 7}));
  EXPECT_EQ(seen<std::uint8_t>(frame_of<std::int8_t>(Dtype::i8, {0, 1, -1, 127, -128, 5, 6, 7})),
            (std::vector<std::uint8_t>{0, 1, 255, 127, 255, 5, 6, 7}));
  EXPECT_EQ(seen<std::uint32_t>(frame_of<std::int32_t>(Dtype::i32, {0, 1, -1, 70000, -2, 5, 6, 7})),
            (std::vector<std::uint32_t>{0, 1, flag32, 70000, flag32, 5, 6, 7}));
}

TEST(RecordedTypes, CountsBeyond32BitAreFlags) {
  EXPECT_EQ(
      seen<std::uint32_t>(frame_of<std::uint64_t>(Dtype::u64, {0, 1, ~0ull, 70000, 1ull << 40, 5, 6, 7})),
      (std::vector<std::uint32_t>{0, 1, flag32, 70000, flag32, 5, 6, 7}));
  EXPECT_EQ(seen<std::uint32_t>(frame_of<std::int64_t>(Dtype::i64, {0, 1, -1, 70000, 1ll << 40, 5, 6, 7})),
            (std::vector<std::uint32_t>{0, 1, flag32, 70000, flag32, 5, 6, 7}));
}

TEST(RecordedTypes, WideFloatsBecomeNarrowOnes) {
  const auto values = seen<float>(frame_of<double>(Dtype::f64, {0, 0.5, -1, 1e300, NAN, 5, 6, 7}));
  EXPECT_EQ(values[1], 0.5F);
  EXPECT_EQ(values[2], -1.0F);
  EXPECT_TRUE(std::isinf(values[3]));
  EXPECT_TRUE(std::isnan(values[4]));
}

TEST(RecordedTypes, AViewSeesTheSame) {
  const FrameView view{.flip_cols = true, .bin = 2};
  for (const Codec codec : {Codec::none, Codec::lz4, Codec::bslz4})
    EXPECT_EQ(seen<std::uint32_t>(frame_of<std::int16_t>(Dtype::i16, {1, 2, -1, 3, 4, 5, 6, 7}, codec), view),
              (std::vector<std::uint32_t>{flag32, 12}));
}

TEST(RecordedTypes, ShuffledElementsOfEightBytesComeBack) {
  std::vector<std::uint64_t> values(64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i * 3;
  Frame frame{.shape = {8, 8}, .dtype = Dtype::u64, .codec = Codec::bslz4};
  frame.payload = Bytes::take(encode(Codec::bslz4, std::as_bytes(std::span(values)), 8));
  const auto out = seen<std::uint32_t>(frame);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(out[i], values[i]);
}

}  // namespace
}  // namespace ptero::codec
