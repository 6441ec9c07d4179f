#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "made.hpp"

namespace ptero::simplon::test {
namespace {

const DecodeOptions options;

Parts image_parts(const std::string& described, Bytes payload) {
  return {bytes(R"({"htype":"dimage-1.0","series":6,"frame":3,"hash":"not an md5"})"), bytes(described),
          std::move(payload), bytes(R"({"htype":"dconfig-1.0","start_time":5,"stop_time":9,"real_time":4})")};
}

std::string described(const std::string& type, const std::string& encoding) {
  return R"({"htype":"dimage_d-1.0","shape":[16,6],"type":")" + type + R"(","encoding":")" + encoding + "\"}";
}

TEST(V1Image, HasItsShapeTheOtherWayRound) {
  const auto image = read<Image>(decode_v1(image_parts(described("uint16", "<"), frame().payload), options));
  EXPECT_EQ(image.series, 6u);
  EXPECT_EQ(image.frame.id, 3u);
  EXPECT_EQ(image.frame.shape, shape);
  EXPECT_EQ(image.frame.dtype, Dtype::u16);
  EXPECT_EQ(image.frame.t_start_ns, 5);
  EXPECT_EQ(image.frame.t_stop_ns, 9);
  EXPECT_EQ(pixels_of(image.frame), pixels_of(Dtype::u16));
}

class V1Encodings : public testing::TestWithParam<std::tuple<Dtype, Codec>> {};

TEST_P(V1Encodings, ComeBackAsTheyWent) {
  const auto [dtype, codec] = GetParam();
  if (dtype == Dtype::f32 && codec == Codec::bslz4) GTEST_SKIP() << "detectors do not send it";
  const auto sent = frame(dtype, codec);
  const auto image = read<Image>(decode_v1(encode_image_v1(43, sent), options));
  EXPECT_EQ(image.frame.dtype, dtype);
  EXPECT_EQ(pixels_of(image.frame), pixels_of(dtype));
  EXPECT_EQ(image.frame.t_stop_ns - image.frame.t_start_ns, 2'500'000);
  if (codec == Codec::bslz4) {
    EXPECT_TRUE(image.frame.payload == sent.payload);  // archived as it came
  }
}

INSTANTIATE_TEST_SUITE_P(All, V1Encodings,
                         testing::Combine(testing::Values(Dtype::u8, Dtype::u16, Dtype::u32, Dtype::f32),
                                          testing::Values(Codec::none, Codec::lz4, Codec::bslz4)));

TEST(V1Image, Lz4IsOneRawBlock) {
  const Frame zeros{.id = 1,
                    .shape = shape,
                    .codec = Codec::lz4,
                    .payload = Bytes::take(codec::encode(Codec::lz4, std::vector<std::byte>(192), 2))};
  const auto parts = encode_image_v1(43, zeros);
  EXPECT_EQ(nlohmann::json::parse(parts[1].text())["encoding"], "lz4<");
  EXPECT_LT(parts[2].size(), 12u);  // no room for a header
  std::vector<std::byte> pixels(192, std::byte{1});
  EXPECT_TRUE(codec::decode_lz4_block(parts[2].span(), pixels));
  const auto image = read<Image>(decode_v1(parts, options));
  EXPECT_EQ(image.frame.codec, Codec::lz4);
  EXPECT_EQ(pixels_of(image.frame), std::string(192, '\0'));
}

TEST(V1Image, Lz4InTheFramingOfHdf5IsTakenToo) {
  const auto framed = frame(Dtype::u16, Codec::lz4);
  const auto image =
      read<Image>(decode_v1(image_parts(described("uint16", "lz4<"), framed.payload), options));
  EXPECT_TRUE(image.frame.payload == framed.payload);
  EXPECT_EQ(pixels_of(image.frame), pixels_of(Dtype::u16));
}

// A block exactly as long as its pixels would read as a stored one in the framing of HDF5.
TEST(V1Image, Lz4BlockAsLongAsItsPixels) {
  // Four literals and a match of four, four back: eight pixels; eight literals: eight more. 7 + 9 bytes.
  const std::string block = from_hex("40") + "0123" + from_hex("0400") + from_hex("80") + "pqrstuvw";
  ASSERT_EQ(block.size(), 16u);
  const Parts parts = image_parts(
      R"({"htype":"dimage_d-1.0","shape":[16,1],"type":"uint8","encoding":"lz4<"})", bytes(block));
  const auto image = read<Image>(decode_v1(parts, options));
  EXPECT_EQ(image.frame.codec, Codec::none);
  EXPECT_EQ(pixels_of(image.frame), "01230123pqrstuvw");
}

TEST(V1Image, BigEndianIsSwapped) {
  const std::string swapped = from_hex("0001 0102 0203 0304");
  const Parts parts =
      image_parts(R"({"htype":"dimage_d-1.0","shape":[2,2],"type":"uint16","encoding":">"})", bytes(swapped));
  EXPECT_EQ(pixels_of(read<Image>(decode_v1(parts, options)).frame), from_hex("0100 0201 0302 0403"));
}

TEST(V1Image, BigEndianBehindBitshuffleIsSwapped) {
  std::vector<std::byte> pixels = pixel_bytes(Dtype::u16);
  const auto packed = codec::encode(Codec::bslz4, pixels, 2);
  const auto image =
      read<Image>(decode_v1(image_parts(described("uint16", "bs16-lz4>"), Bytes::take(packed)), options));
  for (std::size_t i = 0; i < pixels.size(); i += 2) std::swap(pixels[i], pixels[i + 1]);
  EXPECT_EQ(image.frame.codec, Codec::none);
  EXPECT_EQ(pixels_of(image.frame), Bytes::take(pixels).text());
}

TEST(V1Image, ToleratesWhatOtherSendersGetWrong) {
  // TICK: a decimal hash; NSLS-II: no size, and "raw" for plain bytes; a third side; an appendix.
  Parts parts = {bytes(R"({"frame":0,"hash":"1234567890123","htype":"dimage-1.0","series":1})"),
                 bytes(R"({"encoding":"raw","htype":"dimage_d-1.0","shape":[16,6,1],"type":"uint16"})"),
                 frame().payload, bytes("not json"), bytes("{}")};
  const auto image = read<Image>(decode_v1(parts, options));
  EXPECT_EQ(pixels_of(image.frame), pixels_of(Dtype::u16));
  EXPECT_EQ(image.appendix.text(), "{}");
}

struct Refusal {
  const char* name;
  std::string described;
  FrameFault fault;
};

class V1Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(V1Refusals, CostOneFrameWhoseIdIsKnown) {
  const auto message = decode_v1(image_parts(GetParam().described, frame().payload), options);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.reason().fault, GetParam().fault) << name_of(message.reason().fault);
  EXPECT_EQ(message.reason().frame, 3u);
  EXPECT_EQ(message.reason().series, 6u);
}

INSTANTIATE_TEST_SUITE_P(
    All, V1Refusals,
    testing::Values(
        Refusal{"size", R"({"shape":[16,6],"type":"uint16","encoding":"<","size":193})",
                FrameFault::size_mismatch},
        Refusal{"short", R"({"shape":[16,7],"type":"uint16","encoding":"<"})", FrameFault::size_mismatch},
        Refusal{"type", R"({"shape":[16,6],"type":"complex64","encoding":"<"})",
                FrameFault::unsupported_dtype},
        Refusal{"encoding", R"({"shape":[16,6],"type":"uint16","encoding":"zstd<"})",
                FrameFault::unsupported_codec},
        Refusal{"bits", R"({"shape":[16,6],"type":"uint16","encoding":"bs32-lz4<"})",
                FrameFault::unsupported_codec},
        Refusal{"overflow", R"({"shape":[4294967296,4294967296],"type":"uint32","encoding":"<"})",
                FrameFault::too_large},
        Refusal{"overflow64", R"({"shape":[18446744073709551615,2],"type":"uint16","encoding":"bs16-lz4<"})",
                FrameFault::too_large},
        Refusal{"zero", R"({"shape":[0,6],"type":"uint16","encoding":"<"})", FrameFault::malformed},
        Refusal{"stack", R"({"shape":[16,6,2],"type":"uint16","encoding":"<"})", FrameFault::malformed},
        Refusal{"text", R"({"shape":"16x6","type":"uint16","encoding":"<"})", FrameFault::malformed},
        Refusal{"no_json", "shape", FrameFault::malformed},
        Refusal{"bomb", R"({"shape":[4096,4096],"type":"uint16","encoding":"lz4<"})",
                FrameFault::bad_payload}),
    [](const auto& test) { return test.param.name; });

TEST(V1Header, GivesTheSeries) {
  const auto start = read<Start>(decode_v1(encode_start_v1(series()), options));
  const auto& info = start.info;
  EXPECT_EQ(info.id, 43u);
  EXPECT_EQ(info.uid, "");
  EXPECT_EQ(info.n_expected, 1836u);
  EXPECT_EQ(info.frame_shape, shape);
  EXPECT_TRUE(start.dtype_known);
  EXPECT_EQ(info.dtype, Dtype::u16);
  EXPECT_NEAR(info.wavelength_m, 1.4e-10, 1e-20);
  EXPECT_EQ(info.distance_m, 1.92);
  EXPECT_EQ(info.detector_pixel_m, 75e-6);
  EXPECT_EQ(info.centre_row, 2.5);
  EXPECT_EQ(info.centre_col, 7.25);
  EXPECT_EQ(info.mask, series().mask);
  ASSERT_EQ(info.detector.tables.size(), 3u);
  EXPECT_EQ(info.detector.tables[0].name, "flatfield");
  EXPECT_EQ(info.detector.tables[0].dtype, Dtype::f32);
  EXPECT_EQ(info.detector.tables[0].shape, shape);
  EXPECT_EQ(info.detector.tables[2].shape, (Shape{2, 2}));
  EXPECT_TRUE(start.warnings.empty());
}

TEST(V1Header, CountsTriggersAsTheModeDoes) {
  const auto announced = [](const std::string& config) {
    return read<Start>(decode_v1({bytes(R"({"htype":"dheader-1.0","series":1,"header_detail":"basic"})"),
                                  bytes(config)},
                                 options))
        .info.n_expected;
  };
  EXPECT_EQ(announced(R"({"nimages":10,"ntrigger":3,"trigger_mode":"ints"})"), 30u);
  EXPECT_EQ(announced(R"({"nimages":10,"ntrigger":3,"trigger_mode":"exts"})"), 30u);
  EXPECT_EQ(announced(R"({"nimages":10,"ntrigger":3,"trigger_mode":"exte"})"), 3u);
  EXPECT_EQ(announced(R"({"nimages":2000000000,"ntrigger":1,"trigger_mode":"ints"})"), std::nullopt);
  EXPECT_EQ(announced("{}"), std::nullopt);
}

TEST(V1Header, OfEveryDetail) {
  const std::string head = R"({"htype":"dheader-1.0","series":5,"header_detail":")";
  const auto none = read<Start>(decode_v1({bytes(head + "none\"}")}, options));
  EXPECT_EQ(none.info.id, 5u);
  EXPECT_EQ(none.info.frame_shape.count(), 0u);
  EXPECT_TRUE(none.info.detector.tables.empty());

  const auto with_appendix = read<Start>(decode_v1({bytes(head + "none\"}"), bytes("any")}, options));
  ASSERT_EQ(with_appendix.info.detector.tables.size(), 1u);
  EXPECT_EQ(with_appendix.info.detector.tables[0].name, "header_appendix");
  EXPECT_EQ(with_appendix.info.detector.tables[0].values.text(), "any");

  const auto basic = read<Start>(
      decode_v1({bytes(head + "basic\"}"), bytes(R"({"description":"x"})"), bytes("any")}, options));
  ASSERT_EQ(basic.info.detector.tables.size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(basic.info.detector.json)["config"]["description"], "x");

  auto all = encode_start_v1(series());
  all.push_back(bytes("appendix"));
  const auto full = read<Start>(decode_v1(all, options));
  ASSERT_EQ(full.info.detector.tables.size(), 4u);
  EXPECT_EQ(full.info.detector.tables[3].values.text(), "appendix");
}

TEST(V1Header, StartsTheSeriesWhateverIsWrongInIt) {
  auto parts = encode_start_v1(series());
  parts[1] = bytes("{");
  parts[5] = bytes("short");
  const auto start = read<Start>(decode_v1(parts, options));
  EXPECT_EQ(start.info.id, 43u);
  EXPECT_TRUE(start.info.mask.empty());
  EXPECT_EQ(start.warnings.size(), 2u);
}

TEST(V1Header, KeepsVirtualPixelsAndMasksTheOthers) {
  auto parts = encode_start_v1(series());
  std::vector<std::uint32_t> flags(shape.count(), 0);
  flags[0] = 0x8000'0000;  // virtual
  flags[1] = 0x8000'0001;  // virtual and in a gap
  flags[2] = 1 << 4;       // noisy
  parts[5] = Bytes::take(flags);
  const auto mask = read<Start>(decode_v1(parts, options)).info.mask;
  EXPECT_EQ(mask[0], 0);
  EXPECT_EQ(mask[1], 1);
  EXPECT_EQ(mask[2], 1);
  EXPECT_EQ(mask[3], 0);
}

TEST(V1End, NamesItsSeries) {
  EXPECT_EQ(read<End>(decode_v1(encode_end_v1(43), options)).series, 43u);
}

}  // namespace
}  // namespace ptero::simplon::test
