#include "studies/steering/steering.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/scratch.hpp"

namespace ptero::tools {
namespace {

TEST(SteeringFigures, AnAdaptiveScanNeedsFarFewerExposuresForNearlyTheSamePicture) {
  const test::Scratch scratch;
  std::filesystem::create_directories(scratch / ".");
  const auto results = make_steering_figures({.out = scratch / "", .quick = true}, [](const std::string&) {});
  ASSERT_EQ(results.size(), 1u);
  const SteeringCaseResult& r = results[0];
  EXPECT_LE(r.roi_share, 0.25);
  EXPECT_GT(r.roi_share, 0.02);
  EXPECT_GE(r.pass_sizes.size(), 3u);
  const ScanResult& best = r.best_uniform();
  EXPECT_LE(r.adaptive.exposures, best.exposures / 2);
  EXPECT_LE(r.adaptive.seconds, best.seconds / 2);
  EXPECT_GT(r.adaptive.ssim, best.ssim - 0.01);
  // What was measured is what was counted.
  EXPECT_EQ(static_cast<std::size_t>(
                std::count_if(r.pass_of.begin(), r.pass_of.end(), [](auto p) { return p > 0; })),
            r.adaptive.exposures);
  const auto json = nlohmann::json::parse(steering_json(results));
  EXPECT_EQ(json["samples"][0]["adaptive"]["exposures"], r.adaptive.exposures);
  EXPECT_TRUE(std::filesystem::exists(scratch / "steering.png"));
  EXPECT_TRUE(std::filesystem::exists(scratch / "steering-nanosheets.png"));
}

TEST(SteeringFigures, TheCostOfAnSsimLiesBetweenTheGrids) {
  SteeringCaseResult r;
  r.uniform = {{.exposures = 100, .seconds = 2, .ssim = 0.5}, {.exposures = 400, .seconds = 8, .ssim = 0.9}};
  EXPECT_DOUBLE_EQ(r.uniform_cost_of(0.4).exposures, 100);
  EXPECT_NEAR(r.uniform_cost_of(0.7).exposures, 200, 1e-9);
  EXPECT_NEAR(r.uniform_cost_of(0.7).seconds, 4, 1e-9);
  EXPECT_DOUBLE_EQ(r.uniform_cost_of(0.95).exposures, 400);
  EXPECT_EQ(r.best_uniform().exposures, 400u);
}

}  // namespace
}  // namespace ptero::tools
