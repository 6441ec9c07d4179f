// One body for each verb of Workspace, run for every backend.
#include <gtest/gtest.h>

#include <numbers>
#include <numeric>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <random>

#include "backend_under_test.hpp"
#include "simulated.hpp"

namespace ptero::ptycho {
namespace {

struct Rig {
  std::unique_ptr<Workspace> workspace;
  std::vector<Slot> slots;
};

// Random object, probe and amplitudes: nothing fits, so no gradient vanishes.
Rig random_rig(std::size_t n, bool subpixel, unsigned threads = 2) {
  Rig rig{make_workspace(backend, {.n = n, .subpixel = subpixel, .threads = threads}), {}};
  const Extent extent{-3, -4, {2 * n + 3, 2 * n + 5}};
  rig.workspace->grow(extent, std::vector{simulated::random_field(extent.shape, 1)});
  rig.workspace->set_probe(0, simulated::random_field({n, n}, 2));
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 4);
  for (int k = 0; k < 7; ++k) {
    Image<float> amplitude(Shape{n, n});
    for (float& a : amplitude.pixels()) a = uniform(random);
    amplitude(std::size_t(k), 1) = -1;
    const Placement at{.row = k % 4, .col = 2 * k - 4, .sub_row = 0.1F * float(k) - 0.3F, .sub_col = 0.2F};
    rig.slots.push_back(rig.workspace->load(*make_pattern(amplitude), at));
  }
  rig.workspace->refresh_illumination(rig.slots);
  return rig;
}

std::vector<std::size_t> all_of(const std::vector<Slot>& slots) {
  std::vector<std::size_t> indices(slots.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

double real_inner(const Image<Complex>& a, const Image<Complex>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += (std::conj(std::complex<double>(a.data()[i])) * std::complex<double>(b.data()[i])).real();
  return sum;
}

Image<Complex> plus(const Image<Complex>& a, const Image<Complex>& b, float factor) {
  Image<Complex> out = a;
  for (std::size_t i = 0; i < a.size(); ++i) out.data()[i] += factor * b.data()[i];
  return out;
}

class WorkspaceVerb : public testing::TestWithParam<bool> {};

TEST_P(WorkspaceVerb, EvaluateAgreesWithANaiveTransform) {
  const std::size_t n = 8;
  auto workspace = make_workspace(backend, {.n = n, .subpixel = GetParam(), .threads = 1});
  const Image<Complex> object = simulated::random_field({9, 10}, 1),
                       probe = simulated::random_field({n, n}, 2);
  workspace->grow({5, 6, object.shape()}, std::vector{object});
  workspace->set_probe(0, probe);
  const double down = GetParam() ? 0.3 : 0, right = GetParam() ? -0.4 : 0;
  Image<float> amplitude(probe.shape(), 1.5F);
  amplitude(3, 4) = -1;
  const Slot slot = workspace->load(*make_pattern(amplitude), {6, 8, float(down), float(right)});

  const auto wave = [n](double f, double x) {
    return std::polar(1.0, 2 * std::numbers::pi * f * x / double(n));
  };
  const auto sign = [n](std::size_t k) { return double(k) - (k < n / 2 ? 0.0 : double(n)); };
  std::vector<std::complex<double>> spectrum(n * n), exit(n * n);
  for (std::size_t u = 0; u < n * n; ++u)
    for (std::size_t x = 0; x < n * n; ++x)
      spectrum[u] += std::complex<double>(probe.data()[x]) * wave(-sign(u / n), double(x / n) + down) *
                     wave(-sign(u % n), double(x % n) + right);
  for (std::size_t x = 0; x < n * n; ++x) {
    for (std::size_t u = 0; u < n * n; ++u)
      exit[x] +=
          spectrum[u] * wave(sign(u / n), double(x / n)) * wave(sign(u % n), double(x % n)) / double(n * n);
    exit[x] *= std::complex<double>(object(1 + x / n, 2 + x % n));
  }
  double residual = 0, model = 0;
  for (std::size_t u = 0; u < n * n; ++u) {
    std::complex<double> field = 0;
    for (std::size_t x = 0; x < n * n; ++x)
      field += exit[x] * wave(-sign(u / n), double(x / n)) * wave(-sign(u % n), double(x % n)) / double(n);
    if (u == 3 * n + 4) continue;
    residual += std::pow(std::abs(field) - 1.5, 2);
    model += std::norm(field);
  }
  const ErrorSums sums = workspace->evaluate(std::span(&slot, 1));
  EXPECT_NEAR(sums.residual, residual, 1e-3 * residual);
  EXPECT_NEAR(sums.model, model, 1e-3 * model);
  EXPECT_NEAR(sums.intensity, 63 * 2.25, 1e-2);
}

TEST_P(WorkspaceVerb, ModulusIsSatisfiedAfterProjection) {
  // With a flat probe and W = 1 the object direction is chi itself, so a full step is the projection.
  const std::size_t n = 16;
  auto workspace =
      make_workspace(backend, {.n = n, .subpixel = GetParam(), .regularisation = 1e-4, .threads = 1});
  workspace->grow({0, 0, {n, n}}, std::vector{simulated::random_field({n, n}, 1)});
  workspace->set_probe(0, Image<Complex>(Shape{n, n}, 1));
  Image<float> amplitude(Shape{n, n});
  for (std::size_t i = 0; i < amplitude.size(); ++i) amplitude.data()[i] = float(1 + i % 3);
  const Slot slot = workspace->load(*make_pattern(amplitude), {});
  workspace->refresh_illumination(std::span(&slot, 1));
  EXPECT_GT(workspace->evaluate(std::span(&slot, 1)).amplitude_error(), 0.05);

  workspace->project(std::span(&slot, 1), {});
  workspace->step_equations();
  workspace->update(std::vector{1.0}, 0);

  EXPECT_LT(workspace->evaluate(std::span(&slot, 1)).amplitude_error(), 1e-7);
}

TEST_P(WorkspaceVerb, NoPixelGoesFurtherThanTheBatchAsksFor) {
  // One of two patterns that do not overlap: W belongs to it alone, and ten times its step lands on its
  // target.
  const std::size_t n = 16;
  auto workspace =
      make_workspace(backend, {.n = n, .subpixel = GetParam(), .regularisation = 1e-4, .threads = 2});
  workspace->grow({0, 0, {n, 2 * n}}, std::vector{simulated::random_field({n, 2 * n}, 1)});
  workspace->set_probe(0, Image<Complex>(Shape{n, n}, 1));
  Image<float> amplitude(Shape{n, n});
  for (std::size_t i = 0; i < amplitude.size(); ++i) amplitude.data()[i] = float(1 + i % 3);
  const std::vector<Slot> slots{workspace->load(*make_pattern(amplitude), {}),
                                workspace->load(*make_pattern(amplitude), {.col = std::int64_t(n)})};
  workspace->refresh_illumination(slots);

  workspace->project(std::span(slots).first(1), {});
  workspace->step_equations();
  workspace->update(std::vector{10.0}, 0);

  EXPECT_LT(workspace->evaluate(std::span(slots).first(1)).amplitude_error(), 1e-6);
  EXPECT_GT(workspace->evaluate(std::span(slots).last(1)).amplitude_error(), 0.05);
}

TEST_P(WorkspaceVerb, ObjectDirectionIsTheGradientTimesThePreconditioner) {
  const Rig rig = random_rig(12, GetParam());
  Workspace& workspace = *rig.workspace;
  const Image<Complex> before = workspace.object(0);
  const Image<float> light = workspace.illumination();
  workspace.project(rig.slots, {});
  workspace.step_equations();
  workspace.update(std::vector{1.0}, 0);
  Image<Complex> gradient = plus(workspace.object(0), before, -1);
  const float brightest = *std::max_element(light.pixels().begin(), light.pixels().end());
  for (std::size_t i = 0; i < gradient.size(); ++i)
    gradient.data()[i] *= std::hypot(light.data()[i], 0.1F * brightest);

  const Image<Complex> direction = simulated::random_field(before.shape(), 9);
  const float h = 1e-3F;
  workspace.set_object(0, plus(before, direction, h));
  const double up = workspace.evaluate(rig.slots).residual;
  workspace.set_object(0, plus(before, direction, -h));
  const double down = workspace.evaluate(rig.slots).residual;

  // G = -dL/dO*, so L changes by -2 Re <G, direction>.
  const double expected = -2 * real_inner(gradient, direction);
  EXPECT_GT(std::abs(expected), 1);
  EXPECT_NEAR((up - down) / (2 * double{h}), expected, 0.01 * std::abs(expected));
}

TEST_P(WorkspaceVerb, ProbeDirectionIsTheMeanGradient) {
  const Rig rig = random_rig(12, GetParam());
  Workspace& workspace = *rig.workspace;
  const Image<Complex> before = workspace.probe(0);
  workspace.project(rig.slots, {});
  workspace.step_equations();
  workspace.update(std::vector{0.0}, 1);
  const Image<Complex> gradient = plus(workspace.probe(0), before, -1);

  const Image<Complex> direction = simulated::random_field(before.shape(), 9);
  const float h = 1e-3F;
  workspace.set_probe(0, plus(before, direction, h));
  const double up = workspace.evaluate(rig.slots).residual;
  workspace.set_probe(0, plus(before, direction, -h));
  const double down = workspace.evaluate(rig.slots).residual;

  const double expected = -2 * real_inner(gradient, direction) * double(rig.slots.size());
  EXPECT_GT(std::abs(expected), 1);
  EXPECT_NEAR((up - down) / (2 * double{h}), expected, 0.01 * std::abs(expected));
}

TEST_P(WorkspaceVerb, StepEquationsDescribeTheChangeOfTheExitWave) {
  // Re<u,chi> summed over all patterns is Re<dO, G>, and so for the probe.
  const Rig rig = random_rig(12, GetParam());
  Workspace& workspace = *rig.workspace;
  const Image<Complex> object = workspace.object(0), probe = workspace.probe(0);
  const Image<float> light = workspace.illumination();
  workspace.project(rig.slots, {.sampled = all_of(rig.slots)});
  const auto equations = workspace.step_equations();
  workspace.update(std::vector{1.0}, 1);
  const Image<Complex> d_object = plus(workspace.object(0), object, -1),
                       d_probe = plus(workspace.probe(0), probe, -1);
  Image<Complex> gradient = d_object;
  const float brightest = *std::max_element(light.pixels().begin(), light.pixels().end());
  for (std::size_t i = 0; i < gradient.size(); ++i)
    gradient.data()[i] *= std::hypot(light.data()[i], 0.1F * brightest);

  double u_chi = 0, v_chi = 0;
  ASSERT_EQ(equations.size(), rig.slots.size());
  for (const StepEquation& e : equations) {
    u_chi += e.u_chi;
    v_chi += e.v_chi;
    EXPECT_LE(e.uv * e.uv, e.uu * e.vv * (1 + 1e-6));
  }
  const double object_side = real_inner(d_object, gradient);
  const double probe_side = real_inner(d_probe, d_probe) * double(rig.slots.size());
  EXPECT_NEAR(u_chi, object_side, 1e-3 * object_side);
  EXPECT_NEAR(v_chi, probe_side, 1e-3 * probe_side);
}

TEST_P(WorkspaceVerb, OrderOfABatchAndNumberOfThreadsOnlyRound) {
  const Rig one = random_rig(34, GetParam(), 1), three = random_rig(34, GetParam(), 3);
  std::vector<Slot> reversed(three.slots.rbegin(), three.slots.rend());
  const ErrorSums a = one.workspace->project(one.slots, {}), b = three.workspace->project(reversed, {});
  one.workspace->step_equations();
  three.workspace->step_equations();
  one.workspace->update(std::vector{1.0}, 1);
  three.workspace->update(std::vector{1.0}, 1);
  EXPECT_NEAR(a.residual, b.residual, 1e-5 * a.residual);
  const Image<Complex> difference = plus(one.workspace->object(0), three.workspace->object(0), -1);
  EXPECT_LT(real_inner(difference, difference),
            1e-9 * real_inner(one.workspace->object(0), one.workspace->object(0)));
  const Image<Complex> probes = plus(one.workspace->probe(0), three.workspace->probe(0), -1);
  EXPECT_LT(real_inner(probes, probes), 1e-9 * real_inner(one.workspace->probe(0), one.workspace->probe(0)));
}

INSTANTIATE_TEST_SUITE_P(Each, WorkspaceVerb, testing::Bool(),
                         [](const auto& each) { return each.param ? "SubPixel" : "WholePixel"; });

TEST(Workspace, IlluminationIsTheSumOfShiftedProbes) {
  const Rig rig = random_rig(12, false);
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

TEST(Workspace, GrowingKeepsWhatIsThere) {
  const Rig rig = random_rig(12, true);
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

TEST(Workspace, ScaleAndClamp) {
  const Rig rig = random_rig(12, false);
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
  EXPECT_THROW(make_workspace(backend, {.n = 63}), InputError);
  EXPECT_THROW(make_workspace(backend, {.n = 64, .regularisation = 0}), InputError);
}

}  // namespace
}  // namespace ptero::ptycho
