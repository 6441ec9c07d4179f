#pragma once

#include <ATen/ATen.h>

#include <ptero/ddip/options.hpp>
#include <ptero/ddip/separation.hpp>
#include <variant>
#include <vector>

#include "networks.hpp"
#include "step_runner.hpp"
#include "team.hpp"

namespace ptero::ddip {

/// The model of [Du21, fig. 1] with its loss and its optimiser, on tensors.
class Fit {
 public:
  /// targets: (1, 1, rows, cols) each, all of one shape, in [0, 1].
  Fit(std::vector<at::Tensor> targets, const Options& options, at::ScalarType type = at::kFloat);

  void replace(const std::vector<at::Tensor>& targets);

  /// Losses and gradients at the present parameters; gradients are added to what is there.
  void evaluate();
  /// evaluate, then Adam.
  void step();

  std::size_t epoch() const { return epoch_; }
  Losses losses() const;
  at::Tensor mixing() const { return mixing_.detach(); }  ///< (N, N)
  at::Tensor output(std::size_t slice) const { return outputs_[slice].detach(); }
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }

  /// Everything a warm start needs, as one list of tensors in a fixed order.
  std::vector<at::Tensor> state();
  void state_restored(std::size_t steps);
  std::size_t steps() const { return steps_; }

 private:
  using FilterNetwork = std::variant<Hourglass, Kernel>;
  struct Row;   // of the mixing matrix
  struct Pair;  // of slices that exclude each other

  void add_networks();
  void make_inputs();
  void run_step();
  at::Tensor mixing_from(const at::Tensor& output) const;
  void forward(std::size_t network);
  void mismatch(std::size_t row);
  void exclude(std::size_t pair);
  void backward(std::size_t network);
  void update(std::size_t chunk, std::size_t chunks);
  void schedule();

  Options options_;
  at::ScalarType type_;
  at::Device device_;
  std::size_t count_;  ///< of slices
  Parameters parameters_;
  std::vector<Hourglass> generators_;
  std::vector<Hourglass> weights_;      ///< one: the network behind m
  std::vector<FilterNetwork> filters_;  ///< f_ij at i * N + j; the diagonal is not used
  std::vector<at::Tensor> targets_;
  std::vector<at::Tensor> inputs_;   ///< z_i, then that of the weights
  std::vector<at::Tensor> outputs_;  ///< y_i, with their history
  at::Tensor mixing_;                ///< with its history
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::vector<std::vector<at::Tensor>> row_gradients_;   ///< of y_j by row i
  std::vector<at::Tensor> mixing_gradients_;             ///< of row i
  std::vector<std::vector<at::Tensor>> pair_gradients_;  ///< of both by pair
  std::vector<at::Tensor> data_losses_, balance_losses_, exclusion_losses_;
  at::Tensor first_, second_;  ///< Adam's moments
  /// On the device, so that a recorded step reads what is new each time: weight of the balance term, learning
  /// rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t).
  at::Tensor scalars_;
  double balance_ = 0, rate_ = 0, inverse_root_ = 1;
  std::size_t epoch_ = 0, steps_ = 0;
  Team team_;
  std::unique_ptr<StepRunner> runner_;
};

}  // namespace ptero::ddip
