// From probe and object to the detector and back: against a naive transform.
#include <numbers>

#include "workspace_rig.hpp"

namespace ptero::ptycho {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Cpu, SingleMode, testing::ValuesIn(on(Backend::cpu, single_modes)), name_of_case);
INSTANTIATE_TEST_SUITE_P(Cuda, SingleMode, testing::ValuesIn(on(Backend::cuda, single_modes)), name_of_case);

}  // namespace
}  // namespace ptero::ptycho
