#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <ptero/core/error.hpp>
#include <ptero/ptycho/workspace.hpp>

#include "simulated.hpp"

// What the tests of Workspace's verbs have in common: one body for each verb, run for every backend.
namespace ptero::ptycho {

struct Case {
  std::string_view name;
  bool subpixel = true;
  std::size_t modes = 1, variations = 0;
  std::vector<double> spacing_m = {};
  double near_field_m = 0;
  Backend backend = Backend::cpu;
};

inline void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

inline WorkspaceSpec spec_of(const Case& each, std::size_t n, unsigned threads = 2) {
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
inline Rig random_rig(const WorkspaceSpec& spec, Backend backend = Backend::cpu) {
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
inline double weight_square(const Rig& rig, std::size_t k) {
  double sum = 0;
  for (const Slot slot : rig.slots) {
    const auto weights = rig.workspace->weights(slot);
    sum += weights.empty() ? (k == 0 ? 1.0 : 0.0) : std::pow(double{weights[k]}, 2);
  }
  return sum;
}

inline std::vector<std::size_t> all_of(const std::vector<Slot>& slots) {
  std::vector<std::size_t> indices(slots.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

inline double real_inner(const Image<Complex>& a, const Image<Complex>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += (std::conj(std::complex<double>(a.data()[i])) * std::complex<double>(b.data()[i])).real();
  return sum;
}

inline Image<Complex> plus(const Image<Complex>& a, const Image<Complex>& b, float factor) {
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
inline Image<Complex> along(const Image<Complex>& gradient, std::uint64_t seed) {
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

inline const Case single_modes[] = {{.name = "SubPixel"},
                                    {.name = "WholePixel", .subpixel = false},
                                    {.name = "NearField", .near_field_m = 5e-6}};
inline const Case all_cases[] = {
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

inline std::vector<Case> on(Backend backend, std::span<const Case> cases) {
  std::vector<Case> out(cases.begin(), cases.end());
  for (Case& each : out) each.backend = backend;
  return out;
}

inline const auto name_of_case = [](const auto& each) { return std::string(each.param.name); };

}  // namespace ptero::ptycho
