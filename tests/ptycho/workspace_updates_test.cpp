// What the methods other than least squares, and the sums behind the steps, rest on.
#include "workspace_rig.hpp"

namespace ptero::ptycho {
namespace {

TEST(Workspace, PoissonDirectionIsAlongTheLikelihood) {
  // One pattern: its step has one length, between 0 and 1, times the gradient of the likelihood.
  WorkspaceSpec spec = spec_of({.name = "", .modes = 2}, 12);
  spec.noise = Noise::poisson;
  const Rig rig = random_rig(spec);
  Workspace& workspace = *rig.workspace;
  const auto batch = std::span(rig.slots).first(1);
  const Image<Complex> before = workspace.probe(0);
  workspace.project(batch, {});
  workspace.step_equations();
  workspace.update(std::vector{0.0}, 1);
  const Image<Complex> gradient = plus(workspace.probe(0), before, -1);
  std::vector<double> ratios;
  for (const std::uint64_t seed : {9, 10}) {
    const Image<Complex> direction = along(gradient, seed);
    workspace.set_probe(0, plus(before, direction, 1e-3F));
    const double up = workspace.evaluate(batch).likelihood;
    workspace.set_probe(0, plus(before, direction, -1e-3F));
    const double down = workspace.evaluate(batch).likelihood;
    ratios.push_back(real_inner(gradient, direction) / -((up - down) / 4e-3));
  }
  // Not a derivative where light is almost nil.
  EXPECT_NEAR(ratios[0], ratios[1], 0.1 * ratios[0]);
  EXPECT_GT(ratios[0], 0.05);
  EXPECT_LT(ratios[0], 1);
}

TEST(Workspace, DifferenceMapStaysAtASolution) {
  // Amplitudes of the workspace's own waves: nothing moves, and a wave once kept is the exit wave.
  const std::size_t n = 16;
  auto workspace = make_workspace(Backend::cpu, {.n = n,
                                                 .regularisation = 1e-3,
                                                 .threads = 1,
                                                 .preconditioner = Preconditioner::batch,
                                                 .constraint = Constraint::difference_map});
  const Image<Complex> object = simulated::random_field({n, n}, 1),
                       probe = simulated::random_field({n, n}, 2);
  workspace->grow({0, 0, {n, n}}, std::vector{object});
  workspace->set_probe(0, probe);
  Image<Complex> field = probe;
  for (std::size_t i = 0; i < field.size(); ++i) field.data()[i] *= object.data()[i];
  Fft2d(field.shape()).forward(field.data());
  Image<float> amplitude(field.shape());
  for (std::size_t i = 0; i < field.size(); ++i) amplitude.data()[i] = std::abs(field.data()[i]);
  const Slot slot = workspace->load(*make_pattern(amplitude), {});
  for (int round = 0; round < 3; ++round) {
    EXPECT_LT(workspace->project(std::span(&slot, 1), {}).amplitude_error(), 1e-6);
    workspace->step_equations();
    workspace->update(std::vector{1.0}, 1);
  }
  const Image<Complex> moved = plus(workspace->object(0), object, -1);
  EXPECT_LT(real_inner(moved, moved), 1e-5 * real_inner(object, object));
}

TEST(Workspace, BatchPreconditionerWeighsOverlaps) {
  // ePIE's limit a = 1 divides by max L alone, rPIE's small a by L itself: with a flat probe both are the
  // mean of what the patterns ask for.
  const std::size_t n = 16;
  for (const double a : {1.0, 0.01}) {
    auto workspace = make_workspace(
        Backend::cpu, {.n = n, .regularisation = a, .threads = 2, .preconditioner = Preconditioner::batch});
    workspace->grow({0, 0, {n, n}}, std::vector{simulated::random_field({n, n}, 1)});
    workspace->set_probe(0, Image<Complex>(Shape{n, n}, 1));
    Image<float> amplitude(Shape{n, n}, 1.5F);
    const std::vector<Slot> slots{workspace->load(*make_pattern(amplitude), {}),
                                  workspace->load(*make_pattern(amplitude), {})};
    workspace->project(slots, {});
    workspace->step_equations();
    workspace->update(std::vector{1.0}, 0);
    EXPECT_LT(workspace->evaluate(slots).amplitude_error(), 1e-6) << a;
  }
}

TEST(Workspace, IlluminationIsTheSumOfShiftedProbes) {
  const Rig rig = random_rig({.n = 12, .subpixel = false, .threads = 2});
  Workspace& workspace = *rig.workspace;
  Image<float> expected(workspace.extent().shape);
  const Image<Complex> probe = workspace.probe(0);
  for (const Slot slot : rig.slots) {
    const Placement at = workspace.placement(slot);
    for (std::size_t r = 0; r < 12; ++r)
      for (std::size_t c = 0; c < 12; ++c)
        expected(std::size_t(at.row + 3) + r, std::size_t(at.col + 4) + c) += std::norm(probe(r, c));
  }
  const Image<float> map = workspace.illumination();
  for (std::size_t i = 0; i < map.size(); ++i) EXPECT_NEAR(map.data()[i], expected.data()[i], 1e-4);

  workspace.refresh_illumination(std::span(rig.slots).first(4));
  workspace.illuminate(std::span(rig.slots).subspan(4));
  for (std::size_t i = 0; i < map.size(); ++i)
    EXPECT_NEAR(workspace.illumination().data()[i], expected.data()[i], 1e-4);
}

}  // namespace
}  // namespace ptero::ptycho
