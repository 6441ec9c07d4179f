// One body for each verb of Workspace, run for every backend.
#include <gtest/gtest.h>

#include <numbers>
#include <numeric>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <random>

#include "simulated.hpp"

namespace ptero::ptycho {
namespace {

struct Case {
  std::string_view name;
  bool subpixel = true;
  std::size_t modes = 1, variations = 0;
  std::vector<double> spacing_m = {};
  double near_field_m = 0;
  Backend backend = Backend::cpu;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

WorkspaceSpec spec_of(const Case& each, std::size_t n, unsigned threads = 2) {
  return {.n = n,
          .subpixel = each.subpixel,
          .threads = threads,
          .modes = each.modes,
          .variations = each.variations,
          .slice_spacing_m = each.spacing_m,
          .near_field_m = each.near_field_m,
          .pixel_m = 10e-9,
          .wavelength_m = 1e-10};
}

struct Rig {
  std::unique_ptr<Workspace> workspace;
  std::vector<Slot> slots;
};

// Random object, probe and amplitudes: nothing fits, so no gradient vanishes.
Rig random_rig(const WorkspaceSpec& spec, Backend backend = Backend::cpu) {
  const std::size_t n = spec.n;
  Rig rig{make_workspace(backend, spec), {}};
  const Extent extent{-3, -4, {2 * n + 3, 2 * n + 5}};
  std::vector<Image<Complex>> object;
  for (std::size_t l = 0; l < spec.slices(); ++l)
    object.push_back(simulated::random_field(extent.shape, 1 + 10 * l));
  rig.workspace->grow(extent, object);
  for (std::size_t k = 0; k < spec.probes(); ++k)
    rig.workspace->set_probe(k, simulated::random_field({n, n}, 2 + 10 * k));
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 4);
  for (int k = 0; k < 7; ++k) {
    Image<float> amplitude(Shape{n, n});
    for (float& a : amplitude.pixels()) a = uniform(random);
    amplitude(std::size_t(k), 1) = -1;
    const Placement at{.row = k % 4, .col = 2 * k - 4, .sub_row = 0.1F * float(k) - 0.3F, .sub_col = 0.2F};
    rig.slots.push_back(rig.workspace->load(*make_pattern(amplitude), at));
    if (!spec.has_weights()) continue;
    std::vector<float> weights{0.8F + 0.1F * float(k)};
    for (std::size_t v = 0; v < spec.variations; ++v)
      weights.push_back(0.3F * float(k) - 0.7F * float(v + 1));
    rig.workspace->set_weights(rig.slots.back(), weights);
  }
  rig.workspace->refresh_illumination(rig.slots);
  return rig;
}

// sum v_k^2 over the patterns.
double weight_square(const Rig& rig, std::size_t k) {
  double sum = 0;
  for (const Slot slot : rig.slots) {
    const auto weights = rig.workspace->weights(slot);
    sum += weights.empty() ? (k == 0 ? 1.0 : 0.0) : std::pow(double{weights[k]}, 2);
  }
  return sum;
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

class WorkspaceVerb : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (GetParam().backend == Backend::cpu) return;
    try {
      (void)make_workspace(GetParam().backend, {.n = 8});
    } catch (const InputError& error) {
      GTEST_SKIP() << error.what();
    }
  }
  Rig rig(std::size_t n, unsigned threads = 2) const {
    return random_rig(spec_of(GetParam(), n, threads), GetParam().backend);
  }
};

// Some direction that is not at right angles to the gradient, or rounding would rule.
Image<Complex> along(const Image<Complex>& gradient, std::uint64_t seed) {
  const Image<Complex> random = simulated::random_field(gradient.shape(), seed);
  return plus(random, gradient,
              float(std::sqrt(real_inner(random, random) / std::max(1e-30, real_inner(gradient, gradient)))));
}

// Derivative of the summed residual when the state is moved by +-h.
template <class Move>
double slope(const Rig& rig, float h, Move&& move) {
  move(h);
  const double up = rig.workspace->evaluate(rig.slots).residual;
  move(-h);
  const double down = rig.workspace->evaluate(rig.slots).residual;
  move(0);
  return (up - down) / (2 * double{h});
}

class SingleMode : public WorkspaceVerb {
 protected:
  std::unique_ptr<Workspace> make(std::size_t n, unsigned threads) const {
    return make_workspace(GetParam().backend, {.n = n,
                                               .subpixel = GetParam().subpixel,
                                               .regularisation = 1e-4,
                                               .threads = threads,
                                               .near_field_m = GetParam().near_field_m,
                                               .pixel_m = 10e-9,
                                               .wavelength_m = 1e-10});
  }
};

TEST_P(SingleMode, EvaluateAgreesWithANaiveTransform) {
  const std::size_t n = 8;
  auto workspace = make(n, 1);
  const Image<Complex> object = simulated::random_field({9, 10}, 1),
                       probe = simulated::random_field({n, n}, 2);
  workspace->grow({5, 6, object.shape()}, std::vector{object});
  workspace->set_probe(0, probe);
  const double down = GetParam().subpixel ? 0.3 : 0, right = GetParam().subpixel ? -0.4 : 0;
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
  const auto transform = [&](const std::vector<std::complex<double>>& from, double direction) {
    std::vector<std::complex<double>> to(n * n);
    for (std::size_t u = 0; u < n * n; ++u)
      for (std::size_t x = 0; x < n * n; ++x)
        to[u] += from[x] * wave(direction * sign(u / n), double(x / n)) *
                 wave(direction * sign(u % n), double(x % n)) / double(n);
    return to;
  };
  std::vector<std::complex<double>> detector = transform(exit, -1);
  if (GetParam().near_field_m != 0) {
    // exp(i k z (sqrt(1 - (lambda f)^2) - 1)), written out.
    const double k = 2 * std::numbers::pi / 1e-10, unit = 1e-10 / (double(n) * 10e-9);
    for (std::size_t u = 0; u < n * n; ++u) {
      const double sine2 = (std::pow(sign(u / n), 2) + std::pow(sign(u % n), 2)) * unit * unit;
      detector[u] *= std::polar(1.0, k * GetParam().near_field_m * (std::sqrt(1 - sine2) - 1));
    }
    detector = transform(detector, 1);
  }
  double residual = 0, model = 0;
  for (std::size_t u = 0; u < n * n; ++u) {
    const std::complex<double> field = detector[u];
    if (u == 3 * n + 4) continue;
    residual += std::pow(std::abs(field) - 1.5, 2);
    model += std::norm(field);
  }
  const ErrorSums sums = workspace->evaluate(std::span(&slot, 1));
  EXPECT_NEAR(sums.residual, residual, 1e-3 * residual);
  EXPECT_NEAR(sums.model, model, 1e-3 * model);
  EXPECT_NEAR(sums.intensity, 63 * 2.25, 1e-2);
}

TEST_P(SingleMode, PropagationToTheDetectorIsUnitary) {
  const std::size_t n = 16;
  auto workspace = make(n, 1);
  const Image<Complex> object = simulated::random_field({n, n}, 1),
                       probe = simulated::random_field({n, n}, 2);
  workspace->grow({0, 0, {n, n}}, std::vector{object});
  workspace->set_probe(0, probe);
  const Slot slot = workspace->load(*make_pattern(Image<float>(Shape{n, n}, 1.0F)), {});
  double power = 0;
  for (std::size_t i = 0; i < object.size(); ++i) power += std::norm(object.data()[i] * probe.data()[i]);
  EXPECT_NEAR(workspace->evaluate(std::span(&slot, 1)).model, power, 1e-5 * power);
}

TEST_P(SingleMode, ModulusIsSatisfiedAfterProjection) {
  // With a flat probe and W = 1 the object direction is chi itself, so a full step is the projection.
  const std::size_t n = 16;
  auto workspace = make(n, 1);
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

TEST_P(SingleMode, NoPixelGoesFurtherThanTheBatchAsksFor) {
  // One of two patterns that do not overlap: W belongs to it alone, and ten times its step lands on its
  // target.
  const std::size_t n = 16;
  auto workspace = make(n, 2);
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

const Case single_modes[] = {{.name = "SubPixel"},
                             {.name = "WholePixel", .subpixel = false},
                             {.name = "NearField", .near_field_m = 5e-6}};
const Case all_cases[] = {
    {.name = "SubPixel"},
    {.name = "WholePixel", .subpixel = false},
    {.name = "ThreeModes", .modes = 3},
    {.name = "TwoModesWholePixel", .subpixel = false, .modes = 2},
    {.name = "TwoVariations", .variations = 2},
    {.name = "VariationWholePixel", .subpixel = false, .modes = 2, .variations = 1},
    {.name = "ThreeSlices", .spacing_m = {3e-6, 2e-6}},
    {.name = "SlicesModesVariations", .modes = 2, .variations = 1, .spacing_m = {4e-6}},
    {.name = "NearField", .near_field_m = 5e-6},
    {.name = "NearFieldSlicesModes", .modes = 2, .spacing_m = {4e-6}, .near_field_m = -6e-6}};

std::vector<Case> on(Backend backend, std::span<const Case> cases) {
  std::vector<Case> out(cases.begin(), cases.end());
  for (Case& each : out) each.backend = backend;
  return out;
}

const auto name = [](const auto& each) { return std::string(each.param.name); };
INSTANTIATE_TEST_SUITE_P(Cpu, SingleMode, testing::ValuesIn(on(Backend::cpu, single_modes)), name);
INSTANTIATE_TEST_SUITE_P(Cuda, SingleMode, testing::ValuesIn(on(Backend::cuda, single_modes)), name);
INSTANTIATE_TEST_SUITE_P(Cpu, WorkspaceVerb, testing::ValuesIn(on(Backend::cpu, all_cases)), name);
INSTANTIATE_TEST_SUITE_P(Cuda, WorkspaceVerb, testing::ValuesIn(on(Backend::cuda, all_cases)), name);

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
