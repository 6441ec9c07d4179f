#pragma once

#include <map>
#include <ptero/ptycho/reconstruction.hpp>

#include "batches.hpp"
#include "methods/method.hpp"
#include "momentum.hpp"
#include "noise_floor.hpp"
#include "position_refinement.hpp"
#include "progress.hpp"
#include "recovery.hpp"

namespace ptero::ptycho {

/// What iterating has gathered. A reconstruction that begins anew has a new one.
struct Run {
  explicit Run(const ReconstructionOptions& options);

  void frames_changed();
  /// Smaller steps, nothing gathered.
  void slow_down();

  std::unique_ptr<Method> method;
  Batches batches;
  Progress progress;
  Recovery recovery;
  Momentum probe_momentum;
  double position_gain;
  Image<float> intensity_sum, valid_count;    // of the patterns before the start, for a probe from the data
  std::map<FrameId, FrameState> expected;     // of a checkpoint: frames that may come again
  std::optional<Image<Complex>> first_probe;  // given, of a checkpoint, or made from the data
  bool started = false, diverged = false;
};

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
  double noise_floor() const;
  bool converged() const;

  // reconstruction.cpp: batches.
  void start();
  void restart();
  void scale_probe();
  RunReport run_batch();
  BatchOutcome iterate(std::span<const Slot> batch);
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
  void tie_slices();

  // recovery.cpp: sound states, checkpoints, halves.
  void judge(double error);
  void recover();
  Checkpoint checkpoint() const;
  std::vector<MomentumState> momentum() const;
  void resume_momentum(const Checkpoint& from);
  void resume(const Checkpoint& checkpoint);
  void restore_images(const Checkpoint& from);
  void restore_patterns(const Checkpoint& from);
  Halves reconstruct_halves(std::size_t epochs, const std::function<bool()>& go_on);

  struct Resident {
    Slot slot = 0;
    Place place;
    CountingNoise noise;
    double counts = 0;
  };

  ReconstructionOptions options;
  std::unique_ptr<Workspace> workspace;
  std::map<FrameId, Resident> frames;
  std::vector<Resident*> resident_of;  // by slot; a map's elements stay where they are
  std::optional<std::pair<Shape, Dtype>> frame_type;
  Run run;
};

}  // namespace ptero::ptycho
