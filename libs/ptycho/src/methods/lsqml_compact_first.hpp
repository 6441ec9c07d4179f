#pragma once

#include "lsqml_compact.hpp"

namespace ptero::ptycho {

/// LSQ-ML whose first epochs have compact batches: on a regular raster lit by a beam with sharp edges, sparse
/// batches from the start leave a grid of the raster's period in the object, which later epochs keep.
class LsqmlCompactFirst : public Method {
 public:
  explicit LsqmlCompactFirst(const ReconstructionOptions& options)
      : first_(options.compact_first), compact_(options), sparse_(options) {}

  BatchShape batch_shape(std::size_t epoch) const override {
    return epoch < first_ ? BatchShape::compact : BatchShape::sparse;
  }
  BatchOutcome run(Workspace& workspace, std::span<const Slot> batch, const BatchPlan& plan) override {
    is_compact_ = plan.epoch < first_;
    return method().run(workspace, batch, plan);
  }
  void end_epoch(Workspace& workspace, bool improving) override { method().end_epoch(workspace, improving); }
  void drop_directions(Workspace& workspace, Slot any) override { compact_.drop_directions(workspace, any); }
  void slow_down(double damping) override {
    compact_.slow_down(damping);
    sparse_.slow_down(damping);
  }

 private:
  Method& method() { return is_compact_ ? static_cast<Method&>(compact_) : sparse_; }

  std::size_t first_;
  bool is_compact_ = true;  ///< the batch before
  LsqmlCompact compact_;
  LsqmlSparse sparse_;
};

}  // namespace ptero::ptycho
