#include <gtest/gtest.h>

#include <cmath>
#include <ptero/synth/scan_plan.hpp>

namespace ptero::synth {
namespace {

TEST(ScanPlan, RasterIsCentredWithXAlongColumnsAndYAlongRows) {
  const auto p = ScanPlan{{2, 3, 0.5, 4.0, ScanOrder::raster}}.positions();
  ASSERT_EQ(p.size(), 6U);
  EXPECT_EQ(p[0], (Position{-0.5, -2}));
  EXPECT_EQ(p[1], (Position{0, -2}));
  EXPECT_EQ(p[2], (Position{0.5, -2}));
  EXPECT_EQ(p[3], (Position{-0.5, 2}));
}

TEST(ScanPlan, SnakeRunsEveryOtherRowBackwards) {
  const auto p = ScanPlan{{2, 3, 0.5, 4.0, ScanOrder::snake}}.positions();
  EXPECT_EQ(p[3], (Position{0.5, 2}));
  EXPECT_EQ(p[5], (Position{-0.5, 2}));
}

TEST(ScanPlan, JitterHasItsSpreadAndItsSeed) {
  ScanPlan plan{{50, 50, 1.0, 1.0, ScanOrder::raster}};
  const auto grid = plan.positions();
  plan.jitter_m = 0.1;
  const auto jittered = plan.positions();
  double sum = 0;
  for (std::size_t i = 0; i < grid.size(); ++i)
    sum += std::pow(jittered[i].x_m - grid[i].x_m, 2) + std::pow(jittered[i].y_m - grid[i].y_m, 2);
  EXPECT_NEAR(std::sqrt(sum / 5000), 0.1, 0.005);
  EXPECT_EQ(plan.positions(), jittered);
  plan.seed = 2;
  EXPECT_NE(plan.positions(), jittered);
}

}  // namespace
}  // namespace ptero::synth
