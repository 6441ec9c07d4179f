#pragma once

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
  bool frames_changed = false;  // since the last refresh of the illumination map
  std::size_t epoch = 0, probe_epochs = 0;
  ErrorSums epoch_sums;
  std::vector<double> errors;
};

}  // namespace ptero::ptycho
