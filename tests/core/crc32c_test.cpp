#include <ptero/core/crc32c.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace ptero {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(Crc32c, CheckValueOfTheStandard) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c_portable(bytes_of("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, HardwareAndPortableAgreeOnEveryTailAndLane) {
  std::mt19937 random(7);
  std::vector<std::byte> data(20000);
  for (auto& b : data) b = static_cast<std::byte>(random());
  for (std::size_t n : {0, 1, 7, 8, 9, 63, 6143, 6144, 6145, 12288, 12295, 19999})
    EXPECT_EQ(crc32c(std::span(data).first(n)), crc32c_portable(std::span(data).first(n))) << n;
}

TEST(Crc32c, ContinuesWhereItStopped) {
  std::vector<std::byte> data(10000, std::byte{0x5a});
  const auto all = std::span<const std::byte>(data);
  EXPECT_EQ(crc32c(all.subspan(777), crc32c(all.first(777))), crc32c(all));
}

}  // namespace
}  // namespace ptero
