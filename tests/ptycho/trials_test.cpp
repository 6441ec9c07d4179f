#include <gtest/gtest.h>

#include <ptero/ptycho/trials.hpp>

#include "expectations.hpp"

namespace ptero::ptycho {
namespace {

std::vector<Exposure> exposures_of(const simulated::Scan& scan) {
  std::vector<Exposure> all;
  for (std::size_t i = 0; i < scan.patterns.size(); ++i)
    all.push_back({&scan.patterns[i], scan.positions[i]});
  return all;
}

TEST(Trials, NeighboursLieAroundTheMiddle) {
  std::vector<Exposure> line;
  for (int i = 0; i < 9; ++i) line.push_back({nullptr, {.x_m = double(i), .y_m = 5}});
  const auto found = neighbours(line, 3);
  ASSERT_EQ(found.size(), 3u);
  for (const Exposure& e : found) EXPECT_NEAR(e.position.x_m, 4, 1);
  EXPECT_EQ(neighbours(line, 100).size(), 9u);
  EXPECT_TRUE(neighbours({}, 3).empty());
}

TEST(Trials, TheRightAxesRankFirst) {
  const simulated::Scan scan = simulated::scan({.side = 8});
  std::vector<Exposure> turned = exposures_of(scan);
  // What the stage reported: axes swapped, one of them turned round.
  for (Exposure& e : turned) e.position = {.x_m = -e.position.y_m, .y_m = e.position.x_m};
  const auto ranks = rank_axes(options_for(scan), turned);
  ASSERT_EQ(ranks.size(), 8u);
  EXPECT_TRUE(ranks[0].swap);
  const Position back = ranks[0].apply(turned[5].position);
  EXPECT_EQ(back, scan.positions[5]);
  EXPECT_GT(ranks[1].error, 3 * ranks[0].error);
}

TEST(Trials, DefocusIsFoundFromTheDataAlone) {
  const simulated::Scan scan = simulated::scan({.side = 8});
  const double truth = defocus_phase(40e-6, 1e-10, 10e-9);
  const auto all = exposures_of(scan);
  const auto phases = likely_defocus_phases(all, scan.n);
  ASSERT_EQ(phases.size(), 6u);
  const auto ranks = rank_defocus(options_for(scan), all, phases, 15);
  if (std::getenv("PTERO_KEEP") != nullptr)
    for (const DefocusTrial& t : ranks) std::printf("%.1f (true %.1f): %.5f\n", t.phase, truth, t.error);
  EXPECT_GT(ranks[0].phase, 0.13 * truth);
  EXPECT_LT(ranks[0].phase, 4 * truth);
  EXPECT_LT(ranks[0].error, 0.3 * ranks.back().error);
}

}  // namespace
}  // namespace ptero::ptycho
