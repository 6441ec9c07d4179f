#include "model.hpp"

namespace ptero::roi {

Verdicts decide_robust(const Cohort& cohort, const Neighbours& neighbours, const RoiOptions& options,
                       Model& model) {
  return decide_paper(cohort, neighbours, options, model);
}

}  // namespace ptero::roi
