#pragma once

#include <cstddef>
#include <ptero/ptycho/workspace.hpp>
#include <span>

namespace ptero::ptycho {

struct LsqmlOptions {
  double beta = 0.9;              ///< damping of the optimal steps; 0.5 where it diverges
  double coupling = 0.1;          ///< share of the batch mean added to the diagonal of the step equations
  double trim = 0.1;              ///< share of extreme object steps left out of their mean
  std::size_t step_samples = 16;  ///< patterns of a batch whose step equations are solved; 0 = all
};

struct BatchOutcome {
  ErrorSums sums;  ///< before the update
  double object_step = 0;
  double probe_step = 0;
  bool diverged = false;  ///< a sum or step is not finite: nothing was updated
};

/// One sparse LSQ-ML batch, gaussian statistics, single mode [Ods18]: directions, optimal steps, update.
/// `batch` holds each slot at most once and is not empty.
BatchOutcome run_lsqml_batch(Workspace& workspace, std::span<const Slot> batch, bool update_probe,
                             const LsqmlOptions& options);

/// The common steps of a batch from its patterns' equations: the object's is a trimmed mean, the probe's a
/// mean.
struct Steps {
  double object = 0;
  double probe = 0;
};
Steps solve_steps(std::span<const StepEquation> equations, bool update_probe, const LsqmlOptions& options);

}  // namespace ptero::ptycho
