#include <gtest/gtest.h>

#include <ptero/runtime/peak.hpp>

namespace ptero::runtime {
namespace {

TEST(Peak, IsTheMostSinceItWasAskedLast) {
  Peak<int> peak;
  EXPECT_EQ(peak.take_most(), 0);
  for (const int value : {2, 7, 3}) peak.set(value);
  EXPECT_EQ(peak.take_most(), 7);
  EXPECT_EQ(peak.take_most(), 3) << "nothing was set since: as it is";
  peak.set(1);
  EXPECT_EQ(peak.take_most(), 3) << "it was 3 when it was asked last";
  EXPECT_EQ(peak.take_most(), 1);
}

}  // namespace
}  // namespace ptero::runtime
