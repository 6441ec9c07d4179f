#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "fit.hpp"
#include "functions.hpp"
#include "networks.hpp"

namespace ptero::ddip {
namespace {

at::Tensor noise(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type = at::kDouble) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::empty(shape, type).normal_(0, 1, generator);
}

std::vector<at::Tensor> targets(std::int64_t rows, std::int64_t cols, std::size_t count) {
  std::vector<at::Tensor> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(at::sigmoid(noise({1, 1, rows, cols}, 10 + i)));
  return all;
}

TEST(Networks, HaveThePublishedNumbersOfParameters) {
  const Options options;
  Parameters generator, shallow, kernel;
  Hourglass(HourglassShape::generator(options), generator);
  Hourglass(HourglassShape::shallow(options), shallow);
  Kernel(Parameters::Start::box, kernel);
  EXPECT_EQ(generator.count(), 1544569);
  EXPECT_EQ(shallow.count(), 365);
  EXPECT_EQ(kernel.count(), 49);
}

TEST(Networks, MapAnImageToOneOfTheSameShape) {
  const Options options;
  for (const auto& [rows, cols] : {std::pair{72, 72}, {80, 136}, {104, 88}}) {
    Parameters parameters;
    const Hourglass generator(HourglassShape::generator(options, 2, 3), parameters);
    parameters.build(at::kFloat, at::kCPU, 1);
    const at::Tensor y = generator(noise({1, 2, rows, cols}, 1, at::kFloat), parameters);
    EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{1, 3, rows, cols}));
    EXPECT_TRUE(((y > 0) & (y < 1)).all().item<bool>());
  }
}

TEST(Networks, StartUniformWithinOneOverTheRootOfTheFanIn) {
  Parameters parameters;
  Hourglass(HourglassShape::generator(Options{}), parameters);
  parameters.build(at::kFloat, at::kCPU, 3);
  // The first convolution has 25 inputs a pixel, and its normalisation starts as nothing.
  EXPECT_LE(parameters[0].abs().max().item<double>(), 0.2);
  EXPECT_GT(parameters[0].abs().max().item<double>(), 0.19);
  EXPECT_TRUE((parameters[2] == 1).all().item<bool>());
  EXPECT_TRUE((parameters[3] == 0).all().item<bool>());
}

TEST(Kernel, StartsAsAMeanOrAsALaplacian) {
  Parameters parameters;
  const Kernel mean(Parameters::Start::box, parameters), laplacian(Parameters::Start::laplacian, parameters);
  parameters.build(at::kDouble, at::kCPU, 1);
  const at::Tensor x = noise({1, 1, 15, 15}, 2);
  EXPECT_NEAR(mean(x, parameters)[0][0][7][7].item<double>(),
              x.narrow(2, 4, 7).narrow(3, 4, 7).mean().item<double>(), 1e-7);
  const auto at_pixel = [&](int r, int c) { return x[0][0][r][c].item<double>(); };
  EXPECT_NEAR(laplacian(x, parameters)[0][0][7][7].item<double>(),
              at_pixel(6, 7) + at_pixel(8, 7) + at_pixel(7, 6) + at_pixel(7, 8) - 4 * at_pixel(7, 7), 1e-12);
}

// Fused loops against PyTorch's operations, values and gradients; sides that are no multiple of a vector.
TEST(Functions, NormaliseAndMixAreWhatPyTorchComputes) {
  for (const auto& [rows, cols] : {std::pair{3, 3}, {7, 5}, {20, 37}}) {
    for (const std::int64_t pad : {0, 2}) {
      std::vector<std::vector<at::Tensor>> gradients;
      std::vector<at::Tensor> values;
      for (const Loops loops : {Loops::own, Loops::library}) {
        at::Tensor x = noise({1, 6, rows, cols}, 1).requires_grad_(true);
        at::Tensor gamma = noise({5}, 2).requires_grad_(true), beta = noise({5}, 3).requires_grad_(true);
        at::Tensor w = noise({5, 6, 1, 1}, 4).requires_grad_(true), b = noise({5}, 5).requires_grad_(true);
        const at::Tensor y = normalise(mix(x, w, b, loops), gamma, beta, 1e-5, 0.2, pad, loops);
        torch::autograd::backward({y}, {noise({1, 5, rows + 2 * pad, cols + 2 * pad}, 6)});
        values.push_back(y.detach());
        gradients.push_back({x.grad(), gamma.grad(), beta.grad(), w.grad(), b.grad()});
      }
      EXPECT_TRUE(at::allclose(values[0], values[1], 1e-10, 1e-10));
      for (std::size_t i = 0; i < gradients[0].size(); ++i)
        EXPECT_TRUE(at::allclose(gradients[0][i], gradients[1][i], 1e-8, 1e-10))
            << rows << " pad " << pad << " input " << i;
    }
  }
}

// By hand: y1 = columns 0 1 2 3, so every difference along columns is 1; y2 = 2 y1, every difference 2. Means
// of 2 x 2 pixels double the differences at the next level; there is none along rows.
TEST(Exclusion, IsTheHandComputedSumOnFourByFour) {
  at::Tensor a = at::empty({1, 1, 4, 4}, at::kDouble);
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 4; ++c) a[0][0][r][c] = c;
  const auto term = [](double g1, double g2) {
    return std::pow(std::pow(std::tanh(g1 / 2) * std::tanh(g2 / 2), 2), 0.25);
  };
  const double rows_term = 2 * std::pow(1e-20, 0.25);  // the floor that keeps the slope finite, two levels
  const double expected = (term(1, 2) + term(2, 4) + rows_term) / 90;
  EXPECT_NEAR(exclusion(a, 2 * a, 5, 90, 0.25).item<double>(), expected, 1e-12);
  // One pixel apart from the rest: D = tanh(1/2) at 2 of 12 places along each axis, then at a quarter of it.
  at::Tensor spot = at::zeros({1, 1, 4, 4}, at::kDouble);
  spot[0][0][1][1] = 1;
  const double fine = std::pow(2.0 / 12 * std::pow(std::tanh(0.5), 4), 0.25);
  const double coarse = std::pow(1.0 / 2 * std::pow(std::tanh(0.125), 4), 0.25);
  EXPECT_NEAR(exclusion(spot, spot, 5, 90, 0.25).item<double>(), 2 * (fine + coarse) / 90, 1e-9);
}

// The paper's sum, assembled from what the model shows: mismatch, exclusion and balance.
TEST(Fit, LossIsTheSumOfThePaper) {
  Options options;
  options.filter = Filter::single;
  options.exclusion = 0.4;
  options.threads = 1;
  options.weight_input_side = 72;
  const auto given = targets(72, 72, 2);
  Fit fit(given, options, at::kDouble);
  fit.step();
  fit.evaluate();
  const at::Tensor y1 = fit.output(0), y2 = fit.output(1), m = fit.mixing();
  EXPECT_NEAR(fit.losses().exclusion, 0.4 * exclusion(y1, y2, 5, 90, 0.25).item<double>(), 1e-12);
  const double a1 = m[0][0].item<double>(), a2 = m[1][0].item<double>();
  EXPECT_NEAR(fit.losses().balance, 0.5 * (std::pow(a1 - 0.5, 2) + std::pow(a2 - 0.5, 2)), 1e-12);
  EXPECT_NEAR(m.sum().item<double>(), 2, 1e-12);
  // The kernels after one step are near their start; read them from the end of the parameters, f_11 f_12 f_21
  // f_22.
  const std::int64_t n = fit.parameters().count();
  const auto kernel = [&](std::int64_t back) {
    return fit.parameters().values().narrow(0, n - back * 49, 49).view({1, 1, 7, 7});
  };
  const at::Tensor i1 = a1 * y1 + (1 - a1) * at::conv2d(y2, kernel(3), {}, 1, 3);
  const at::Tensor i2 = a2 * at::conv2d(y1, kernel(2), {}, 1, 3) + (1 - a2) * y2;
  const double data =
      at::mean(at::square(i1 - given[0])).item<double>() + at::mean(at::square(i2 - given[1])).item<double>();
  EXPECT_NEAR(fit.losses().data, data, 1e-12);
}

class Gradient : public testing::TestWithParam<std::tuple<Filter, std::size_t>> {};

// Along a random direction through the parameters of each part. The step is small enough that hardly a
// rectifier changes sides.
TEST_P(Gradient, AgreesWithFiniteDifferences) {
  const auto [filter, slices] = GetParam();
  Options options;
  options.filter = filter;
  options.exclusion = 0.5;
  options.threads = 2;
  options.weight_input_side = 72;
  Fit fit(targets(72, 80, slices), options, at::kDouble);
  for (int i = 0; i < 3; ++i) fit.step();
  fit.parameters().gradients().zero_();
  fit.evaluate();
  const at::Tensor gradient = fit.parameters().gradients().clone(), start = fit.parameters().values().clone();
  const std::int64_t n = fit.parameters().count(), generators = static_cast<std::int64_t>(slices) * 1544569;
  const auto loss_at = [&](const at::Tensor& values) {
    fit.parameters().values().copy_(values);
    fit.evaluate();
    return fit.losses().total();
  };
  for (const auto& [name, from, count] : {std::tuple{"generators", std::int64_t{0}, generators},
                                          {"weights and filters", generators, n - generators}}) {
    at::Tensor direction = at::zeros({n}, at::kDouble);
    direction.narrow(0, from, count).copy_(noise({count}, 7));
    direction /= direction.norm();
    const double expected = at::dot(gradient, direction).item<double>();
    const double step = 1e-6;
    const double measured =
        (loss_at(start + step * direction) - loss_at(start - step * direction)) / (2 * step);
    EXPECT_NEAR(measured, expected, 1e-5 * std::abs(expected) + 1e-10) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Gradient,
                         testing::Values(std::tuple{Filter::shallow, std::size_t{2}},
                                         std::tuple{Filter::single, std::size_t{3}}));

TEST(Fit, FirstStepsAreAdams) {
  Options options;
  options.threads = 1;
  options.weight_input_side = 72;
  Fit fit(targets(72, 72, 2), options, at::kDouble);
  const at::Tensor start = fit.parameters().values().clone();
  fit.evaluate();
  // The balance term belongs to the step, not to evaluate alone.
  fit.parameters().gradients().zero_();
  fit.step();
  // Adam's first step is the learning rate along the gradient's sign.
  const at::Tensor moved = (fit.parameters().values() - start).abs();
  EXPECT_LE(moved.max().item<double>(), 1.0001e-3);
  EXPECT_GT(at::median(moved).item<double>(), 0.9e-3);
}

TEST(Fit, MixingMatrixOfThreeSlicesHasRowsOfSumOne) {
  Options options;
  options.threads = 2;
  options.weight_input_side = 72;
  Fit fit(targets(72, 72, 3), options);
  fit.step();
  EXPECT_EQ(fit.mixing().sizes(), (std::vector<std::int64_t>{3, 3}));
  EXPECT_TRUE(at::allclose(fit.mixing().sum(1), at::ones({3}), 1e-5));
  EXPECT_TRUE((fit.mixing() > 0).all().item<bool>());
}

}  // namespace
}  // namespace ptero::ddip
