#pragma once

#include <limits>
#include <map>
#include <ptero/ptycho/reconstruction.hpp>

#include "batches.hpp"

namespace ptero::ptycho {

struct Reconstruction::State {
  explicit State(ReconstructionOptions given);

  Result<double, IntakeFault> add(FrameId id, const Pattern& pattern, const Position& position);
  bool remove(FrameId id);
  bool fits(const Placement& placement, Extent& needed) const;
  void grow(const Extent& needed);
  Image<Complex> fresh_object(const Extent& extent) const;
  void note_mean(const Pattern& pattern);
  void start();
  void scale_probe();
  void finish_epoch();
  void judge(double error);
  void keep_state();
  void recover();
  void rebalance();
  RunReport run_batch();
  std::vector<Slot> slots() const;
  Snapshot snapshot() const;

  ReconstructionOptions options;
  std::unique_ptr<Workspace> workspace;
  Batches batches;
  std::map<FrameId, Slot> frames;
  std::optional<std::pair<Shape, Dtype>> frame_type;
  Image<float> intensity_sum, valid_count;  // of the patterns before the start, for a probe from the data
  bool started = false, diverged = false;
  std::size_t epoch = 0;
  ErrorSums epoch_sums;
  double r_factor = 0;
  double best_error = std::numeric_limits<double>::infinity();  // since the frames last changed
  unsigned recoveries = 0;
  /// What to go back to. The state of an epoch's end is `candidate` until the next epoch has found it sound:
  /// an epoch's error is measured along the way and says nothing of its last update.
  struct Good {
    Extent extent;
    Image<Complex> object, probe;
  };
  std::optional<Good> good, candidate;
  std::vector<double> errors;
};

}  // namespace ptero::ptycho
