#include "pie.hpp"

#include "projection_batch.hpp"

namespace ptero::ptycho {

Pie::Pie(const ReconstructionOptions& options)
    : options_(options.pie), alpha_(options.algorithm == Algorithm::epie ? 1.0 : options.pie.alpha) {}

void Pie::specify(WorkspaceSpec& spec) const {
  spec.preconditioner = Preconditioner::batch;
  spec.regularisation = alpha_;
}

void Pie::shape(BatchOptions& batches) const {
  batches.min_size = batches.max_size = options_.batch;
}

BatchOutcome Pie::run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) {
  return run_projection_batch(
      workspace, batch, {.update_probe = plan.update_probe, .pattern_equations = plan.pattern_equations},
      options_.object_step, options_.probe_step);
}

}  // namespace ptero::ptycho
