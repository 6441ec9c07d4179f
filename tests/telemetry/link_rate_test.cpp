#include "link_rate.hpp"

#include <gtest/gtest.h>

namespace ptero::telemetry::detail {
namespace {

constexpr std::int64_t ms = 1'000'000;

TEST(LinkRate, BeginsWithSmallPieces) {
  const LinkRate rate;
  EXPECT_FALSE(rate.known());
  EXPECT_EQ(rate.piece(), LinkRate::smallest_piece);
}

TEST(LinkRate, MakesPiecesThatTakeAFifthOfASecond) {
  LinkRate rate;
  rate.answered(12'500, 100 * ms);  // 1 Mbit/s
  EXPECT_NEAR(rate.bytes_per_s(), 125'000, 1);
  EXPECT_NEAR(static_cast<double>(rate.piece()), 25'000, 1);
  rate.answered(100'000, 1 * ms);
  EXPECT_EQ(rate.piece(), LinkRate::largest_piece);
  for (int i = 0; i < 10; ++i) rate.answered(1'000, 1000 * ms);
  EXPECT_EQ(rate.piece(), LinkRate::smallest_piece);
}

TEST(LinkRate, APageThatIsBusyIsNoSlowLink) {
  LinkRate rate;
  rate.answered(8'000, 1 * ms);
  for (int i = 0; i < 4; ++i) rate.answered(8'000, 500 * ms);
  EXPECT_NEAR(rate.bytes_per_s(), 8e6, 1);
}

}  // namespace
}  // namespace ptero::telemetry::detail
