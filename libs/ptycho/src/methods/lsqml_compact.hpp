#pragma once

#include "../momentum.hpp"
#include "lsqml_sparse.hpp"

namespace ptero::ptycho {

/// LSQ-ML on compact batches: neighbours together, the object moves once an epoch, by the shortest step that
/// a batch asked for, with momentum.
class LsqmlCompact : public LsqmlSparse {
 public:
  explicit LsqmlCompact(const ReconstructionOptions& options);

  BatchShape batch_shape(std::size_t) const override { return BatchShape::compact; }
  BatchOutcome run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) override;
  void end_epoch(Workspace& workspace, bool improving) override;
  void drop_directions(Workspace& workspace, Slot any) override;
  void slow_down(double damping) override;
  std::vector<MomentumState> momentum() const override;
  void resume(std::span<const MomentumState> momentum) override;

 private:
  std::vector<double> least_steps_;  ///< of this epoch's batches so far
  std::vector<Momentum> momentum_;   ///< one a slice
};

}  // namespace ptero::ptycho
