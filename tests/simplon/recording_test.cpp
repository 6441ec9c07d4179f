#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <ptero/simplon/recording.hpp>

#include "cbor_writer.hpp"
#include "made.hpp"
#include "support/scratch.hpp"

namespace ptero::simplon::test {
namespace {

using ptero::test::Scratch;
using ptero::test::spill;

std::vector<Parts> a_series(bool version_1) {
  if (version_1)
    return {encode_start_v1(series()), encode_image_v1(43, frame(Dtype::u16, Codec::bslz4, 0)),
            encode_image_v1(43, frame(Dtype::u16, Codec::bslz4, 1)), encode_end_v1(43)};
  return {encode_start_v2(series()), encode_image_v2(43, "u", frame(Dtype::u16, Codec::bslz4, 0)),
          encode_end_v2(43, "u")};
}

std::string as_cbor(const std::vector<Parts>& messages) {
  std::string out;
  for (const auto& parts : messages) {
    CborWriter cbor;
    cbor.array(parts.size());
    for (const auto& part : parts) cbor.bytes(part.span());
    out += cbor.finish().text();
  }
  return out;
}

std::string with_lengths(const std::vector<Parts>& messages) {
  std::string out;
  for (const auto& parts : messages)
    for (const auto& part : parts) {
      const std::int64_t length = static_cast<std::int64_t>(part.size());
      out.append(reinterpret_cast<const char*>(&length), 8);
      out += part.text();
    }
  return out;
}

TEST(Recording, OfBothLayoutsAndBothVersions) {
  const Scratch scratch;
  for (bool version_1 : {true, false})
    for (auto* write : {&as_cbor, &with_lengths}) {
      const auto path = scratch / "recording";
      spill(path, write(a_series(version_1)));
      EXPECT_TRUE(is_recording(path));
      EXPECT_EQ(read_recording(path), a_series(version_1));
    }
}

TEST(Recording, ThatIsNoneIsNamed) {
  const Scratch scratch;
  const auto path = scratch / "file";
  spill(path, std::string("\x89HDF\r\n\x1a\n", 8) + std::string(100, '\0'));
  EXPECT_FALSE(is_recording(path));
  const auto said = ptero::test::message_of<InputError>([&] { read_recording(path); });
  EXPECT_NE(said.find("file"), std::string::npos) << said;
  const std::string cut = with_lengths(a_series(true));
  spill(path, cut.substr(0, cut.size() - 3));
  EXPECT_NE(ptero::test::message_of<InputError>([&] { read_recording(path); }).find("cut short"),
            std::string::npos);
  EXPECT_THROW(read_recording(scratch / "absent"), InputError);
}

}  // namespace
}  // namespace ptero::simplon::test
