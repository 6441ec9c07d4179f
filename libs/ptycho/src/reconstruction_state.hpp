#pragma once

#include <limits>
#include <map>
#include <ptero/ptycho/reconstruction.hpp>

#include "batches.hpp"
#include "momentum.hpp"
#include "position_refinement.hpp"

namespace ptero::ptycho {

struct Reconstruction::State {
  explicit State(ReconstructionOptions given);

  // frame_set.cpp: frames coming and going, and the object buffer that follows them.
  Result<double, IntakeFault> add(FrameId id, const Pattern& pattern, const Position& position);
  bool remove(FrameId id);
  bool fits(const Placement& placement, Extent& needed) const;
  void grow(const Extent& needed);
  Image<Complex> fresh_object(const Extent& extent, std::size_t slice) const;
  void note_mean(const Pattern& pattern);
  std::vector<float> first_weights(FrameId id, std::map<FrameId, FrameState>::const_iterator known) const;
  std::vector<Slot> slots() const;
  Snapshot snapshot() const;
  std::vector<FrameState> frame_states() const;

  // reconstruction.cpp: batches.
  void start();
  /// A compact epoch's directions wait for its last batch: a step of no length uses them up.
  void drop_directions();
  void restart();
  void reset_momentum();
  void scale_probe();
  RunReport run_batch();
  BatchOutcome run(std::span<const Slot> batch);
  /// What the patterns of the last batch said of their own places and weights.
  void follow_patterns(std::span<const Slot> batch);
  bool moves_positions() const;
  bool moves_weights() const;
  void put(Slot slot, const Place& place);

  // epoch_end.cpp: what is done once an epoch.
  void finish_epoch();
  void tidy_probe();
  void hold_positions();
  void rebalance();
  void centre_probe();
  void support_probe();
  void gather_momentum();
  void tie_slices();

  // recovery.cpp: sound states, checkpoints, halves.
  void judge(double error);
  void keep_state();
  void recover();
  Checkpoint checkpoint() const;
  std::vector<MomentumState> momentum() const;
  void resume_momentum(const Checkpoint& from);
  void resume(const Checkpoint& checkpoint);
  void restore_images(const Checkpoint& from);
  void restore_patterns(const Checkpoint& from);
  bool converged() const;
  Halves reconstruct_halves(std::size_t epochs, const std::function<bool()>& go_on);

  struct Resident {
    Slot slot = 0;
    Place place;
  };

  ReconstructionOptions options;
  std::unique_ptr<Workspace> workspace;
  Batches batches;
  std::map<FrameId, Resident> frames;
  std::vector<Resident*> resident_of;      // by slot; a map's elements stay where they are
  std::map<FrameId, FrameState> expected;  // of a checkpoint: frames that may come again
  std::optional<std::pair<Shape, Dtype>> frame_type;
  Image<float> intensity_sum, valid_count;  // of the patterns before the start, for a probe from the data
  bool started = false, diverged = false;
  std::size_t epoch = 0;
  std::size_t frames_changed_at = 0;  // the epoch in which a frame last came or left
  ErrorSums epoch_sums;
  double r_factor = 0;
  double best_error = std::numeric_limits<double>::infinity();  // since the frames last changed
  unsigned recoveries = 0;
  std::vector<double> least_steps;  // of a compact epoch's batches so far
  std::vector<Momentum> object_momentum;
  Momentum probe_momentum;
  double position_gain = 1;
  const std::optional<Image<Complex>> given_probe;
  const double given_beta;
  double brightest_object = 1;  // max |O|^2 where there is light, for PIE's probe
  /// What to go back to. The state of an epoch's end is `candidate` until the next epoch has found it sound:
  /// an epoch's error is measured along the way and says nothing of its last update.
  std::optional<Checkpoint> good, candidate;
  std::vector<double> errors;
};

}  // namespace ptero::ptycho
