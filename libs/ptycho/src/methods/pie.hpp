#pragma once

#include "method.hpp"

namespace ptero::ptycho {

/// rPIE [Mai17] and ePIE [Mai09]: small batches whose overlaps are weighed.
class Pie : public Method {
 public:
  explicit Pie(const ReconstructionOptions& options);

  void specify(WorkspaceSpec& spec) const override;
  void shape(BatchOptions& batches) const override;
  BatchOutcome run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) override;

 private:
  PieOptions options_;
  double alpha_;  ///< ePIE's is 1
};

}  // namespace ptero::ptycho
