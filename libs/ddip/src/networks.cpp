#include "networks.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <ptero/core/contract.hpp>

#include "functions.hpp"

namespace ptero::ddip {

namespace {

constexpr std::int64_t kernel_side = 5;
constexpr std::int64_t border = kernel_side / 2;

}  // namespace

std::size_t Parameters::add(std::vector<std::int64_t> shape, Start start, double bound) {
  PTERO_EXPECT(!values_.defined());
  std::int64_t size = 1;
  for (const std::int64_t n : shape) size *= n;
  entries_.push_back({std::move(shape), start, bound, size});
  count_ += size;
  return entries_.size() - 1;
}

void Parameters::build(at::ScalarType type, at::Device device, std::uint64_t seed) {
  const at::NoGradGuard no_gradient;
  // Drawn on the CPU in single precision, so that a seed means the same start everywhere.
  at::Tensor start = at::empty({count_}, at::kFloat);
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  std::int64_t from = 0;
  for (const Entry& entry : entries_) {
    initialise(entry, start.narrow(0, from, entry.size).view(entry.shape), generator);
    from += entry.size;
  }
  values_ = start.to(device, type);
  gradients_ = at::zeros_like(values_);
  from = 0;
  for (const Entry& entry : entries_) {
    at::Tensor view = values_.narrow(0, from, entry.size).view(entry.shape).detach();
    view.set_requires_grad(true);
    view.mutable_grad() = gradients_.narrow(0, from, entry.size).view(entry.shape);
    views_.push_back(view);
    from += entry.size;
  }
}

void Parameters::initialise(const Entry& entry, at::Tensor view, at::Generator& generator) const {
  switch (entry.start) {
    case Start::zeros:
      view.zero_();
      break;
    case Start::ones:
      view.fill_(1);
      break;
    case Start::uniform:
      view.uniform_(-entry.bound, entry.bound, generator);
      break;
    case Start::box:
      view.fill_(1.0 / static_cast<double>(entry.size));
      break;
    case Start::laplacian: {
      view.zero_();
      const std::int64_t middle = entry.shape.back() / 2;
      auto pixels = view.accessor<float, 4>();
      pixels[0][0][middle][middle] = -4;
      for (const std::int64_t step : {-1, 1}) {
        pixels[0][0][middle + step][middle] = 1;
        pixels[0][0][middle][middle + step] = 1;
      }
      break;
    }
  }
}

HourglassShape HourglassShape::generator(const Options& options, std::int64_t in, std::int64_t out) {
  return {in, out, options.channels, options.skips, options.leak, options.norm_epsilon, options.loops};
}

HourglassShape HourglassShape::shallow(const Options& options) {
  return {1, 1, {1, 1, 1}, {1, 1, 1}, options.leak, options.norm_epsilon, options.loops};
}

Hourglass::Hourglass(const HourglassShape& shape, Parameters& parameters) : shape_(shape) {
  PTERO_EXPECT(!shape.channels.empty() && shape.channels.size() == shape.skips.size());
  using Start = Parameters::Start;
  const auto convolution = [&](std::int64_t in, std::int64_t out, std::int64_t side) {
    // PyTorch's own start: kaiming_uniform with a = sqrt(5).
    const double bound = 1 / std::sqrt(static_cast<double>(in * side * side));
    const std::size_t weight = parameters.add({out, in, side, side}, Start::uniform, bound);
    return Convolution{weight, parameters.add({out}, Start::uniform, bound)};
  };
  const auto norm = [&](std::int64_t channels) {
    const std::size_t gamma = parameters.add({channels}, Start::ones);
    return Norm{gamma, parameters.add({channels}, Start::zeros)};
  };
  const std::size_t depth = shape.channels.size();
  for (std::size_t i = 0; i < depth; ++i) {
    const std::int64_t in = i == 0 ? shape.in : shape.channels[i - 1], here = shape.channels[i];
    const std::int64_t joined = shape.skips[i] + (i + 1 == depth ? here : shape.channels[i + 1]);
    Level level{};
    level.down = convolution(in, here, kernel_side);
    level.down_norm = norm(here);
    level.same = convolution(here, here, kernel_side);
    level.same_norm = norm(here);
    level.has_skip = shape.skips[i] > 0;
    if (level.has_skip) {
      level.skip = convolution(in, shape.skips[i], 1);
      level.skip_norm = norm(shape.skips[i]);
    }
    level.joined_norm = norm(joined);
    level.up = convolution(joined, here, kernel_side);
    level.up_norm = norm(here);
    level.mix = convolution(here, here, 1);
    level.mix_norm = norm(here);
    levels_.push_back(level);
  }
  head_ = convolution(shape.channels.front(), shape.out, 1);
}

at::Tensor Hourglass::norm(const at::Tensor& x, const Norm& norm, const Parameters& parameters,
                           std::int64_t pad, bool rectified) const {
  return normalise(x, parameters[norm.gamma], parameters[norm.beta], shape_.epsilon,
                   rectified ? shape_.leak : 1.0, pad, shape_.loops);
}

at::Tensor Hourglass::operator()(const at::Tensor& x, const Parameters& parameters) const {
  // Inputs of the levels with their border, which the next convolution needs.
  std::vector<at::Tensor> inputs{at::reflection_pad2d(x, {border, border, border, border})};
  for (const Level& level : levels_) {
    at::Tensor y = at::conv2d(inputs.back(), parameters[level.down.weight], parameters[level.down.bias], 2);
    y = norm(y, level.down_norm, parameters, border);
    y = at::conv2d(y, parameters[level.same.weight], parameters[level.same.bias]);
    inputs.push_back(norm(y, level.same_norm, parameters, &level == &levels_.back() ? 0 : border));
  }
  at::Tensor deep = inputs.back();
  for (std::size_t i = levels_.size(); i-- > 0;) deep = decode(i, deep, inputs[i], parameters);
  return at::sigmoid(mix(deep, parameters[head_.weight], parameters[head_.bias], shape_.loops));
}

at::Tensor Hourglass::decode(std::size_t index, at::Tensor deep, const at::Tensor& input,
                             const Parameters& parameters) const {
  const Level& level = levels_[index];
  deep = at::upsample_bilinear2d(deep, {2 * deep.size(2), 2 * deep.size(3)}, true);
  const std::int64_t rows = input.size(2) - 2 * border, cols = input.size(3) - 2 * border;
  if (level.has_skip) {
    at::Tensor skip = input.narrow(2, border, rows).narrow(3, border, cols);
    skip = norm(mix(skip, parameters[level.skip.weight], parameters[level.skip.bias], shape_.loops),
                level.skip_norm, parameters, 0);
    // Both centred on the smaller; an upsampled map is never the smaller one.
    deep = deep.narrow(2, (deep.size(2) - rows) / 2, rows).narrow(3, (deep.size(3) - cols) / 2, cols);
    deep = at::cat({skip, deep}, 1);
  }
  deep = norm(deep, level.joined_norm, parameters, border, false);
  deep = at::conv2d(deep, parameters[level.up.weight], parameters[level.up.bias]);
  deep = norm(deep, level.up_norm, parameters, 0);
  return norm(mix(deep, parameters[level.mix.weight], parameters[level.mix.bias], shape_.loops),
              level.mix_norm, parameters, 0);
}

at::Tensor Kernel::operator()(const at::Tensor& x, const Parameters& parameters) const {
  return at::conv2d(x, parameters[weight_], {}, 1, 3);
}

}  // namespace ptero::ddip
