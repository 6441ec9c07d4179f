// Streams recorded at beamlines; what another decoder got from them is in expected.json.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <ptero/simplon/recording.hpp>

#include "made.hpp"
#include "support/recorded.hpp"
#include "support/scratch.hpp"

namespace ptero::simplon::test {
namespace {

using nlohmann::json;

const DecodeOptions options{.max_frame_bytes = std::size_t{256} << 20};

std::filesystem::path streams() {
  return ptero::test::recorded("streams");
}
#define SKIP_WITHOUT_STREAMS() \
  if (!std::filesystem::exists(streams())) GTEST_SKIP() << "no recorded streams; set PTERO_DATA"

Bytes file(const std::string& name) {
  return bytes(ptero::test::slurp(streams() / name));
}

json expected(const std::string& name) {
  return json::parse(ptero::test::slurp(streams() / "expected.json"))[name];
}

template <class T>
json summary(const std::string& pixels) {
  const auto* values = reinterpret_cast<const T*>(pixels.data());
  const std::size_t n = pixels.size() / sizeof(T);
  constexpr T flag = std::numeric_limits<T>::max();
  std::uint64_t flags = 0, flags_below = 0, sum = 0, largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (values[i] == flag) ++flags;
    if (values[i] == flag - 1) ++flags_below;
    if (values[i] >= flag - 1) continue;
    sum += values[i];
    largest = std::max<std::uint64_t>(largest, values[i]);
  }
  return {{"n_pixels", n},
          {"n_flag_max", flags},
          {"n_flag_max_minus_1", flags_below},
          {"sum_unflagged", sum},
          {"max_unflagged", largest}};
}

void expect_pixels(const Frame& frame, const json& want) {
  EXPECT_EQ(frame.shape, (Shape{want["height"], want["width"]}));
  EXPECT_EQ(frame.decoded_bytes(), want["orig_bytes"].get<std::size_t>());
  EXPECT_EQ(frame.block_bytes, want["block_bytes"].get<std::size_t>());
  const auto pixels = pixels_of(frame);
  const json got =
      frame.dtype == Dtype::u16 ? summary<std::uint16_t>(pixels) : summary<std::uint32_t>(pixels);
  for (const auto& [key, value] : got.items()) EXPECT_EQ(value, want[key]) << key;
}

Bytes v1_part(int number) {
  // The two large tables were left out of the recording.
  if (number == 4 || number == 6) return bytes(std::string(2070 * 2167 * 4, '\0'));
  return file("dls_eiger_v1/streamfile_" + std::to_string(number));
}

Parts v1_message(int first, int last) {
  Parts parts;
  for (int i = first; i <= last; ++i) parts.push_back(v1_part(i));
  return parts;
}

TEST(Recorded, DiamondEiger4MVersion1) {
  SKIP_WITHOUT_STREAMS();
  const auto start = read<Start>(decode_v1(v1_message(1, 9), options));
  EXPECT_EQ(start.info.id, 6u);
  EXPECT_EQ(start.info.frame_shape, (Shape{2167, 2070}));
  EXPECT_FALSE(start.dtype_known);  // firmware 1.6.6 does not say it
  EXPECT_EQ(start.info.n_expected, 10u);
  EXPECT_EQ(start.info.distance_m, 0);
  EXPECT_FALSE(start.info.centre_row);
  EXPECT_NEAR(start.info.wavelength_m, 1.5406012535e-10, 1e-18);
  EXPECT_NEAR(start.info.detector_pixel_m, 75e-6, 1e-10);
  EXPECT_EQ(start.info.mask.size(), 2070u * 2167u);
  EXPECT_TRUE(start.warnings.empty());
  ASSERT_EQ(start.info.detector.tables.size(), 4u);
  EXPECT_EQ(start.info.detector.tables[2].shape, (Shape{4000, 2}));
  EXPECT_EQ(start.info.detector.tables[3].values.text(), file("dls_eiger_v1/streamfile_9").text());
  for (int k = 0; k < 3; ++k) {
    const auto image = read<Image>(decode_v1(v1_message(10 + 4 * k, 13 + 4 * k), options));
    EXPECT_EQ(image.series, 6u);
    EXPECT_EQ(image.frame.id, static_cast<FrameId>(k));
    const std::string name = "dls_eiger_v1/streamfile_" + std::to_string(12 + 4 * k);
    EXPECT_TRUE(image.frame.payload == file(name));
    expect_pixels(image.frame, expected(name));
  }
  EXPECT_EQ(read<End>(decode_v1({v1_part(22)}, options)).series, 6u);
}

TEST(Recorded, DiamondEiger16MVersion2) {
  SKIP_WITHOUT_STREAMS();
  // No magic, and four bytes in place of each table.
  const auto start = read<Start>(decode_v2({file("dls_tickit_v2/start.cbor")}, options));
  EXPECT_EQ(start.info.id, 15614u);
  EXPECT_EQ(start.info.uid, "01HBV3JPF9T4ZDPADX6EMK6XMZ");
  EXPECT_EQ(start.info.frame_shape, (Shape{4362, 4148}));
  EXPECT_FALSE(start.dtype_known);
  EXPECT_EQ(start.info.n_expected, 1u);
  EXPECT_NEAR(start.info.distance_m, 0.23715919962215962, 1e-15);
  EXPECT_NEAR(start.info.wavelength_m, 0.918381073013e-10, 1e-20);
  EXPECT_NEAR(*start.info.centre_col, 2049.3840906675064, 1e-9);
  EXPECT_NEAR(*start.info.centre_row, 2163.621048575148, 1e-9);
  EXPECT_TRUE(start.info.mask.empty());
  EXPECT_EQ(start.warnings.size(), 1u);  // the mask is none
  const auto said = json::parse(start.info.detector.json)["start"];
  EXPECT_EQ(said["saturation_value"], 21517);
  EXPECT_EQ(said["threshold_energy"]["threshold_2"], 18900.41976115761);
  EXPECT_EQ(said["arm_date"], "2023-10-03T17:47:48.329000+02:00");

  const auto image = read<Image>(decode_v2({file("dls_tickit_v2/image.cbor")}, options));
  EXPECT_EQ(image.series, 15614u);
  EXPECT_EQ(image.frame.id, 0u);
  EXPECT_EQ(image.channel, "threshold_1");
  EXPECT_EQ(image.frame.t_stop_ns, 4'317'460);  // 215873 / 50 MHz
  expect_pixels(image.frame, expected("dls_tickit_v2/image.cbor:data.threshold_1"));
  EXPECT_EQ(read<End>(decode_v2({file("dls_tickit_v2/end.cbor")}, options)).series, 15614u);
}

TEST(Recorded, DiamondEiger16MVersion1Payload) {
  SKIP_WITHOUT_STREAMS();
  const auto image =
      read<Image>(decode_v1({bytes(R"({"htype":"dimage-1.0","series":1,"frame":0})"),
                             bytes(R"({"shape":[4148,4362],"type":"uint16","encoding":"bs16-lz4<"})"),
                             file("dls_tickit_v2/frame_sample")},
                            options));
  expect_pixels(image.frame, expected("dls_tickit_v2/frame_sample"));
}

TEST(Recorded, Eiger500KPayloadsOfBothWidths) {
  SKIP_WITHOUT_STREAMS();
  for (const std::string bits : {"16", "32"}) {
    const std::string name = "derived/eiger500k_u" + bits + "_bs" + bits + "-lz4.bin";
    const auto image = read<Image>(decode_v1(
        {bytes(R"({"htype":"dimage-1.0","series":1,"frame":0})"),
         bytes(R"({"shape":[1030,514],"type":"uint)" + bits + R"(","encoding":"bs)" + bits + R"(-lz4<"})"),
         file(name)},
        options));
    expect_pixels(image.frame, expected(name));
  }
}

TEST(Recorded, SeriesOfTheTickitSimulatorVersion2) {
  SKIP_WITHOUT_STREAMS();
  const auto start = read<Start>(decode_v2({file("dls_tickit_v2_generated/00.cbor")}, options));
  EXPECT_EQ(start.info.id, 43u);
  EXPECT_EQ(start.info.n_expected, 3u);
  EXPECT_TRUE(start.warnings.empty());
  for (int k = 0; k < 2; ++k) {
    const auto image = read<Image>(
        decode_v2({file("dls_tickit_v2_generated/0" + std::to_string(k + 1) + ".cbor")}, options));
    EXPECT_EQ(image.frame.id, static_cast<FrameId>(k));
    expect_pixels(image.frame, expected("dls_tickit_v2/image.cbor:data.threshold_1"));
  }
  EXPECT_EQ(read<End>(decode_v2({file("dls_tickit_v2_generated/03.cbor")}, options)).series, 43u);
}

// Every blob was cut to 20,000 bytes by its recorder: each costs itself, and nothing else.
TEST(Recorded, TruncatedMaxIvSeriesFrameByFrame) {
  SKIP_WITHOUT_STREAMS();
  const auto messages = read_recording(streams() / "dranspose/eiger-small-anon.cbors");
  ASSERT_EQ(messages.size(), 5u);
  const auto start = read<Start>(decode_v1(messages[0], options));
  EXPECT_EQ(start.info.id, 6u);
  EXPECT_EQ(start.info.frame_shape, (Shape{3262, 3108}));
  EXPECT_EQ(start.info.dtype, Dtype::u32);
  EXPECT_EQ(start.info.n_expected, 3u);
  EXPECT_TRUE(start.info.mask.empty());
  EXPECT_EQ(start.warnings.size(), 2u);  // flatfield, mask
  ASSERT_EQ(start.info.detector.tables.size(), 4u);
  EXPECT_EQ(start.info.detector.tables[2].shape, (Shape{1001, 2}));
  EXPECT_EQ(json::parse(start.info.detector.tables[3].values.text())["collect_dict"]["col_id"], 1);
  for (std::size_t k = 0; k < 3; ++k) {
    const auto image = decode_v1(messages[1 + k], options);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.reason().fault, FrameFault::size_mismatch);
    EXPECT_EQ(image.reason().frame, k);
    EXPECT_EQ(image.reason().series, 6u);
    // Believing the part's real size instead, the frame is accepted as received and its payload found bad.
    auto parts = messages[1 + k];
    auto described = json::parse(parts[1].text());
    described.erase("size");
    parts[1] = bytes(described.dump());
    const auto unsized = decode_v1(parts, options);
    EXPECT_FALSE(unsized && codec::decode(std::get<Image>(*unsized).frame));
  }
  EXPECT_EQ(read<End>(decode_v1(messages[4], options)).series, 6u);
}

}  // namespace
}  // namespace ptero::simplon::test
