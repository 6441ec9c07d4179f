#pragma once

#include <cstddef>
#include <ptero/ptycho/workspace.hpp>
#include <span>
#include <vector>

namespace ptero::ptycho {

struct LsqmlOptions {
  double beta = 0.9;             ///< damping of the optimal steps; 0.5 where it diverges
  double coupling = 0.1;         ///< share of the batch mean added to the diagonal of the step equations
  double trim = 0.1;             ///< share of extreme object steps left out of their mean
  std::size_t step_samples = 8;  ///< patterns of a batch whose step equations are solved; 0 = all
};

struct BatchOutcome {
  ErrorSums sums;                    ///< before the update
  std::vector<double> object_steps;  ///< one a slice
  double probe_step = 0;
  bool diverged = false;  ///< a sum or step is not finite: nothing was updated
};

/// What a batch shall do besides moving the object.
struct BatchRequest {
  bool update_probe = true;
  bool pattern_equations = false;         ///< leave them with the workspace
  bool hold_object = false;               ///< compact batches: the object's sums go on into the next batch
  std::vector<double> most_object_steps;  ///< one a slice: no step is longer; empty = no limit
};

/// One LSQ-ML batch [Ods18]: directions, optimal steps, update. `batch` holds each slot at most once and is
/// not empty.
BatchOutcome run_lsqml_batch(Workspace& workspace, std::span<const Slot> batch, const BatchRequest& request,
                             const LsqmlOptions& options);

/// The common steps of a batch from its patterns' equations (`slices` each, the first slice first): the
/// object's are trimmed means, the probe's a mean. One slice is solved together with the probe; several are
/// solved one by one and share the way.
struct Steps {
  std::vector<double> object;
  double probe = 0;
};
Steps solve_steps(std::span<const StepEquation> equations, std::size_t slices, bool update_probe,
                  const LsqmlOptions& options);

}  // namespace ptero::ptycho
