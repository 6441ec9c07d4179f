#include "fit.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <ptero/core/contract.hpp>
#include <thread>

#include "functions.hpp"
#include "kernels.hpp"

namespace ptero::ddip {

namespace {

std::size_t threads_of(const Options& options) {
  if (options.device == Device::cuda) return 1;
  return options.threads > 0 ? options.threads
                             : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// One thread a network while there are networks; further threads help within each.
std::size_t workers_of(const Options& options, std::size_t slices) {
  return options.loops == Loops::library ? 1 : std::min(threads_of(options), slices);
}

at::Tensor leaf(const at::Tensor& tensor) {
  return tensor.detach().requires_grad_(true);
}

}  // namespace

Fit::Fit(std::vector<at::Tensor> targets, const Options& options, at::ScalarType type)
    : options_(options),
      type_(type),
      device_(options.device == Device::cuda ? at::kCUDA : at::kCPU),
      count_(targets.size()),
      outputs_(count_),
      row_gradients_(count_),
      mixing_gradients_(count_),
      data_losses_(count_),
      balance_losses_(count_),
      team_(workers_of(options, count_), [each = threads_of(options) / workers_of(options, count_)] {
        at::set_num_threads(static_cast<int>(std::max<std::size_t>(1, each)));
      }) {
  if (options.device == Device::cuda) runner_ = make_cuda_runner();
  add_networks();
  parameters_.build(type_, device_, options_.seed);
  first_ = at::zeros_like(parameters_.values());
  second_ = at::zeros_like(parameters_.values());
  for (std::size_t i = 0; i < count_; ++i)
    for (std::size_t j = i + 1; j < count_; ++j) pairs_.emplace_back(i, j);
  pair_gradients_.resize(pairs_.size());
  exclusion_losses_.resize(pairs_.size());
  for (const at::Tensor& target : targets) targets_.push_back(target.to(device_, type_));
  scalars_ = at::zeros({3}, at::device(device_).dtype(type_));
  make_inputs();
}

void Fit::add_networks() {
  const HourglassShape generator = HourglassShape::generator(options_);
  for (std::size_t i = 0; i < count_; ++i) generators_.emplace_back(generator, parameters_);
  const auto n = static_cast<std::int64_t>(count_);
  // Two slices need two numbers [Du21]; more need a full matrix, whose rows are made to sum to 1.
  weights_.emplace_back(HourglassShape::generator(options_, n, count_ == 2 ? 2 : n * n), parameters_);
  for (std::size_t i = 0; i < count_; ++i)
    for (std::size_t j = 0; j < count_; ++j) {
      if (options_.filter == Filter::shallow && i != j) {
        filters_.emplace_back(Hourglass(HourglassShape::shallow(options_), parameters_));
      } else {
        // What lies downstream comes through blurred, what lies upstream comes through as edges.
        filters_.emplace_back(
            Kernel(j > i ? Parameters::Start::box : Parameters::Start::laplacian, parameters_));
      }
    }
}

void Fit::make_inputs() {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(options_.seed + 0x9e3779b97f4a7c15ULL);
  const double a = options_.input_amplitude;
  const auto noise = [&](std::int64_t channels, std::int64_t rows, std::int64_t cols) {
    const at::Tensor z = at::empty({1, channels, rows, cols}, at::kFloat).uniform_(-a, a, generator);
    return z.to(device_, type_);
  };
  const std::int64_t rows = targets_[0].size(2), cols = targets_[0].size(3);
  for (std::size_t i = 0; i < count_; ++i) inputs_.push_back(noise(1, rows, cols));
  const auto side = static_cast<std::int64_t>(options_.weight_input_side);
  inputs_.push_back(noise(static_cast<std::int64_t>(count_), side > 0 ? side : rows, side > 0 ? side : cols));
}

void Fit::replace(const std::vector<at::Tensor>& targets) {
  PTERO_EXPECT(targets.size() == count_);
  const at::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < count_; ++i) targets_[i].copy_(targets[i]);
  epoch_ = 0;
}

void Fit::step() {
  schedule();
  try {
    if (runner_) {
      team_.run(1, [this](std::size_t) { runner_->run([this] { run_step(); }); });
    } else {
      run_step();
    }
  } catch (...) {
    // Half a gradient must not enter the next step.
    parameters_.gradients().zero_();
    --steps_;
    throw;
  }
  ++epoch_;
}

void Fit::schedule() {
  // The balance belongs to a cold start: what was fitted already must not be pulled back to 1/2.
  balance_ = steps_ < options_.balance_epochs ? options_.balance : 0;
  ++steps_;
  const auto t = static_cast<double>(steps_);
  const double decayed =
      options_.learning_rate * std::pow(options_.decay, static_cast<double>(epoch_ / options_.decay_every));
  rate_ = decayed / (1 - std::pow(options_.adam_beta1, t));
  inverse_root_ = 1 / std::sqrt(1 - std::pow(options_.adam_beta2, t));
  scalars_.copy_(at::tensor({balance_, rate_, inverse_root_}, at::kDouble));
}

void Fit::run_step() {
  evaluate();
  const std::size_t chunks = 4 * team_.threads();
  if (runner_) {
    update(0, 1);
  } else {
    team_.run(chunks, [this, chunks](std::size_t chunk) { update(chunk, chunks); });
  }
}

void Fit::evaluate() {
  const auto each = [this](std::size_t count, auto verb) {
    // A recorded step is inside the team's one thread already.
    if (runner_)
      for (std::size_t i = 0; i < count; ++i) verb(i);
    else
      team_.run(count, verb);
  };
  each(count_ + 1, [this](std::size_t i) { forward(i); });
  each(count_ + pairs_.size(), [this](std::size_t i) { i < count_ ? mismatch(i) : exclude(i - count_); });
  each(count_ + 1, [this](std::size_t i) { backward(i); });
}

void Fit::forward(std::size_t network) {
  if (network < count_) {
    outputs_[network] = generators_[network](inputs_[network], parameters_);
  } else {
    mixing_ = mixing_from(weights_[0](inputs_[network], parameters_));
  }
}

at::Tensor Fit::mixing_from(const at::Tensor& output) const {
  const auto n = static_cast<std::int64_t>(count_);
  const at::Tensor middle = output.select(3, output.size(3) / 2).select(2, output.size(2) / 2)[0];
  const at::Tensor share = middle * options_.weight_span + options_.weight_floor;
  if (count_ == 2) return at::stack({share, 1 - share}, 1);
  const at::Tensor shares = share.view({n, n});
  return shares / shares.sum(1, true);
}

/// (I_i - sum_j m_ij f_ij(y_j))^2 [Du21, eqs. 3 and 4], and the balance of row i.
void Fit::mismatch(std::size_t row) {
  std::vector<at::Tensor> y;
  for (const at::Tensor& output : outputs_) y.push_back(leaf(output));
  const at::Tensor shares = leaf(mixing_[static_cast<std::int64_t>(row)]);
  at::Tensor blend;
  for (std::size_t j = 0; j < count_; ++j) {
    const FilterNetwork& filter = filters_[row * count_ + j];
    const at::Tensor passed =
        j == row ? y[j] : std::visit([&](const auto& f) { return f(y[j], parameters_); }, filter);
    const at::Tensor part = passed * shares[static_cast<std::int64_t>(j)];
    blend = blend.defined() ? blend + part : part;
  }
  const at::Tensor data = at::mean(at::square(blend - targets_[row]));
  // Half of both shares' squares: for two slices exactly (alpha - 1/2)^2.
  const at::Tensor balance =
      at::sum(at::square(shares - 1.0 / static_cast<double>(count_))) * 0.5 * scalars_[0];
  torch::autograd::backward({data + balance}, {});
  data_losses_[row] = data.detach();
  balance_losses_[row] = balance.detach();
  mixing_gradients_[row] = shares.grad();
  row_gradients_[row].clear();
  for (const at::Tensor& image : y) row_gradients_[row].push_back(image.grad());
}

void Fit::exclude(std::size_t pair) {
  const at::Tensor a = leaf(outputs_[pairs_[pair].first]), b = leaf(outputs_[pairs_[pair].second]);
  const at::Tensor loss =
      exclusion(a, b, options_.exclusion_levels, options_.exclusion_divisor, options_.exclusion_power) *
      options_.exclusion;
  torch::autograd::backward({loss}, {});
  exclusion_losses_[pair] = loss.detach();
  pair_gradients_[pair] = {a.grad(), b.grad()};
}

void Fit::backward(std::size_t network) {
  if (network == count_) {
    torch::autograd::backward({mixing_}, {at::stack(mixing_gradients_)});
    return;
  }
  at::Tensor gradient = row_gradients_[0][network].clone();
  for (std::size_t row = 1; row < count_; ++row) gradient += row_gradients_[row][network];
  for (std::size_t p = 0; p < pairs_.size(); ++p) {
    if (pairs_[p].first == network) gradient += pair_gradients_[p][0];
    if (pairs_[p].second == network) gradient += pair_gradients_[p][1];
  }
  torch::autograd::backward({outputs_[network]}, {gradient});
}

void Fit::update(std::size_t chunk, std::size_t chunks) {
  const at::NoGradGuard no_gradient;
  at::Tensor &values = parameters_.values(), &gradients = parameters_.gradients();
  if (!values.is_cpu()) {
    // The same as kernels::adam, a few launches for all parameters together.
    first_.mul_(options_.adam_beta1).add_(gradients, 1 - options_.adam_beta1);
    second_.mul_(options_.adam_beta2).addcmul_(gradients, gradients, 1 - options_.adam_beta2);
    values.sub_(first_ / (at::sqrt(second_) * scalars_[2] + options_.adam_epsilon) * scalars_[1]);
    gradients.zero_();
    return;
  }
  const std::int64_t all = parameters_.count(), size = (all + chunks - 1) / static_cast<std::int64_t>(chunks);
  const std::int64_t from = static_cast<std::int64_t>(chunk) * size, count = std::min(size, all - from);
  if (count <= 0) return;
  AT_DISPATCH_FLOATING_TYPES(type_, "adam", [&] {
    kernels::adam<scalar_t>(
        {rate_, options_.adam_beta1, options_.adam_beta2, options_.adam_epsilon, inverse_root_}, count,
        values.data_ptr<scalar_t>() + from, gradients.data_ptr<scalar_t>() + from,
        first_.data_ptr<scalar_t>() + from, second_.data_ptr<scalar_t>() + from);
  });
}

Losses Fit::losses() const {
  Losses sum;
  for (const at::Tensor& loss : data_losses_)
    if (loss.defined()) sum.data += loss.item<double>();
  for (const at::Tensor& loss : balance_losses_)
    if (loss.defined()) sum.balance += loss.item<double>();
  for (const at::Tensor& loss : exclusion_losses_)
    if (loss.defined()) sum.exclusion += loss.item<double>();
  return sum;
}

std::vector<at::Tensor> Fit::state() {
  std::vector<at::Tensor> all{parameters_.values(), first_, second_};
  all.insert(all.end(), inputs_.begin(), inputs_.end());
  return all;
}

void Fit::state_restored(std::size_t steps) {
  steps_ = steps;
  epoch_ = 0;
}

}  // namespace ptero::ddip
