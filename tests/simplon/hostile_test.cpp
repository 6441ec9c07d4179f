// Whatever the bytes: a value comes back, never a crash, never memory that the bytes do not pay for.
#include <gtest/gtest.h>

#include <random>

#include "cbor_writer.hpp"
#include "made.hpp"

namespace ptero::simplon::test {
namespace {

const DecodeOptions options{.max_frame_bytes = 1 << 20};

FrameFault refused_v2(const std::string& message) {
  const auto decoded = decode_v2({bytes(message)}, options);
  EXPECT_FALSE(decoded);
  return decoded ? FrameFault{} : decoded.reason().fault;
}

TEST(Hostile, Cbor) {
  const std::string image =
      from_hex("a4 6474797065 65696d616765 697365726965735f6964 06 68696d6167655f6964 03");
  EXPECT_EQ(refused_v2(""), FrameFault::malformed);
  EXPECT_EQ(refused_v2(from_hex("d9d9f7")), FrameFault::malformed);
  EXPECT_EQ(refused_v2(from_hex("bf6161f6ff")), FrameFault::malformed);          // indefinite map
  EXPECT_EQ(refused_v2(from_hex("bbffffffffffffffff")), FrameFault::malformed);  // 2^64 pairs
  EXPECT_EQ(refused_v2(image + from_hex("6178 9bffffffffffffffff")), FrameFault::malformed);  // 2^64 elements
  EXPECT_EQ(refused_v2(image + from_hex("6178 5bffffffffffffffff")), FrameFault::malformed);
  EXPECT_EQ(refused_v2(image + from_hex("6178") + std::string(1000, '\x81') + from_hex("80")),
            FrameFault::malformed);  // deep
  EXPECT_EQ(refused_v2(image + from_hex("6178") + std::string(1000, '\xc1') + from_hex("80")),
            FrameFault::malformed);                                              // tag of a tag of ...
  EXPECT_EQ(refused_v2(image + from_hex("6178 1c")), FrameFault::malformed);     // reserved length
  EXPECT_EQ(refused_v2(image + from_hex("6178 f6 00")), FrameFault::malformed);  // bytes behind
}

TEST(Hostile, AStartOfManyValuesIsBounded) {
  CborWriter out;
  out.map(3).text("type").text("start").text("series_id").uint(6);
  out.text("big").array(1'000'000);
  std::string message(out.finish().text());
  message += std::string(1'000'000, '\0');
  const auto start = read<Start>(decode_v2({bytes(message)}, options));
  EXPECT_EQ(start.warnings.size(), 1u);
  EXPECT_LT(start.info.detector.json.size(), 1000u);
}

TEST(Hostile, JsonIsBounded) {
  const std::string head = R"({"htype":"dheader-1.0","series":1,"header_detail":"basic"})";
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(read<Start>(decode_v1({bytes(head), bytes(deep)}, options)).warnings.size(), 1u);
  const std::string long_text = "{\"a\":\"" + std::string(2 << 20, 'x') + "\"}";
  EXPECT_EQ(read<Start>(decode_v1({bytes(head), bytes(long_text)}, options)).warnings.size(), 1u);
  const auto invalid = read<Start>(decode_v1({bytes(head), bytes("{\"a\":\"\xff\"}")}, options));
  EXPECT_EQ(invalid.info.detector.json.find('\xff'), std::string::npos);
}

TEST(Hostile, NoParts) {
  EXPECT_FALSE(decode_v1({}, options));
  EXPECT_FALSE(decode_v2({}, options));
  EXPECT_FALSE(decode_v2({bytes("a"), bytes("b")}, options));
  EXPECT_FALSE(decode_v1({bytes("")}, options));
  const auto cut = decode_v1({bytes(R"({"htype":"dimage-1.0","series":6,"frame":3})")}, options);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.reason().frame, 3u);
  const auto huge = decode_v1({bytes(R"({"htype":"dimage-1.0","series":6,"frame":100000000})")}, options);
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.reason().frame, 100'000'000u)
      << "whether it can be meant is found out by who knows the series";
}

/// Flips, cuts and inserts; the sanitizer builds find what this does not show.
TEST(Hostile, MutationsDoNoHarm) {
  std::mt19937 random(1);
  const std::vector<Parts> good = {encode_start_v1(series()),
                                   encode_image_v1(43, frame(Dtype::u16, Codec::bslz4)),
                                   encode_image_v1(43, frame(Dtype::u16, Codec::lz4)),
                                   encode_end_v1(43),
                                   encode_start_v2(series()),
                                   encode_image_v2(43, "u", frame(Dtype::u16, Codec::bslz4)),
                                   encode_end_v2(43, "u")};
  for (int round = 0; round < 20'000; ++round) {
    Parts parts = good[random() % good.size()];
    std::string part(parts[random() % parts.size()].text());
    const std::size_t victim = random() % parts.size();
    part = std::string(parts[victim].text());
    if (part.empty()) continue;
    const std::size_t at = random() % std::min<std::size_t>(part.size(), 400);
    switch (random() % 3) {
      case 0:
        part[at] = static_cast<char>(random());
        break;
      case 1:
        part.resize(at);
        break;
      default:
        part.insert(at, std::string(1 + random() % 9, static_cast<char>(random())));
    }
    parts[victim] = bytes(part);
    for (const auto& decoded : {decode_v1(parts, options), decode_v2(parts, options)}) {
      const auto* image = decoded ? std::get_if<Image>(&*decoded) : nullptr;
      if (image != nullptr) (void)codec::decode(image->frame);
    }
  }
}

}  // namespace
}  // namespace ptero::simplon::test
