#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ptero/core/frame.hpp>
#include <ptero/core/position.hpp>
#include <ptero/ptycho/reconstruction_options.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace ptero::ptycho {

/// diverged: for good; what can be recovered from is only counted, in Snapshot::recoveries.
enum class RunStatus : std::uint8_t { ok, no_frames, diverged };

/// What to tell a user of RunStatus::diverged.
inline constexpr std::string_view why_diverged =
    "diverged again and again: check the probe, the distance and the orientation";

struct RunReport {
  RunStatus status = RunStatus::ok;
  double amplitude_error = 0;  ///< of what was run, before its updates
  std::size_t patterns = 0;    ///< pattern updates done
  bool epoch_finished = false;
};

/// What a reconstruction knows of one frame.
struct FrameState {
  FrameId id = 0;
  Position position;           ///< refined where positions are refined
  std::vector<float> weights;  ///< light, then one a variation; empty without weights
  unsigned visits = 0;         ///< how often it was drawn
};

/// A picture of the state, detached from the reconstruction.
struct Snapshot {
  Image<Complex> object;               ///< the area covered by patches; the product of all slices
  std::vector<Image<Complex>> slices;  ///< each slice, upstream first; empty where there is one
  std::vector<double> slice_spacing_m;
  Image<float> coverage;  ///< illumination map W of that area, photons a pixel
  double pixel_m = 0;
  Position centre;       ///< of the object array: the place of pixel index (rows / 2, cols / 2), real-valued
  Image<Complex> probe;  ///< n x n, the main mode
  std::vector<Image<Complex>> modes;       ///< all incoherent modes; sum |P_m|^2 = photons in a pattern
  std::vector<Image<Complex>> variations;  ///< of the main mode
  std::vector<FrameState> patterns;        ///< place and weights of each frame, by id
  std::size_t frames = 0;
  FrameId last_frame = 0;  ///< the largest id in; meaningless without frames
  std::size_t epochs = 0;
  std::vector<double> errors;  ///< amplitude error, one an epoch
  double r_factor = 0;         ///< sum | |Psi| - a | / sum a of the last epoch
  double noise_floor = 0;      ///< amplitude error that counting noise alone leaves; 0: values are no counts
  unsigned recoveries = 0;     ///< how often it diverged and went on from its last good state
  bool settled = false;        ///< more epochs change nothing, see Reconstruction::settled
  bool converged = false;      ///< settled, and as near to the data as their noise allows: see verdict.hpp
};

/// The pattern's centre is never known to a fraction of a pixel: what is missing is a slope in the object's
/// phase and the opposite one in the probe's, which no data tells apart. Moves the slope of the object where
/// it is lit into the probe, modes and variations too, and the mean phase away; exit waves keep their moduli.
/// Snapshots with slices stay as they are.
void move_ramp_to_probe(Snapshot& snapshot);

/// What has gathered in the momentum of one array.
struct MomentumState {
  Image<Complex> last, velocity;
  std::vector<Image<Complex>> updates;  ///< normalised, newest first
};

/// Everything needed to go on later but the patterns themselves, which come again through add_frame.
struct Checkpoint {
  Extent extent;  ///< of the object on the grid
  std::vector<Image<Complex>> slices;
  std::vector<Image<Complex>> probes;  ///< modes, then variations
  std::vector<FrameState> frames;      ///< by id
  std::size_t epochs = 0;
  std::vector<double> errors;
  double beta = 0;  ///< LSQ-ML's damping, which recoveries lower
  unsigned recoveries = 0;
  std::vector<MomentumState> momentum;  ///< of the slices, then of the probe; empty without
};

/// Two objects from the even and the odd frames (in id order), for a Fourier ring correlation.
struct Halves {
  Image<Complex> even, odd;
  Image<float> coverage;  ///< of the half that saw less, pixel by pixel
};

/// A reconstruction on data that grow, by default single-mode LSQ-ML. Frames come and go at any time between
/// batches: the object buffer grows without touching what has converged, new positions count in the
/// illumination map at once, and frames that came late are drawn more often until they have been seen
/// `catch_up_visits` times. Where it diverges (a number is not finite, the error is worse than no light at
/// all, or has risen to several times the best since the frames last changed) it goes on with smaller steps
/// from its last good state, a few times; the probe learned and the object converged are not lost. For one
/// thread at a time.
class Reconstruction {
 public:
  /// Throws InputError on options that cannot work and where the backend is missing.
  explicit Reconstruction(ReconstructionOptions options);
  ~Reconstruction();
  Reconstruction(Reconstruction&&) noexcept;
  Reconstruction& operator=(Reconstruction&&) noexcept;

  /// Takes one frame in. Returns its counts, or why it was refused.
  Result<double, IntakeFault> add_frame(FrameId id, const PixelView& pixels, const Position& position);
  Result<double, IntakeFault> add_pattern(FrameId id, const Pattern& pattern, const Position& position);
  /// Takes frames out; unknown ids are ignored. Returns how many left.
  std::size_t remove_frames(std::span<const FrameId> ids);

  /// One batch: what a service does between looking at its queue.
  RunReport run_batch();
  /// Batches to the end of the epoch: every frame present at its start has then been seen once more.
  RunReport run_epoch();

  /// The error of all frames now, without an update.
  double evaluate();
  /// The same with everything else that is summed, the likelihood too.
  ErrorSums evaluate_all();
  /// The error has not fallen by more than a hundredth of itself in ten epochs on the same frames, with
  /// everything moving that is asked to move: more epochs change nothing. Right it need not be.
  bool settled() const;
  /// Settled, and the error at most `believable_misfit` times what counting noise leaves.
  bool converged() const;
  /// Reconstructs the object again from each half of the frames, `epochs` long, with the present probe,
  /// positions and weights; the state stays as it is. Empty with fewer than two frames, and where `go_on`,
  /// asked before every batch, says no.
  Halves reconstruct_halves(
      std::size_t epochs, const std::function<bool()>& go_on = [] { return true; });

  /// Takes up the state of a checkpoint; before the first frame. Frames that come again have their places and
  /// weights from it. Throws InputError where it does not fit the options.
  void resume(const Checkpoint& checkpoint);
  Checkpoint checkpoint() const;

  /// Begins anew with the frames that are in, as if it had never run nor resumed: the given probe, else one
  /// made from the patterns that are in now; no epochs, no recoveries.
  void restart();

  std::size_t frames() const;
  std::size_t epochs() const;
  unsigned recoveries() const;  ///< see Snapshot
  bool contains(FrameId id) const;
  Snapshot snapshot() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::ptycho
