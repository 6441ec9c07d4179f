#pragma once

#include "method.hpp"

namespace ptero::ptycho {

/// LSQ-ML [Ods18] on sparse batches: neighbours in a batch lie far apart, the object moves after each.
class LsqmlSparse : public Method {
 public:
  explicit LsqmlSparse(const ReconstructionOptions& options) : options_(options.lsqml) {}

  BatchOutcome run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) override;
  void slow_down(double damping) override { options_.beta = damping; }

 protected:
  const LsqmlOptions& options() const { return options_; }

 private:
  LsqmlOptions options_;
};

}  // namespace ptero::ptycho
