#include <gtest/gtest.h>

#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/steering/planner.hpp>
#include <ptero/steering/travel.hpp>

#include "field.hpp"
#include "support/scratch.hpp"

namespace ptero::steering {
namespace {

// Lengths in units of the finest step: 1 m.
SteeringOptions options_of(double width, unsigned levels, double margin = 0) {
  return {.bounds = Bounds{0, 0, width, width},
          .finest_step_m = 1,
          .levels = levels,
          .margin_m = margin,
          .leftover = 0};
}

TEST(Planner, FirstPassIsTheCoarseGridOverTheBounds) {
  const auto advice = plan({}, options_of(8, 2));
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->action, Action::measure);
  EXPECT_EQ(advice->points.size(), 9u);  // 0, 4, 8 each way
  EXPECT_DOUBLE_EQ(advice->step_m, 4);
  EXPECT_DOUBLE_EQ(travel_m(advice->points), 8 * 4.0);
  EXPECT_TRUE(advice->region.empty());
  EXPECT_DOUBLE_EQ(advice->confidence, 1);
}

TEST(Planner, SecondPassHalvesTheStepWhereMoreSpeaksForTheSampleThanAgainst) {
  const auto options = options_of(16, 2);
  Situation situation;
  measure(situation, plan({}, options)->points, {{{8, 8}, 5.7}});  // 3 x 3 of 5 x 5 frames
  const auto advice = plan(situation, options);
  ASSERT_TRUE(advice);
  EXPECT_DOUBLE_EQ(advice->step_m, 2);
  EXPECT_EQ(advice->points.size(), 16u);  // 4, 6 .. 12 each way, without the nine
  ASSERT_EQ(advice->region.size(), 1u);
  EXPECT_TRUE(inside(advice->region, {8, 8}));
  EXPECT_TRUE(inside(advice->region, {3, 8}));   // 3/4 of the next frame's 0.9 against 1/4 of the other's
  EXPECT_FALSE(inside(advice->region, {2, 8}));  // half and half
  const auto wider = plan(situation, options_of(16, 2, 2));
  EXPECT_TRUE(inside(wider->region, {1, 8}));
  EXPECT_EQ(wider->points, advice->points);  // the margin waits for the last pass
}

TEST(Planner, ALoneFrameDrawsAsMuchAsItIsSurerThanItsNeighbours) {
  const auto options = options_of(8, 2);
  const auto around = [&](float lone, float others) {
    Situation situation;
    measure(situation, plan({}, options)->points, {{{4, 4}, 1}});
    for (Seen& frame : situation.seen) frame.confidence = frame.selected ? lone : others;
    return *plan(situation, options);
  };
  EXPECT_EQ(around(0.3F, 0.9F).action, Action::stop);
  const Advice second_look = around(0.9F, 0.9F);
  EXPECT_DOUBLE_EQ(second_look.step_m, 1);
  EXPECT_EQ(second_look.points.size(), 4u);  // beside it, along the axes
  const Advice pass = around(1.0F, 0.4F);
  EXPECT_DOUBLE_EQ(pass.step_m, 2);
  EXPECT_EQ(pass.points.size(), 4u);
}

TEST(Planner, AllPassesTogetherMeasureEveryPlaceOfTheRegionOnceAndThenStop) {
  const auto options = options_of(40, 2, 1);  // the discs are wider than the holes of the first pass
  const std::vector<Disc> sample{{{12, 14}, 5.2}, {{30, 28}, 3.1}};
  Situation situation;
  std::size_t passes = 0;
  std::optional<Advice> advice;
  for (; (advice = plan(situation, options))->action == Action::measure; ++passes) {
    ASSERT_LT(passes, 20u);
    measure(situation, advice->points, sample);
  }
  EXPECT_GE(passes, 3u);
  for (int y = 0; y <= 40; ++y)
    for (int x = 0; x <= 40; ++x) {
      const Position p{static_cast<double>(x), static_cast<double>(y)};
      const auto times = std::count_if(situation.seen.begin(), situation.seen.end(),
                                       [&](const Seen& s) { return s.position == p; });
      EXPECT_LE(times, 1) << x << " " << y;
      EXPECT_TRUE(times == 1 || !(sample[0].holds(p) || sample[1].holds(p))) << x << " " << y;
    }
  EXPECT_LT(situation.seen.size(), 41u * 41 / 3);
}

TEST(Planner, NothingIsSaidWithoutBoundsAndFrames) {
  SteeringOptions options{.finest_step_m = 1};
  EXPECT_FALSE(plan({}, options));
  Situation situation;
  measure(situation, {{0, 0}, {4, 0}, {0, 4}, {4, 4}, {2, 2}}, {{{2, 2}, 1}});
  const auto advice = plan(situation, options);
  ASSERT_TRUE(advice);
  EXPECT_DOUBLE_EQ(advice->bounds.right_m, 4);
  options.mode = Mode::off;
  EXPECT_FALSE(plan(situation, options));
}

TEST(Planner, TheBudgetCutsTheWayAndThenEndsTheScan) {
  auto options = options_of(8, 2);
  options.dose_budget = 5;
  const auto first = plan({}, options);
  EXPECT_EQ(first->points.size(), 5u);
  EXPECT_DOUBLE_EQ(first->dose, 5);
  const auto none = plan({.dose_spent = 5}, options);
  EXPECT_EQ(none->action, Action::stop);
  EXPECT_DOUBLE_EQ(none->dose_left, 0);
}

TEST(Planner, PlannedFramesOverMeasuredBackgroundAreSkippedInRuns) {
  const auto options = options_of(8, 2);
  Situation situation;
  measure(situation, plan({}, options)->points, {{{4, 4}, 1}});
  // A line through the middle row: 0 1 2 | 3..5 in the region | 6 7 8.
  for (FrameId id = 0; id <= 8; ++id) situation.planned.push_back({100 + id, {static_cast<double>(id), 4}});
  const std::vector<FrameRun> runs{{100, 102}, {106, 108}};
  EXPECT_EQ(plan(situation, options)->skip, runs);
}

TEST(Planner, APlaceThatNothingSpeaksForIsNotSkipped) {
  const SteeringOptions options{.bounds = Bounds{0, 0, 20, 20}, .finest_step_m = 1, .levels = 1};
  Situation situation;
  measure(situation, {{0, 0}, {2, 0}, {0, 2}, {2, 2}}, {});
  situation.planned = {{7, {2, 2}}, {8, {19, 19}}};
  EXPECT_EQ(plan(situation, options)->skip, (std::vector<FrameRun>{{7, 7}}));
}

TEST(Planner, HolesOfTheRegionHaveRingsOfTheirOwn) {
  const auto options = options_of(4, 0);
  Situation situation;
  for (int y = 0; y <= 4; ++y)
    for (int x = 0; x <= 4; ++x)
      situation.seen.push_back({{static_cast<double>(x), static_cast<double>(y)}, x != 2 || y != 2, 1});
  const auto advice = plan(situation, options);
  ASSERT_EQ(advice->region.size(), 2u);
  EXPECT_TRUE(inside(advice->region, {1, 1}));
  EXPECT_FALSE(inside(advice->region, {2, 2}));
  EXPECT_EQ(advice->action, Action::stop);
}

TEST(Planner, ConfidenceIsThatOfTheSelectedFrames) {
  auto options = options_of(4, 0);
  Situation situation{.seen = {{{0, 0}, true, 0.25F}, {{4, 0}, true, 0.75F}, {{0, 4}, false, 1.0F}}};
  EXPECT_DOUBLE_EQ(plan(situation, options)->confidence, 0.5);
  options.least_confidence = 0.6;
  EXPECT_FALSE(plan(situation, options));
}

TEST(Planner, WrongOptionsAreNamed) {
  const auto complaint = [](SteeringOptions options) {
    return test::message_of<InputError>([&] { check(options); });
  };
  EXPECT_NE(complaint({}).find("finest step"), std::string::npos);
  EXPECT_NE(complaint({.bounds = Bounds{0, 0, 0, 1}, .finest_step_m = 1}).find("bounds"), std::string::npos);
  EXPECT_NE(complaint({.bounds = Bounds{0, 0, 1, 1}, .finest_step_m = 1e-5}).find("4e6"), std::string::npos);
  EXPECT_NE(complaint({.finest_step_m = 1, .valid_for_s = 1}).find("never be valid"), std::string::npos);
  EXPECT_EQ(complaint(options_of(8, 2)), "");
}

TEST(Planner, AClassificationBecomesASituation) {
  roi::FeatureTable table;
  for (FrameId id = 0; id < 4; ++id)
    table.add({.id = id, .position = id == 3 ? std::nullopt : std::optional(Position{double(id), 0})});
  roi::Classification labels{
      .ids = {0, 1, 2, 3},
      .labels = {roi::Label::selected, roi::Label::dark, roi::Label::background, roi::Label::selected},
      .confidence = {0.5F, 0, 1, 1},
      .clusters = {0, 0, 0, 0}};
  const auto situation = situation_of(table, labels, 7);
  ASSERT_TRUE(situation);
  EXPECT_EQ(situation->revision, 7u);
  ASSERT_EQ(situation->seen.size(), 2u);
  EXPECT_TRUE(situation->seen[0].selected);
  EXPECT_FALSE(situation->seen[1].selected);
  labels.no_contrast = true;
  EXPECT_FALSE(situation_of(table, labels, 7));
}

}  // namespace
}  // namespace ptero::steering
