// Directions and step equations of every verb: against finite differences.
#include "workspace_rig.hpp"

namespace ptero::ptycho {
namespace {

TEST_P(WorkspaceVerb, ObjectDirectionIsTheGradientTimesThePreconditioner) {
  const Rig rig = this->rig(12);
  Workspace& workspace = *rig.workspace;
  const std::size_t slices = workspace.spec().slices();
  const Image<float> light = workspace.illumination();
  const float brightest = *std::max_element(light.pixels().begin(), light.pixels().end());
  std::vector<Image<Complex>> before, gradient;
  for (std::size_t l = 0; l < slices; ++l) before.push_back(workspace.object(l));
  constexpr float step = 1e-3F;  // below what limits a pixel of the slices behind the first
  workspace.project(rig.slots, {});
  workspace.step_equations();
  workspace.update(std::vector<double>(slices, double{step}), 0);
  for (std::size_t l = 0; l < slices; ++l) {
    gradient.push_back(plus(workspace.object(l), before[l], -1));
    for (std::size_t i = 0; i < light.size(); ++i)
      gradient[l].data()[i] *= std::hypot(light.data()[i], 0.1F * brightest) / step;
  }
  for (std::size_t l = 0; l < slices; ++l) workspace.set_object(l, before[l]);

  // G = -dL/dO*, so L changes by -2 Re <G, direction>.
  for (std::size_t l = 0; l < slices; ++l) {
    const Image<Complex> direction = along(gradient[l], 9);
    const double found =
        slope(rig, 1e-3F, [&](float h) { workspace.set_object(l, plus(before[l], direction, h)); });
    const double expected = -2 * real_inner(gradient[l], direction);
    EXPECT_GT(std::abs(expected), 1);
    EXPECT_NEAR(found, expected, 0.01 * std::abs(expected)) << l;
  }
}

TEST_P(WorkspaceVerb, ProbeDirectionIsTheMeanGradient) {
  const Rig rig = this->rig(12);
  Workspace& workspace = *rig.workspace;
  const std::size_t probes = workspace.spec().probes(), modes = workspace.spec().modes;
  std::vector<Image<Complex>> before, gradient;
  for (std::size_t k = 0; k < probes; ++k) before.push_back(workspace.probe(k));
  workspace.project(rig.slots, {});
  workspace.step_equations();
  workspace.update(std::vector<double>(workspace.spec().slices()), 1);
  for (std::size_t k = 0; k < probes; ++k) gradient.push_back(plus(workspace.probe(k), before[k], -1));
  for (std::size_t k = 0; k < probes; ++k) workspace.set_probe(k, before[k]);

  const double patterns = weight_square(rig, 0);
  for (std::size_t k = 0; k < probes; ++k) {
    const Image<Complex> direction = along(gradient[k], 9);
    const double norm = k < modes ? patterns : weight_square(rig, k - modes + 1) + variation_floor * patterns;
    const double found =
        slope(rig, 1e-3F, [&](float h) { workspace.set_probe(k, plus(before[k], direction, h)); });
    const double expected = -2 * real_inner(gradient[k], direction) * norm;
    EXPECT_GT(std::abs(expected), 1);
    EXPECT_NEAR(found, expected, 0.01 * std::abs(expected)) << k;
  }
}

TEST_P(WorkspaceVerb, StepEquationsDescribeTheChangeOfTheExitWave) {
  // Re<u,chi> summed over all patterns is Re<dO, G>, and so for the probe.
  const Rig rig = this->rig(12);
  Workspace& workspace = *rig.workspace;
  const std::size_t slices = workspace.spec().slices(), modes = workspace.spec().modes;
  const Image<float> light = workspace.illumination();
  const float brightest = *std::max_element(light.pixels().begin(), light.pixels().end());
  std::vector<Image<Complex>> objects, probes;
  for (std::size_t l = 0; l < slices; ++l) objects.push_back(workspace.object(l));
  for (std::size_t k = 0; k < modes; ++k) probes.push_back(workspace.probe(k));
  constexpr float step = 1e-3F;
  workspace.project(rig.slots, {.sampled = all_of(rig.slots)});
  const auto equations = workspace.step_equations();
  ASSERT_EQ(equations.size(), rig.slots.size() * slices);
  workspace.update(std::vector<double>(slices, double{step}), 1);
  for (std::size_t l = 0; l < slices; ++l) {
    double u_chi = 0, v_chi = 0;
    for (std::size_t i = 0; i < rig.slots.size(); ++i) {
      const StepEquation& e = equations[i * slices + l];
      u_chi += e.u_chi;
      v_chi += e.v_chi;
      EXPECT_LE(e.uv * e.uv, e.uu * e.vv * (1 + 1e-6));
    }
    Image<Complex> direction = plus(workspace.object(l), objects[l], -1);
    for (Complex& d : direction.pixels()) d /= step;
    Image<Complex> gradient = direction;
    for (std::size_t i = 0; i < light.size(); ++i)
      gradient.data()[i] *= std::hypot(light.data()[i], 0.1F * brightest);
    const double object_side = real_inner(direction, gradient);
    EXPECT_NEAR(u_chi, object_side, 2e-3 * object_side) << l;
    if (l > 0) continue;
    double probe_side = 0;
    for (std::size_t m = 0; m < modes; ++m) {
      const Image<Complex> d = plus(workspace.probe(m), probes[m], -1);
      probe_side += real_inner(d, d) * weight_square(rig, 0);
    }
    EXPECT_NEAR(v_chi, probe_side, 1e-3 * probe_side);
  }
}

TEST_P(WorkspaceVerb, PatternEquationsAreTheGradientsOfWeightsAndPlaces) {
  const Rig rig = this->rig(16);
  Workspace& workspace = *rig.workspace;
  // Smooth waves: the derivative is taken from neighbours. Far from the edges, which are left out.
  for (std::size_t k = 0; k < workspace.spec().probes(); ++k) {
    Image<Complex> probe(Shape{16, 16});
    for (std::size_t r = 0; r < 16; ++r)
      for (std::size_t c = 0; c < 16; ++c)
        probe(r, c) = std::polar(float(std::exp(-(std::pow(r - 7.5, 2) + std::pow(c - 8.5, 2)) / 9)),
                                 0.3F * float(r) + 0.2F * float(k * c));
    workspace.set_probe(k, probe);
  }
  workspace.project(rig.slots, {.pattern_equations = true});
  const auto equations = workspace.pattern_equations();
  workspace.step_equations();
  workspace.update(std::vector<double>(workspace.spec().slices()), 0);
  ASSERT_EQ(equations.size(), rig.slots.size());

  const Slot slot = rig.slots[3];
  const PatternEquation& equation = equations[3];
  const Rig one{make_workspace(GetParam().backend, {.n = 16}), {slot}};  // for its slots alone
  const auto slope_of = [&](float h, auto&& move) {
    move(h);
    const double up = workspace.evaluate(one.slots).residual;
    move(-h);
    const double down = workspace.evaluate(one.slots).residual;
    move(0);
    return (up - down) / (2 * double{h});
  };
  const auto weights = workspace.weights(slot);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double found = slope_of(1e-3F, [&](float h) {
      auto moved = weights;
      moved[k] += h;
      workspace.set_weights(slot, moved);
    });
    EXPECT_NEAR(found, -2 * equation.weight_chi[k], 0.01 * std::abs(found)) << k;
    EXPECT_GT(equation.weight_norm[k], 0);
  }
  if (!GetParam().subpixel) return;
  const Placement place = workspace.placement(slot);
  const double down = slope_of(1e-3F, [&](float h) {
    Placement moved = place;
    moved.sub_row += h;
    workspace.move(slot, moved);
  });
  const double right = slope_of(1e-3F, [&](float h) {
    Placement moved = place;
    moved.sub_col += h;
    workspace.move(slot, moved);
  });
  const double chi = std::sqrt(workspace.evaluate(one.slots).residual);
  EXPECT_NEAR(down, -2 * equation.row_chi, 0.03 * chi * std::sqrt(equation.row_row));
  EXPECT_NEAR(right, -2 * equation.col_chi, 0.03 * chi * std::sqrt(equation.col_col));
  EXPECT_GT(std::abs(down) + std::abs(right), 0.06 * chi * std::sqrt(equation.row_row + equation.col_col));
  EXPECT_GT(equation.row_row * equation.col_col, 0);
}

TEST_P(WorkspaceVerb, OrderOfABatchAndNumberOfThreadsOnlyRound) {
  const Rig one = rig(34, 1), three = rig(34, 3);
  std::vector<Slot> reversed(three.slots.rbegin(), three.slots.rend());
  const ErrorSums a = one.workspace->project(one.slots, {}), b = three.workspace->project(reversed, {});
  const std::vector<double> steps(one.workspace->spec().slices(), 0.5);
  for (const Rig* each : {&one, &three}) {
    each->workspace->step_equations();
    each->workspace->update(steps, 1);
  }
  EXPECT_NEAR(a.residual, b.residual, 1e-5 * a.residual);
  const auto expect_alike = [](const Image<Complex>& x, const Image<Complex>& y) {
    const Image<Complex> difference = plus(x, y, -1);
    EXPECT_LT(real_inner(difference, difference), 1e-9 * real_inner(x, x));
  };
  for (std::size_t l = 0; l < steps.size(); ++l)
    expect_alike(one.workspace->object(l), three.workspace->object(l));
  for (std::size_t k = 0; k < one.workspace->spec().probes(); ++k)
    expect_alike(one.workspace->probe(k), three.workspace->probe(k));
}

TEST_P(WorkspaceVerb, HeldSumsGoOnIntoTheNextBatch) {
  // Two batches with the object held, then one update, equal one batch of both while the probe stays.
  const Rig whole = rig(12), held = rig(12);
  const std::vector<double> steps(whole.workspace->spec().slices(), 0.5);
  whole.workspace->project(whole.slots, {});
  whole.workspace->step_equations();
  whole.workspace->update(steps, 0);
  const auto slots = std::span(held.slots);
  held.workspace->project(slots.first(3), {});
  held.workspace->step_equations();
  held.workspace->update_probe_only(0);
  held.workspace->project(slots.subspan(3), {});
  held.workspace->step_equations();
  held.workspace->update(steps, 0);
  for (std::size_t l = 0; l < steps.size(); ++l) {
    const Image<Complex> difference = plus(whole.workspace->object(l), held.workspace->object(l), -1);
    EXPECT_LT(real_inner(difference, difference),
              1e-9 * real_inner(whole.workspace->object(l), held.workspace->object(l)));
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, WorkspaceVerb, testing::ValuesIn(on(Backend::cpu, all_cases)), name_of_case);
INSTANTIATE_TEST_SUITE_P(Cuda, WorkspaceVerb, testing::ValuesIn(on(Backend::cuda, all_cases)), name_of_case);

}  // namespace
}  // namespace ptero::ptycho
