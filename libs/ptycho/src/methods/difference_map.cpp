#include "difference_map.hpp"

#include <limits>

#include "projection_batch.hpp"

namespace ptero::ptycho {

namespace {
constexpr double overlap_floor = 1e-3;  // a share of the overlap's brightest pixel
}

void DifferenceMap::specify(WorkspaceSpec& spec) const {
  spec.preconditioner = Preconditioner::batch;
  spec.regularisation = overlap_floor;
  spec.constraint = Constraint::difference_map;
  spec.relaxation = options_.relaxation;
}

void DifferenceMap::shape(BatchOptions& batches) const {
  batches.fraction = 1;
  batches.max_size = std::numeric_limits<std::uint32_t>::max();
  batches.catch_up_factor = 1;
}

BatchOutcome DifferenceMap::run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) {
  return run_projection_batch(
      workspace, batch, {.update_probe = plan.update_probe, .pattern_equations = plan.pattern_equations}, 1,
      options_.difference_probe_step);
}

}  // namespace ptero::ptycho
