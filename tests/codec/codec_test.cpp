#include <gtest/gtest.h>

#include <limits>
#include <ptero/codec/codec.hpp>
#include <random>

namespace ptero::codec {
namespace {

// Sparse counts, as a detector's: they compress.
std::vector<std::byte> counts(std::size_t bytes) {
  std::mt19937 random(1);
  std::vector<std::byte> out(bytes);
  for (auto& b : out) b = random() % 7 == 0 ? static_cast<std::byte>(random() % 20) : std::byte{0};
  return out;
}

std::vector<std::byte> noise(std::size_t bytes) {
  std::mt19937 random(2);
  std::vector<std::byte> out(bytes);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

Frame frame_of(Codec codec, Shape shape, Dtype dtype, std::vector<std::byte> payload) {
  return {.shape = shape, .dtype = dtype, .codec = codec, .payload = Bytes::take(std::move(payload))};
}

FrameFault fault_of(const Frame& frame) {
  const auto result = decode(frame);
  EXPECT_FALSE(result.ok());
  return result.ok() ? FrameFault::malformed : result.reason();
}

TEST(Codec, RoundTripsEveryDtypeAndOddSizes) {
  for (Codec codec : {Codec::none, Codec::lz4, Codec::bslz4})
    for (Dtype dtype : {Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32})
      for (Shape shape : {Shape{1, 1}, Shape{3, 5}, Shape{64, 64}, Shape{61, 67}, Shape{128, 129}})
        for (const auto& pixels :
             {counts(shape.count() * size_of(dtype)), noise(shape.count() * size_of(dtype))}) {
          const auto frame = frame_of(codec, shape, dtype, encode(codec, pixels, size_of(dtype)));
          const auto decoded = decode(frame);
          ASSERT_TRUE(decoded.ok()) << name_of(codec) << " " << shape.rows << "x" << shape.cols;
          EXPECT_TRUE(
              std::equal(pixels.begin(), pixels.end(), decoded->span().begin(), decoded->span().end()));
        }
}

TEST(Codec, RowsAloneAreThoseOfTheWholeFrame) {
  // 61 x 67 x 2 bytes in blocks of 512: rows begin and end inside blocks, and the last pixels fill no group.
  const Shape shape{61, 67};
  for (Codec codec : {Codec::none, Codec::lz4, Codec::bslz4})
    for (const auto& pixels : {counts(shape.count() * 2), noise(shape.count() * 2)}) {
      const auto frame = frame_of(codec, shape, Dtype::u16, encode(codec, pixels, 2, 512));
      for (std::size_t first = 0; first <= shape.rows; ++first)
        for (std::size_t rows : {std::size_t{0}, std::size_t{1}, std::size_t{9}, shape.rows - first}) {
          if (rows > shape.rows - first) continue;
          const auto decoded = decode_rows(frame, first, rows);
          ASSERT_TRUE(decoded.ok()) << name_of(codec) << " " << first << "+" << rows;
          ASSERT_EQ(decoded->size(), rows * shape.cols * 2);
          EXPECT_TRUE(std::equal(decoded->span().begin(), decoded->span().end(),
                                 pixels.begin() + static_cast<std::ptrdiff_t>(first * shape.cols * 2)))
              << name_of(codec) << " " << first << "+" << rows;
        }
    }
}

TEST(Codec, RowsAloneDecodeNoOtherBlock) {
  // Sixteen blocks of four rows; the last one's bytes are damaged so that LZ4 cannot read them.
  const Shape shape{64, 64};
  auto payload = encode(Codec::bslz4, counts(shape.count() * 2), 2, 512);
  std::fill(payload.end() - 8, payload.end(), std::byte{0xff});
  const auto frame = frame_of(Codec::bslz4, shape, Dtype::u16, payload);
  EXPECT_EQ(fault_of(frame), FrameFault::bad_payload);
  EXPECT_TRUE(decode_rows(frame, 0, 60).ok());
  EXPECT_FALSE(decode_rows(frame, 59, 2).ok());
  payload.pop_back();
  EXPECT_FALSE(decode_rows(frame_of(Codec::bslz4, shape, Dtype::u16, payload), 0, 4).ok()) << "cut off";
}

TEST(Codec, BlockSizesAreTheEncodersChoice) {
  const auto pixels = counts(10'000);
  for (std::uint32_t block : {64u, 1024u, 65536u})
    for (Codec codec : {Codec::lz4, Codec::bslz4}) {
      const auto decoded = decode(frame_of(codec, {50, 100}, Dtype::u16, encode(codec, pixels, 2, block)));
      ASSERT_TRUE(decoded.ok());
      EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), decoded->span().begin()));
    }
}

TEST(Codec, BitshuffleCompressesSmallCountsBetter) {
  std::mt19937 random(3);
  std::vector<std::uint32_t> small(16384);
  for (auto& pixel : small) pixel = random() % 4;
  const auto pixels = std::as_bytes(std::span(small));
  const auto lz4 = encode(Codec::lz4, pixels, 4).size();
  const auto bslz4 = encode(Codec::bslz4, pixels, 4).size();
  EXPECT_LT(bslz4, lz4);
  EXPECT_LT(lz4, pixels.size());
}

TEST(Codec, NoneSharesThePayload) {
  const auto frame = frame_of(Codec::none, {4, 4}, Dtype::u16, noise(32));
  const auto decoded = decode(frame);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->data(), frame.payload.data());
  EXPECT_EQ(fault_of(frame_of(Codec::none, {4, 4}, Dtype::u16, noise(31))), FrameFault::size_mismatch);
}

TEST(Codec, AnotherShapeThanThePayloadsIsASizeMismatch) {
  for (Codec codec : {Codec::lz4, Codec::bslz4}) {
    const auto payload = encode(codec, counts(512), 2);
    EXPECT_EQ(fault_of(frame_of(codec, {16, 17}, Dtype::u16, payload)), FrameFault::size_mismatch);
    EXPECT_EQ(fault_of(frame_of(codec, {0, 0}, Dtype::u16, payload)), FrameFault::size_mismatch);
  }
}

TEST(Codec, HugeShapesAreRefusedBeforeAnythingIsAllocated) {
  constexpr auto max = std::numeric_limits<std::size_t>::max();
  std::vector<std::byte> tiny(20);
  for (std::size_t i = 0; i < 8; ++i) tiny[i] = std::byte{0xff};
  tiny[10] = std::byte{0x20};
  // 2^64 - 1 bytes announced in 8 of payload.
  EXPECT_EQ(fault_of(frame_of(Codec::lz4, {1, max}, Dtype::u8, tiny)), FrameFault::bad_payload);
  EXPECT_EQ(fault_of(frame_of(Codec::bslz4, {1, max}, Dtype::u8, tiny)), FrameFault::bad_payload);
  // rows x cols x 2 overflows.
  EXPECT_EQ(fault_of(frame_of(Codec::lz4, {max, 2}, Dtype::u16, tiny)), FrameFault::size_mismatch);
  EXPECT_EQ(fault_of(frame_of(Codec::none, {max / 2 + 1, 2}, Dtype::u8, {})), FrameFault::size_mismatch);
}

TEST(Codec, ElementSizesOfNoPixelAreUnsupported) {
  std::vector<std::byte> out(8);
  const auto payload = encode(Codec::bslz4, out, 1);
  for (std::size_t element : {0, 3, 16}) {
    EXPECT_EQ(decode_into(Codec::bslz4, payload, element, out), FrameFault::unsupported_dtype);
  }
}

TEST(Codec, EveryTruncationIsRefused) {
  for (Codec codec : {Codec::lz4, Codec::bslz4}) {
    const auto payload = encode(codec, counts(2 * 67 * 3), 2, 128);
    for (std::size_t n = 0; n < payload.size(); ++n) {
      std::vector<std::byte> cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_EQ(fault_of(frame_of(codec, {67, 3}, Dtype::u16, cut)), FrameFault::bad_payload) << n;
    }
    auto longer = payload;
    longer.push_back(std::byte{0});
    EXPECT_EQ(fault_of(frame_of(codec, {67, 3}, Dtype::u16, longer)), FrameFault::bad_payload);
  }
}

TEST(Codec, DamagedBytesNeverReachBeyondTheBuffers) {
  // What the sanitizers look at; the outcome of a damaged byte may be a fault or other pixels.
  for (Codec codec : {Codec::lz4, Codec::bslz4}) {
    const auto payload = encode(codec, counts(2 * 67 * 3), 2, 128);
    for (std::size_t i = 8; i < payload.size(); ++i)
      for (int flip : {0x01, 0x80, 0xff}) {
        auto damaged = payload;
        damaged[i] ^= static_cast<std::byte>(flip);
        const auto result = decode(frame_of(codec, {67, 3}, Dtype::u16, damaged));
        if (result.ok()) {
          EXPECT_EQ(result->size(), 2u * 67 * 3);
        }
      }
  }
}

}  // namespace
}  // namespace ptero::codec
