#include "lsqml_sparse.hpp"

namespace ptero::ptycho {

BatchOutcome LsqmlSparse::run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) {
  return run_lsqml_batch(workspace, batch,
                         {.update_probe = plan.update_probe, .pattern_equations = plan.pattern_equations},
                         options_);
}

}  // namespace ptero::ptycho
