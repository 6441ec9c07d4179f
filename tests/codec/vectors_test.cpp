// Payloads made by others: DECTRIS' own test vectors, and detector frames.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ptero/codec/codec.hpp>

namespace ptero::codec {
namespace {

using nlohmann::json;

std::filesystem::path streams() {
  const char* data = std::getenv("PTERO_DATA");
  return std::filesystem::path(data && *data ? data : "../shared/data") / "streams";
}

std::vector<std::byte> from_hex(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::uint64_t announced_bytes(const std::vector<std::byte>& payload) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < 8; ++i) n = n << 8 | std::to_integer<std::uint64_t>(payload.at(i));
  return n;
}

// Through a Frame where the element size has a Dtype, so that the checks before the allocation are tested
// too.
Result<Bytes, FrameFault> decode_vector(const json& vector) {
  const auto payload = from_hex(vector["encoded_hex"]);
  const Codec codec = codec_from_name(vector["algorithm"].get<std::string>()).value();
  const std::uint64_t element = codec == Codec::lz4 ? 1 : vector["elem_size"].get<std::uint64_t>();
  if (element != 1 && element != 2 && element != 4) {
    std::vector<std::byte> out(announced_bytes(payload));
    if (const auto fault = decode_into(codec, payload, element, out)) return *fault;
    return Bytes::take(out);
  }
  const Dtype dtype = element == 1 ? Dtype::u8 : element == 2 ? Dtype::u16 : Dtype::u32;
  return decode({.shape = {1, announced_bytes(payload) / element},
                 .dtype = dtype,
                 .codec = codec,
                 .payload = Bytes::take(payload)});
}

TEST(Vectors, Dectris) {
  std::ifstream file(streams() / "dectris_compression" / "vectors.json");
  if (!file) GTEST_SKIP() << "no recorded streams; set PTERO_DATA";
  int decoded = 0;
  int refused = 0;
  const json all = json::parse(file);
  for (const json& vector : all["vectors"]) {
    const auto result = decode_vector(vector);
    if (vector.contains("expected_hex")) {
      ASSERT_TRUE(result.ok()) << vector;
      EXPECT_EQ(*result, Bytes::take(from_hex(vector["expected_hex"]))) << vector;
      ++decoded;
    } else {
      EXPECT_FALSE(result.ok()) << vector;
      ++refused;
    }
  }
  EXPECT_EQ(decoded, 16);
  EXPECT_EQ(refused, 11);
}

template <class T>
void expect_detector_frame(const std::string& name, Dtype dtype) {
  std::ifstream file(streams() / name, std::ios::binary);
  std::ifstream expected_file(streams() / "expected.json");
  if (!file || !expected_file) GTEST_SKIP() << "no recorded streams; set PTERO_DATA";
  const json expected = json::parse(expected_file)[name];
  const std::string payload{std::istreambuf_iterator<char>(file), {}};
  const Frame frame{.shape = {expected["height"], expected["width"]},
                    .dtype = dtype,
                    .codec = Codec::bslz4,
                    .payload = Bytes::take(payload)};
  const auto decoded = decode(frame);
  ASSERT_TRUE(decoded.ok()) << name_of(decoded.reason());
  ASSERT_EQ(decoded->size(), expected["orig_bytes"]);

  std::uint64_t sum = 0;
  std::uint64_t flagged = 0;
  T max = 0;
  for (std::size_t i = 0; i < frame.shape.count(); ++i) {
    T pixel;
    std::memcpy(&pixel, decoded->data() + i * sizeof(T), sizeof(T));
    if (static_cast<double>(pixel) >= flag_value(dtype)) {
      ++flagged;
      continue;
    }
    sum += pixel;
    max = std::max(max, pixel);
  }
  EXPECT_EQ(flagged, expected["n_flag_max"]);
  EXPECT_EQ(sum, expected["sum_unflagged"]);
  EXPECT_EQ(max, expected["max_unflagged"]);

  // Back and forth once more, and no larger than the detector's own.
  const auto again = encode(Codec::bslz4, decoded->span(), sizeof(T));
  EXPECT_LE(again.size(), payload.size() * 101 / 100);
  Frame re_encoded = frame;
  re_encoded.payload = Bytes::take(again);
  const auto decoded_again = decode(re_encoded);
  ASSERT_TRUE(decoded_again.ok());
  EXPECT_EQ(*decoded_again, *decoded);
}

TEST(Vectors, Eiger500kU16) {
  expect_detector_frame<std::uint16_t>("derived/eiger500k_u16_bs16-lz4.bin", Dtype::u16);
}
TEST(Vectors, Eiger500kU32) {
  expect_detector_frame<std::uint32_t>("derived/eiger500k_u32_bs32-lz4.bin", Dtype::u32);
}
TEST(Vectors, Eiger4m) {
  expect_detector_frame<std::uint16_t>("dls_eiger_v1/streamfile_12", Dtype::u16);
}

}  // namespace
}  // namespace ptero::codec
