// The CUDA workspace against the CPU's on everything a spec can ask for, in chunks that do not divide the
// batch. Where there is no GPU the device is emulated: all but its launches and copies is the same code.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/cuda/device_floor.hpp>
#include <ptero/ptycho/reconstruction.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <random>

#include "cuda/cuda_workspace.hpp"
#include "simulated.hpp"

namespace ptero::ptycho {
namespace {

constexpr std::size_t n = 34;
constexpr std::size_t patterns = 11;
constexpr std::size_t chunk = 4;

struct Case {
  const char* name;
  WorkspaceSpec spec;
};
void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

WorkspaceSpec sliced(WorkspaceSpec spec) {
  spec.slice_spacing_m = {2e-6, 3e-6};
  spec.pixel_m = 10e-9;
  spec.wavelength_m = 1e-10;
  return spec;
}

WorkspaceSpec near(WorkspaceSpec spec) {
  spec.near_field_m = 10e-6;
  spec.pixel_m = 10e-9;
  spec.wavelength_m = 1e-10;
  return spec;
}

std::vector<Case> cases() {
  return {
      {"WholePixel", {.n = n, .subpixel = false}},
      {"SubPixel", {.n = n}},
      {"WholePixelModes", {.n = n, .subpixel = false, .modes = 3}},
      {"Modes", {.n = n, .modes = 3}},
      {"Weights", {.n = n, .subpixel = false, .weighted = true}},
      {"SubPixelWeights", {.n = n, .modes = 2, .weighted = true}},
      {"Variations", {.n = n, .modes = 2, .variations = 2}},
      {"WholePixelVariations", {.n = n, .subpixel = false, .variations = 3}},
      {"Slices", sliced({.n = n})},
      {"WholePixelSlicesModes", sliced({.n = n, .subpixel = false, .modes = 2})},
      {"SlicesModesVariations", sliced({.n = n, .modes = 2, .variations = 1})},
      {"NearField", near({.n = n})},
      {"NearFieldSlicesModes", near(sliced({.n = n, .subpixel = false, .modes = 2}))},
      {"NearFieldDifferenceMap", near({.n = n, .constraint = Constraint::difference_map})},
      {"Poisson", {.n = n, .noise = Noise::poisson}},
      {"PoissonModes", {.n = n, .subpixel = false, .modes = 2, .noise = Noise::poisson}},
      {"RegularisedPie", {.n = n, .preconditioner = Preconditioner::batch}},
      {"RegularisedPieSlices", sliced({.n = n, .modes = 2, .preconditioner = Preconditioner::batch})},
      {"DifferenceMap", {.n = n, .constraint = Constraint::difference_map}},
      {"WholePixelRaar",
       {.n = n, .subpixel = false, .constraint = Constraint::difference_map, .relaxation = 0.8}},
  };
}

struct Rig {
  std::unique_ptr<Workspace> workspace;
  std::vector<Slot> slots;
};

// Random object, probes, weights and amplitudes: nothing fits, so that no sum vanishes.
Rig fill(std::unique_ptr<Workspace> workspace) {
  const WorkspaceSpec& spec = workspace->spec();
  const Extent extent{-3, -4, {2 * n + 3, 2 * n + 5}};
  std::vector<Image<Complex>> object;
  for (std::size_t l = 0; l < spec.slices(); ++l) {
    object.push_back(simulated::random_field(extent.shape, l));
    for (Complex& o : object.back().pixels()) o /= std::max(0.5F, std::abs(o));
  }
  workspace->grow(extent, object);
  for (std::size_t k = 0; k < spec.probes(); ++k)
    workspace->set_probe(k, simulated::random_field({n, n}, 10 + k));
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 4), weight(0.5, 1.5), fraction(-0.5, 0.5);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < patterns; ++i) {
    Image<float> amplitude(Shape{n, n});
    for (float& a : amplitude.pixels()) a = uniform(random);
    amplitude(i, 1) = -1;
    slots.push_back(workspace->load(*make_pattern(amplitude), {.row = std::int64_t(i * 7 % 20) - 3,
                                                               .col = std::int64_t(i * 3 % 30) - 4,
                                                               .sub_row = fraction(random),
                                                               .sub_col = fraction(random)}));
    std::vector<float> weights = workspace->weights(slots.back());
    for (float& v : weights) v = weight(random);
    if (!weights.empty()) workspace->set_weights(slots.back(), weights);
  }
  workspace->refresh_illumination(slots);
  return {std::move(workspace), slots};
}

template <class T>
void expect_same(const Image<T>& a, const Image<T>& b, const char* what) {
  ASSERT_EQ(a.shape(), b.shape());
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += double(std::norm(a.data()[i] - b.data()[i]));
    size += double(std::norm(a.data()[i]));
  }
  EXPECT_LT(std::sqrt(difference), 1e-4 * std::sqrt(size)) << what;
}

void expect_close(double a, double b, double scale, const char* what) {
  EXPECT_NEAR(a, b, 5e-4 * std::abs(scale) + 1e-9) << what;
}

void expect_same(const ErrorSums& a, const ErrorSums& b) {
  expect_close(a.residual, b.residual, a.residual, "residual");
  expect_close(a.intensity, b.intensity, a.intensity, "intensity");
  expect_close(a.model, b.model, a.model, "model");
  expect_close(a.distance, b.distance, a.distance, "distance");
  expect_close(a.amplitude, b.amplitude, a.amplitude, "amplitude");
  expect_close(a.likelihood, b.likelihood, a.likelihood, "likelihood");
  EXPECT_EQ(a.frames, b.frames);
}

// What may cancel is measured with what does not: a product of two fields with their lengths.
void expect_same(const std::vector<PatternEquation>& a, const std::vector<PatternEquation>& b,
                 double residual) {
  ASSERT_EQ(a.size(), b.size());
  const double chi = std::sqrt(residual / double(patterns));
  for (std::size_t i = 0; i < a.size(); ++i) {
    expect_close(a[i].row_chi, b[i].row_chi, std::sqrt(a[i].row_row) * chi, "row_chi");
    expect_close(a[i].col_chi, b[i].col_chi, std::sqrt(a[i].col_col) * chi, "col_chi");
    expect_close(a[i].row_row, b[i].row_row, a[i].row_row, "row_row");
    expect_close(a[i].col_col, b[i].col_col, a[i].col_col, "col_col");
    ASSERT_EQ(a[i].weight_chi.size(), b[i].weight_chi.size());
    ASSERT_EQ(a[i].weight_norm.size(), b[i].weight_norm.size());
    for (std::size_t k = 0; k < a[i].weight_chi.size(); ++k) {
      expect_close(a[i].weight_chi[k], b[i].weight_chi[k], std::sqrt(a[i].weight_norm[k]) * chi,
                   "weight_chi");
      expect_close(a[i].weight_norm[k], b[i].weight_norm[k], a[i].weight_norm[k], "weight_norm");
    }
  }
}

void expect_same(const std::vector<StepEquation>& a, const std::vector<StepEquation>& b, double residual) {
  ASSERT_EQ(a.size(), b.size());
  const double chi = std::sqrt(residual / double(patterns));
  for (std::size_t i = 0; i < a.size(); ++i) {
    expect_close(a[i].uu, b[i].uu, a[i].uu, "uu");
    expect_close(a[i].vv, b[i].vv, a[i].vv, "vv");
    expect_close(a[i].uv, b[i].uv, std::sqrt(a[i].uu * a[i].vv), "uv");
    expect_close(a[i].u_chi, b[i].u_chi, std::sqrt(a[i].uu) * chi, "u_chi");
    expect_close(a[i].v_chi, b[i].v_chi, std::sqrt(a[i].vv) * chi, "v_chi");
  }
}

void expect_same(const Workspace& a, const Workspace& b) {
  for (std::size_t l = 0; l < a.spec().slices(); ++l) expect_same(a.object(l), b.object(l), "object");
  for (std::size_t k = 0; k < a.spec().probes(); ++k) expect_same(a.probe(k), b.probe(k), "probe");
  expect_same(a.illumination(), b.illumination(), "illumination");
}

class CudaAgainstCpu : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    try {
      cuda_ = fill(std::make_unique<cuda::CudaWorkspace>(GetParam().spec, chunk));
    } catch (const InputError& error) {
      GTEST_SKIP() << error.what();
    }
    cpu_ = fill(make_workspace(Backend::cpu, GetParam().spec));
  }
  Rig cpu_, cuda_;
  std::vector<double> object_steps_ = std::vector<double>(GetParam().spec.slices(), 0.7);
};

TEST_P(CudaAgainstCpu, ThreeBatches) {
  const std::vector<std::size_t> sampled{0, 3, 4, 9};
  for (int batch = 0; batch < 3; ++batch) {
    const std::size_t count = batch == 1 ? 5 : patterns;
    const auto a_slots = std::span(cpu_.slots).first(count), b_slots = std::span(cuda_.slots).first(count);
    const Projection wanted{.sampled = std::span(sampled).first(count > 9 ? 4 : 3),
                            .pattern_equations = batch < 2};
    const ErrorSums sums = cpu_.workspace->project(a_slots, wanted);
    expect_same(sums, cuda_.workspace->project(b_slots, wanted));
    expect_same(cpu_.workspace->pattern_equations(), cuda_.workspace->pattern_equations(), sums.residual);
    expect_same(cpu_.workspace->step_equations(), cuda_.workspace->step_equations(), sums.residual);
    if (HasFailure()) return;
    if (batch == 1) {
      cpu_.workspace->update_probe_only(0.3);
      cuda_.workspace->update_probe_only(0.3);
    } else {
      cpu_.workspace->update(object_steps_, 0.5);
      cuda_.workspace->update(object_steps_, 0.5);
    }
    expect_same(*cpu_.workspace, *cuda_.workspace);
    expect_same(cpu_.workspace->evaluate(cpu_.slots), cuda_.workspace->evaluate(cuda_.slots));
    // The map changes, and with it what the next directions are divided by.
    for (Rig* rig : {&cpu_, &cuda_})
      if (batch == 0)
        rig->workspace->illuminate(std::span(rig->slots).first(6));
      else
        rig->workspace->refresh_illumination(rig->slots);
  }
}

TEST_P(CudaAgainstCpu, PatternsComeGoAndMoveAndTheObjectGrows) {
  const Extent larger{-20, -10, {110, 120}};
  for (Rig* rig : {&cpu_, &cuda_}) {
    Workspace& workspace = *rig->workspace;
    // Something waits for its update while the object grows.
    workspace.project(rig->slots, {});
    workspace.step_equations();
    workspace.update_probe_only(0.1);
    workspace.grow(larger,
                   std::vector(workspace.spec().slices(), Image<Complex>(larger.shape, Complex(0.5F, 1))));
    workspace.drop(rig->slots[2]);
    workspace.drop(rig->slots[5]);
    Image<float> amplitude(Shape{n, n}, 1.5F);
    amplitude(4, 5) = 9;
    rig->slots[2] = workspace.load(*make_pattern(amplitude), {.row = 40, .col = 50, .sub_row = 0.25F});
    rig->slots.erase(rig->slots.begin() + 5);
    workspace.move(rig->slots[7], {.row = 30, .col = 31, .sub_row = -0.25F, .sub_col = 0.125F});
    workspace.illuminate(std::span(rig->slots).subspan(2, 1));
    workspace.scale(1.25, 0.8);
    workspace.clamp_object(2);
    workspace.project(rig->slots, {});
    workspace.step_equations();
    workspace.update(object_steps_, 0.5);
  }
  EXPECT_EQ(cpu_.slots, cuda_.slots);
  expect_same(*cpu_.workspace, *cuda_.workspace);
  expect_same(cpu_.workspace->evaluate(cpu_.slots), cuda_.workspace->evaluate(cuda_.slots));
}

TEST_P(CudaAgainstCpu, EvaluatingBetweenProjectAndUpdateChangesNothing) {
  ErrorSums sums;
  for (Rig* rig : {&cpu_, &cuda_}) {
    sums = rig->workspace->project(rig->slots, {.sampled = {}, .pattern_equations = true});
    if (rig == &cuda_) rig->workspace->evaluate(std::span(rig->slots).last(3));
  }
  expect_same(cpu_.workspace->pattern_equations(), cuda_.workspace->pattern_equations(), sums.residual);
  for (Rig* rig : {&cpu_, &cuda_}) {
    rig->workspace->step_equations();
    rig->workspace->update(object_steps_, 0.5);
  }
  expect_same(*cpu_.workspace, *cuda_.workspace);
}

INSTANTIATE_TEST_SUITE_P(Each, CudaAgainstCpu, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

TEST(CudaReconstruction, ConvergesAsOnTheCpu) {
  const simulated::Scan scan = simulated::scan({.photons = 1e5});
  std::vector<double> errors;
  for (const Backend backend : {Backend::cuda, Backend::cpu}) {
    ReconstructionOptions options{.pixel_m = 1, .backend = backend};
    options.intake.n = scan.n;
    options.probe = simulated::beam(scan.n, 44e-6);
    std::optional<Reconstruction> reconstruction;
    try {
      reconstruction.emplace(options);
    } catch (const InputError& error) {
      GTEST_SKIP() << error.what();
    }
    // The second half comes late: patterns and object grow.
    const std::size_t count = scan.patterns.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i == count / 2) reconstruction->run_epoch();
      ASSERT_TRUE(reconstruction->add_pattern(i, scan.patterns[i], scan.positions[i]));
    }
    for (int epoch = 0; epoch < 5; ++epoch) reconstruction->run_epoch();
    errors.push_back(reconstruction->evaluate());
  }
  EXPECT_NEAR(errors[0], errors[1], 0.01 * errors[1]);
}

TEST(DeviceFloor, IsMeasured) {
  DeviceFloor floor;
  try {
    floor = measure_cuda_floor(16, 10, 1 << 16);
  } catch (const InputError& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_FALSE(floor.device.empty());
  EXPECT_GT(floor.copy_bytes_per_s, 0);
  EXPECT_GT(floor.fields_per_s, 0);
}

}  // namespace
}  // namespace ptero::ptycho
