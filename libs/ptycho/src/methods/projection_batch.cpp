#include "projection_batch.hpp"

#include <algorithm>
#include <cmath>

namespace ptero::ptycho {

BatchOutcome run_projection_batch(Workspace& workspace, std::span<const Slot> batch,
                                  const BatchRequest& request, double object_step, double probe_step) {
  std::vector<Slot> slots(batch.begin(), batch.end());
  std::sort(slots.begin(), slots.end());
  BatchOutcome outcome{.sums = workspace.project(slots, {.pattern_equations = request.pattern_equations})};
  (void)workspace.step_equations();
  const std::size_t slices = workspace.spec().slices();
  outcome.diverged = !std::isfinite(outcome.sums.residual) || !std::isfinite(outcome.sums.model);
  // Slices share the way.
  outcome.object_steps.assign(slices, outcome.diverged ? 0 : object_step / static_cast<double>(slices));
  outcome.probe_step = request.update_probe && !outcome.diverged ? probe_step : 0;
  workspace.update(outcome.object_steps, outcome.probe_step);
  return outcome;
}

}  // namespace ptero::ptycho
