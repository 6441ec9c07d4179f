#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cbor_writer.hpp"
#include "made.hpp"

namespace ptero::simplon::test {
namespace {

const DecodeOptions options;

class V2Encodings : public testing::TestWithParam<std::tuple<Dtype, Codec>> {};

TEST_P(V2Encodings, ComeBackAsTheyWent) {
  const auto [dtype, codec] = GetParam();
  const auto sent = frame(dtype, codec);
  const auto image = read<Image>(decode_v2(encode_image_v2(43, "scan-43", sent), options));
  EXPECT_EQ(image.series, 43u);
  EXPECT_EQ(image.frame.id, 7u);
  EXPECT_EQ(image.frame.shape, shape);
  EXPECT_EQ(image.frame.dtype, dtype);
  EXPECT_EQ(image.frame.codec, codec);
  EXPECT_TRUE(image.frame.payload == sent.payload);
  EXPECT_EQ(pixels_of(image.frame), pixels_of(dtype));
  EXPECT_EQ(image.frame.t_start_ns, 1'000'000);
  EXPECT_EQ(image.frame.t_stop_ns, 3'500'000);
  EXPECT_EQ(image.channel, "threshold_1");
  EXPECT_EQ(image.other_channels, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, V2Encodings,
                         testing::Combine(testing::Values(Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32),
                                          testing::Values(Codec::none, Codec::lz4, Codec::bslz4)));

/// An image of 2 x 2 whose array is written by `put`, and whose map begins with the pairs of `before`.
template <class F>
Parts image_with(F put, int channels = 1, bool magic = true) {
  CborWriter out;
  if (magic) out.tag(55799);
  out.map(4).text("type").text("image").text("series_id").uint(6).text("image_id").uint(3);
  out.text("data").map(channels);
  put(out);
  return {out.finish()};
}

CborWriter& square(CborWriter& out, std::uint64_t order, std::uint64_t tag) {
  return out.tag(order).array(2).array(2).uint(2).uint(2).tag(tag);
}

Bytes values(const std::string& hex) {
  return bytes(from_hex(hex));
}

TEST(V2Image, NeedsNoMagic) {
  const auto parts = image_with(
      [](CborWriter& out) { square(out.text("a"), 40, 64).bytes(values("01020304").span()); }, 1, false);
  const auto image = read<Image>(decode_v2(parts, options));
  EXPECT_EQ(image.series, 6u);
  EXPECT_EQ(image.frame.dtype, Dtype::u8);
  EXPECT_EQ(pixels_of(image.frame), from_hex("01020304"));
}

struct Typed {
  std::uint64_t tag;
  std::optional<Dtype> dtype;
  std::size_t bytes;
  bool swapped;
};

class V2Types : public testing::TestWithParam<Typed> {};

TEST_P(V2Types, AreTakenOrRefusedByName) {
  const auto& type = GetParam();
  std::string memory;
  for (std::size_t i = 0; i < 4 * type.bytes; ++i) memory.push_back(static_cast<char>(i + 1));
  const auto message = decode_v2(
      image_with([&](CborWriter& out) { square(out.text("a"), 40, type.tag).bytes(bytes(memory).span()); }),
      options);
  if (!type.dtype) {
    ASSERT_FALSE(message);
    EXPECT_EQ(message.reason().fault, FrameFault::unsupported_dtype);
    EXPECT_EQ(message.reason().dtype, "f" + std::to_string(type.bytes));
    EXPECT_EQ(message.reason().frame, 3u);
    return;
  }
  const auto image = read<Image>(message);
  EXPECT_EQ(image.frame.dtype, *type.dtype);
  std::string expected = memory;
  if (type.swapped)
    for (std::size_t i = 0; i < expected.size(); i += type.bytes)
      std::reverse(expected.begin() + i, expected.begin() + i + type.bytes);
  EXPECT_EQ(pixels_of(image.frame), expected);
}

// RFC 8746, table 1.
INSTANTIATE_TEST_SUITE_P(All, V2Types,
                         testing::Values(Typed{64, Dtype::u8, 1, false}, Typed{65, Dtype::u16, 2, true},
                                         Typed{66, Dtype::u32, 4, true}, Typed{67, Dtype::u64, 8, true},
                                         Typed{68, Dtype::u8, 1, false}, Typed{69, Dtype::u16, 2, false},
                                         Typed{70, Dtype::u32, 4, false}, Typed{71, Dtype::u64, 8, false},
                                         Typed{72, Dtype::i8, 1, false}, Typed{73, Dtype::i16, 2, true},
                                         Typed{77, Dtype::i16, 2, false}, Typed{80, {}, 2, true},
                                         Typed{81, Dtype::f32, 4, true}, Typed{82, Dtype::f64, 8, true},
                                         Typed{84, {}, 2, false}, Typed{85, Dtype::f32, 4, false},
                                         Typed{86, Dtype::f64, 8, false}, Typed{87, {}, 16, false}),
                         [](const auto& test) { return "tag" + std::to_string(test.param.tag); });

TEST(V2Image, ColumnMajorIsTransposed) {
  const auto parts = image_with([](CborWriter& out) {
    out.text("a").tag(1040).array(2).array(2).uint(2).uint(3).tag(64).bytes(values("010203040506").span());
  });
  // Columns (1,2), (3,4), (5,6) of two rows.
  const auto image = read<Image>(decode_v2(parts, options));
  EXPECT_EQ(image.frame.shape, (Shape{2, 3}));
  EXPECT_EQ(pixels_of(image.frame), from_hex("010305020406"));
}

TEST(V2Image, TakesTheChannelAskedForAndCountsTheOthers) {
  const auto parts = image_with(
      [](CborWriter& out) {
        square(out.text("threshold_1"), 40, 64).bytes(values("01010101").span());
        square(out.text("threshold_2"), 40, 64).bytes(values("02020202").span());
        square(out.text("difference"), 40, 64).bytes(values("03030303").span());
      },
      3);
  const auto first = read<Image>(decode_v2(parts, options));
  EXPECT_EQ(first.channel, "threshold_1");
  EXPECT_EQ(first.other_channels, 2u);
  const auto second = read<Image>(decode_v2(parts, {.channel = "threshold_2"}));
  EXPECT_EQ(pixels_of(second.frame), from_hex("02020202"));
  EXPECT_EQ(read<Image>(decode_v2(parts, {.channel = "threshold_9"})).channel, "threshold_1");
}

TEST(V2Image, SkipsUnknownKeysAndReadsNumbersOfEveryKind) {
  CborWriter out;
  // Data before the id, a key that is no text, a map nobody asked for, times as half float over integer.
  out.map(8).text("data").map(1);
  square(out.text("a"), 40, 64).bytes(values("01020304").span());
  out.uint(5).text("five").text("weather").map(1).text("rain").array(2).uint(1).map(1).uint(1).boolean(true);
  out.text("user_data").map(1).text("x").uint(1);
  out.text("type").text("image").text("series_id").uint(6).text("image_id").uint(0);
  std::string message(out.finish().text());
  message += from_hex("6a") + "start_time" + from_hex("82 f9 3c00 02");  // 1.0 of a second's halves
  const auto image = read<Image>(decode_v2({bytes(message)}, options));
  EXPECT_EQ(image.frame.id, 0u);
  EXPECT_EQ(image.frame.t_start_ns, 500'000'000);
  EXPECT_EQ(image.appendix.text(), from_hex("a1617801"));  // as CBOR
}

TEST(V2Image, OfOldFirmwareIsNamed) {
  CborWriter out;
  out.tag(55799).map(4).text("type").text("image").text("series_id").uint(6).text("image_id").uint(3);
  out.text("channels").array(0);
  const Parts parts{out.finish()};
  const auto message = decode_v2(parts, options);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.reason().fault, FrameFault::wrong_version);
  EXPECT_EQ(message.reason().frame, 3u);
  EXPECT_TRUE(is_before_v2(parts));
  EXPECT_FALSE(is_before_v2(encode_end_v2(1, "u")));
}

TEST(V2Image, IsCheckedAgainstItsBytesBeforeAnythingIsAllocated) {
  const auto reason = [](std::uint64_t rows, std::uint64_t cols, const char* algorithm, std::uint64_t elem,
                         const std::string& payload) {
    const auto message = decode_v2(image_with([&](CborWriter& out) {
                                     out.text("a").tag(40).array(2).array(2).uint(rows).uint(cols).tag(69);
                                     if (algorithm != nullptr)
                                       out.tag(56500).array(3).text(algorithm).uint(elem);
                                     out.bytes(bytes(payload).span());
                                   }),
                                   options);
    EXPECT_FALSE(message);
    EXPECT_EQ(message.reason().frame, 3u);
    return message.reason().fault;
  };
  const std::string bomb = from_hex("0000000002000000 00002000") + std::string(40, 'x');
  EXPECT_EQ(reason(2, 2, nullptr, 0, "short"), FrameFault::size_mismatch);
  EXPECT_EQ(reason(1ULL << 32, 1ULL << 32, nullptr, 0, "x"), FrameFault::too_large);
  EXPECT_EQ(reason(UINT64_MAX, 2, "bslz4", 2, bomb), FrameFault::too_large);
  EXPECT_EQ(reason(4096, 4096, "bslz4", 2, bomb), FrameFault::bad_payload);  // 33 MB from 52 bytes
  EXPECT_EQ(reason(2, 2, "bslz4", 2, bomb), FrameFault::size_mismatch);
  EXPECT_EQ(reason(2, 2, "bslz4", 4, bomb), FrameFault::size_mismatch);
  EXPECT_EQ(reason(2, 2, "zstd", 2, bomb), FrameFault::unsupported_codec);
  EXPECT_EQ(reason(0, 2, nullptr, 0, ""), FrameFault::malformed);
}

TEST(V2Start, GivesTheSeries) {
  const auto start = read<Start>(decode_v2(encode_start_v2(series()), options));
  const auto& info = start.info;
  EXPECT_EQ(info.id, 43u);
  EXPECT_EQ(info.uid, "scan-43");
  EXPECT_EQ(info.n_expected, 1836u);
  EXPECT_EQ(info.frame_shape, shape);
  EXPECT_TRUE(start.dtype_known);
  EXPECT_EQ(info.dtype, Dtype::u16);
  EXPECT_NEAR(info.wavelength_m, 1.4e-10, 1e-20);
  EXPECT_EQ(info.distance_m, 1.92);
  EXPECT_EQ(info.detector_pixel_m, 75e-6);
  EXPECT_EQ(info.centre_row, 2.5);
  EXPECT_EQ(info.mask, series().mask);
  EXPECT_TRUE(start.warnings.empty()) << start.warnings.front();
  ASSERT_EQ(info.detector.tables.size(), 2u);
  EXPECT_EQ(info.detector.tables[0].name, "flatfield/threshold_1");
  EXPECT_EQ(info.detector.tables[0].dtype, Dtype::f32);
  EXPECT_EQ(info.detector.tables[0].shape, shape);
  const auto said = nlohmann::json::parse(info.detector.json)["start"];
  EXPECT_EQ(said["detector_description"], "ptero software detector");
  EXPECT_EQ(said["pixel_mask"]["threshold_1"]["table"], "pixel_mask/threshold_1");
}

TEST(V2Start, TakesCompressedTables) {
  const std::vector<std::uint32_t> flags = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  CborWriter out;
  out.map(3).text("type").text("start").text("series_id").uint(6).text("pixel_mask").map(1).text("t");
  out.tag(40).array(2).array(2).uint(2).uint(8).tag(70).tag(56500).array(3).text("bslz4").uint(4);
  out.bytes(codec::encode(Codec::bslz4, std::as_bytes(std::span(flags)), 4));
  const auto start = read<Start>(decode_v2({out.finish()}, options));
  EXPECT_EQ(start.info.frame_shape, (Shape{2, 8}));
  ASSERT_EQ(start.info.mask.size(), 16u);
  EXPECT_EQ(start.info.mask[1], 1);
  EXPECT_EQ(start.info.mask[0], 0);
}

TEST(V2Start, SaysWhenTheDetectorWasArmedAndItsThreshold) {
  const auto start = read<Start>(decode_v2(encode_start_v2(series(), 1'696'348'069'434'000'000), options));
  const auto said = nlohmann::json::parse(start.info.detector.json)["start"];
  EXPECT_EQ(said["arm_date"], "2023-10-03T15:47:49.434000Z");
  EXPECT_NEAR(said["threshold_energy"]["threshold_1"].get<double>(), 0.5 * hc_ev_m / 1.4e-10, 1e-6);
}

TEST(V2Image, SaysItsSeriesAndItsTimes) {
  const auto sent = frame();
  const auto image =
      read<Image>(decode_v2(encode_image_v2(43, "scan-43", sent, 1'696'348'069'434'000'000), options));
  EXPECT_EQ(image.uid, "scan-43");
  EXPECT_EQ(image.frame.t_start_ns, sent.t_start_ns);
  EXPECT_EQ(image.frame.t_stop_ns, sent.t_stop_ns);
}

TEST(V2End, NamesItsSeries) {
  EXPECT_EQ(read<End>(decode_v2(encode_end_v2(43, "u"), options)).series, 43u);
}

}  // namespace
}  // namespace ptero::simplon::test
