#pragma once

#include "method.hpp"

namespace ptero::ptycho {

/// The relaxed difference map [Thi09, Luk05]: all patterns at once, each keeping its wave.
class DifferenceMap : public Method {
 public:
  explicit DifferenceMap(const ReconstructionOptions& options) : options_(options.pie) {}

  void specify(WorkspaceSpec& spec) const override;
  void shape(BatchOptions& batches) const override;
  BatchOutcome run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) override;
  /// Its sums are of the reflected waves, not of the object.
  bool measures_on_the_way() const override { return false; }

 private:
  PieOptions options_;
};

}  // namespace ptero::ptycho
