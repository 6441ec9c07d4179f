#include <gtest/gtest.h>

#include <ptero/ddip/checks.hpp>

#include "small_blend.hpp"

namespace ptero::ddip {
namespace {

Image<double> matrix(double a1, double a2) {
  return {Shape{2, 2}, {a1, 1 - a1, a2, 1 - a2}};
}

TEST(ShareAlarms, AreSilentForPublishedGoodOnes) {
  EXPECT_TRUE(share_alarms(matrix(0.95, 0.05)).empty());
  EXPECT_TRUE(share_alarms(matrix(0.7, 0.3)).empty());
}

TEST(ShareAlarms, TellACollapseThatTheCorrelationHides) {
  const auto lost = share_alarms(matrix(0.05, 0.05));
  ASSERT_FALSE(lost.empty());
  EXPECT_EQ(lost[0],
            "slice 1 holds only 0.05 of its own image: gamma is too large, or the filters do not suit");
  EXPECT_FALSE(share_alarms(matrix(0.5, 0.45)).empty());
  EXPECT_FALSE(share_alarms(matrix(0.95, 0.9)).empty()) << "slice 2 is made of slice 1";
}

TEST(ConfusionAlarms, TellExchangedSlices) {
  const Blend blend = small_blend(128);
  EXPECT_TRUE(confusion_alarms(blend.truth, blend.mixed).empty());
  const Slices exchanged{blend.truth[1], blend.truth[0]};
  ASSERT_EQ(confusion_alarms(exchanged, blend.mixed).size(), 1U);
  EXPECT_EQ(confusion_alarms(exchanged, blend.mixed)[0],
            "slice 1 and slice 2 look exchanged: start again with another seed");
}

}  // namespace
}  // namespace ptero::ddip
