#include <gtest/gtest.h>

#include <cmath>
#include <ptero/ptycho/lsqml.hpp>

namespace ptero::ptycho {
namespace {

TEST(SolveSteps, SolvesTheTwoByTwoSystem) {
  // [2 1; 1 3] (a, b) = (4, 7) has the solution (1, 2).
  const StepEquation e{.uu = 2, .vv = 3, .uv = 1, .u_chi = 4, .v_chi = 7};
  const LsqmlOptions plain{.beta = 1, .coupling = 0};
  const Steps both = solve_steps(std::span(&e, 1), 1, true, plain);
  EXPECT_NEAR(both.object[0], 1, 1e-5);
  EXPECT_NEAR(both.probe, 2, 1e-5);
  const Steps object = solve_steps(std::span(&e, 1), 1, false, plain);
  EXPECT_NEAR(object.object[0], 2, 1e-5);
  EXPECT_EQ(object.probe, 0);
}

TEST(SolveSteps, NeverStepsBackwardsAndTrimsTheExtremes) {
  std::vector<StepEquation> equations(20, {.uu = 1, .vv = 1, .u_chi = 2, .v_chi = -5});
  equations[7].u_chi = 1e6;
  const Steps steps = solve_steps(equations, 1, true, {.beta = 1, .coupling = 0});
  EXPECT_NEAR(steps.object[0], 2, 1e-5);
  EXPECT_EQ(steps.probe, 0);
}

TEST(SolveSteps, NotANumberStaysOne) {
  const StepEquation e{.uu = NAN, .vv = 1};
  EXPECT_TRUE(std::isnan(solve_steps(std::span(&e, 1), 1, true, {}).object[0]));
  EXPECT_EQ(solve_steps({}, 1, true, {}).object[0], 0);
}

}  // namespace
}  // namespace ptero::ptycho
