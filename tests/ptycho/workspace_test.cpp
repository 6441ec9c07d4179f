// What a workspace keeps and what it refuses.
#include "workspace_rig.hpp"

namespace ptero::ptycho {
namespace {

TEST(Workspace, GrowingKeepsWhatIsThere) {
  const Rig rig = random_rig({.n = 12, .threads = 2});
  Workspace& workspace = *rig.workspace;
  const Image<Complex> object = workspace.object(0);
  const Image<float> light = workspace.illumination();
  const ErrorSums before = workspace.evaluate(rig.slots);
  workspace.grow({-20, -10, {80, 70}}, std::vector{Image<Complex>(Shape{80, 70}, Complex(7, 0))});
  EXPECT_DOUBLE_EQ(workspace.evaluate(rig.slots).residual, before.residual);
  EXPECT_EQ(workspace.object(0)(0, 0), Complex(7, 0));
  EXPECT_EQ(workspace.object(0)(17 + 5, 6 + 8), object(5, 8));
  EXPECT_EQ(workspace.illumination()(17 + 5, 6 + 8), light(5, 8));
  EXPECT_EQ(workspace.illumination()(0, 0), 0);
}

TEST(Workspace, GivesPatternsBackAsTheyWereLoaded) {
  const Rig rig = random_rig({.n = 12, .threads = 2});
  Workspace& workspace = *rig.workspace;
  Image<float> amplitude(Shape{12, 12}, 3.0F);
  amplitude(2, 5) = -1;  // masked
  const Pattern pattern = *make_pattern(amplitude);
  const Placement place = workspace.placement(rig.slots[1]);
  workspace.drop(rig.slots[1]);
  const Slot slot = workspace.load(pattern, place);
  const Pattern back = workspace.pattern(slot);
  EXPECT_EQ(back.amplitude, pattern.amplitude);
  EXPECT_EQ(back.unit, pattern.unit);
  EXPECT_EQ(back.counts, pattern.counts);
}

TEST(Workspace, ScaleAndClamp) {
  const Rig rig = random_rig({.n = 12, .subpixel = false, .threads = 2});
  Workspace& workspace = *rig.workspace;
  const ErrorSums before = workspace.evaluate(rig.slots);
  const float light = workspace.illumination()(8, 8);
  workspace.scale(0.5, 2);
  EXPECT_NEAR(workspace.evaluate(rig.slots).residual, before.residual, 1e-4 * before.residual);
  EXPECT_NEAR(workspace.illumination()(8, 8), 4 * light, 1e-3);
  workspace.clamp_object(0.25);
  const Image<Complex> clamped = workspace.object(0);
  for (const Complex& o : clamped.pixels()) EXPECT_LE(std::abs(o), 0.2501F);
}

TEST(Workspace, RefusesWhatCannotBeBuilt) {
  EXPECT_THROW(make_workspace(Backend::cpu, {.n = 63}), InputError);
  EXPECT_THROW(make_workspace(Backend::cpu, {.n = 64, .modes = 0}), InputError);
  EXPECT_THROW(make_workspace(Backend::cpu, {.n = 64, .slice_spacing_m = {1e-6}}), InputError);
  EXPECT_THROW(make_workspace(Backend::cpu, {.n = 64, .near_field_m = 1e-6}), InputError);
  // 64 x (10 nm)^2 / 0.1 nm = 64 um is the farthest that the sampling allows.
  EXPECT_THROW(
      make_workspace(Backend::cpu, {.n = 64, .near_field_m = 65e-6, .pixel_m = 10e-9, .wavelength_m = 1e-10}),
      InputError);
  EXPECT_THROW(make_workspace(Backend::cpu, {.n = 64, .modes = 2, .constraint = Constraint::difference_map}),
               InputError);
}

}  // namespace
}  // namespace ptero::ptycho
