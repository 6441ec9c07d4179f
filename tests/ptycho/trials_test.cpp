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

/// How often the answer was right, was called sure, and was wrong though called sure.
struct Score {
  int all = 0, sure = 0, right = 0, wrong_though_sure = 0;
  void add(bool is_right, bool is_sure) {
    ++all;
    sure += is_sure ? 1 : 0;
    right += is_right ? 1 : 0;
    wrong_though_sure += is_sure && !is_right ? 1 : 0;
  }
};

void print(const char* what, double photons, const Score& s) {
  if (std::getenv("PTERO_KEEP") != nullptr)
    std::printf("%s, %.0e photons: %d, right %d, sure %d, wrong though sure %d\n", what, photons, s.all,
                s.right, s.sure, s.wrong_though_sure);
}

/// Seeds of simulated samples: PTERO_TRIAL_SEEDS for the table in doc/reconstruction.md.
int trial_seeds() {
  const char* given = std::getenv("PTERO_TRIAL_SEEDS");
  return given != nullptr ? std::atoi(given) : 1;
}

// Each sample is told in all eight orientations and with both signs of the defocus; what the stage said is
// found back from the given optics.
TEST(Trials, AxesCalledSureAreRight) {
  for (const double photons : {1e4, 1e5, 1e6}) {
    Score score;
    for (int seed = 1; seed <= trial_seeds(); ++seed)
      for (const double defocus_m : {40e-6, -40e-6}) {
        const auto scan = simulated::scan(
            {.side = 8, .photons = photons, .defocus_m = defocus_m, .seed = std::uint64_t(seed)});
        // The ranking of one orientation is that of another with its trials renamed: one is run.
        const auto exposures = exposures_of(scan);
        const auto ranks = rank_axes(options_for(scan, 1.1 * defocus_m), exposures);
        const auto& best = ranks[0];
        score.add(!best.swap && best.sign_x > 0 && best.sign_y > 0, certainty_of(ranks, exposures).sure);
        if (std::getenv("PTERO_KEEP") != nullptr)
          std::printf("  %s, contrast %.2f, misfit %.2f\n", text_of(best).c_str(),
                      certainty_of(ranks, exposures).contrast, certainty_of(ranks, exposures).misfit);
      }
    print("axes", photons, score);
    EXPECT_EQ(score.wrong_though_sure, 0) << photons;
    EXPECT_GE(score.sure, 0.9 * score.all) << photons;
  }
}

TEST(Trials, SignsOfTheDefocusCalledSureAreRight) {
  for (const double photons : {1e4, 1e5, 1e6}) {
    Score score;
    for (int seed = 1; seed <= trial_seeds(); ++seed)
      for (const double defocus_m : {40e-6, -40e-6}) {
        const auto scan = simulated::scan(
            {.side = 8, .photons = photons, .defocus_m = defocus_m, .seed = std::uint64_t(seed)});
        const auto exposures = exposures_of(scan);
        const auto ranks =
            rank_defocus(options_for(scan), exposures, likely_defocus_phases(exposures, scan.n), 15);
        const auto certainty = certainty_of(ranks, exposures);
        score.add(std::signbit(ranks[0].phase) == std::signbit(defocus_m), certainty.sure);
        if (std::getenv("PTERO_KEEP") != nullptr)
          std::printf("  %.1f of %.1f, contrast %.2f, misfit %.2f\n", ranks[0].phase,
                      defocus_phase(defocus_m, 1e-10, 10e-9), certainty.contrast, certainty.misfit);
      }
    print("defocus", photons, score);
    EXPECT_EQ(score.wrong_though_sure, 0) << photons;
    EXPECT_GE(score.sure, 0.9 * score.all) << photons;
  }
}

}  // namespace
}  // namespace ptero::ptycho
