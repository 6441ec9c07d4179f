#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/ptycho/lsqml.hpp>
#include <ptero/ptycho/pattern.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace ptero::ptycho {

struct ReconstructionOptions {
  IntakeOptions intake;  ///< intake.n is the side of patterns and probe
  double pixel_m = 0;    ///< object pixel; 1 where positions come in pixels

  Backend backend = Backend::cpu;
  unsigned threads = 0;  ///< CPU threads; 0 = one a core
  bool subpixel = true;  ///< shift the probe by fractions of a pixel: 4 FFTs a pattern instead of 2

  std::optional<Image<Complex>> probe;  ///< first guess, n x n, centred in its array
  double defocus_phase = 0;             ///< without a guess: one from the data, see probe_from_mean_pattern
  bool rescale_probe = true;            ///< scale the guess to the photons measured
  bool update_probe = true;
  std::size_t probe_start_epoch = 1;  ///< epochs before the probe moves

  LsqmlOptions lsqml;
  double regularisation = 0.1;  ///< delta_p, see WorkspaceSpec
  double batch_fraction = 0.1;  ///< of the frames present
  std::size_t min_batch = 10;
  /// More updates an epoch: on 3,072 simulated frames the SSIM with the truth after 40 epochs is 0.96 with
  /// batches of 64, 0.91 with 154 and 0.80 with 307.
  std::size_t max_batch = 64;
  double object_limit = 0;           ///< clamp |O| to this after every epoch; 0 = off
  std::size_t rebalance_every = 10;  ///< epochs between removals of the scale shared by O and P; 0 = never
  double object_noise = 1e-3;        ///< the object starts as 1 + this much noise
  std::size_t max_object_pixels = std::size_t{1} << 27;  ///< positions that would need more are refused

  /// A frame seen less often than this, while others were seen more, is drawn catch_up_factor times as often.
  unsigned catch_up_visits = 10;
  double catch_up_factor = 3;  ///< 1 = off
  std::uint64_t seed = 1;
};

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

/// A picture of the state, detached from the reconstruction.
struct Snapshot {
  Image<Complex> object;  ///< the area covered by patches
  Image<float> coverage;  ///< illumination map W of that area, photons a pixel
  double pixel_m = 0;
  Position centre;       ///< of the object array: the place of pixel index (rows / 2, cols / 2), real-valued
  Image<Complex> probe;  ///< n x n, sum |P|^2 = photons in a pattern
  std::size_t frames = 0;
  FrameId last_frame = 0;  ///< the largest id in; meaningless without frames
  std::size_t epochs = 0;
  std::vector<double> errors;  ///< amplitude error, one an epoch
  double r_factor = 0;         ///< sum | |Psi| - a | / sum a of the last epoch
  unsigned recoveries = 0;     ///< how often it diverged and went on from its last good state
};

/// A single-mode LSQ-ML reconstruction on data that grow. Frames come and go at any time between batches: the
/// object buffer grows without touching what has converged, new positions count in the illumination map at
/// once, and frames that came late are drawn more often until they have been seen `catch_up_visits` times.
/// Where it diverges (a number is not finite, the error is worse than no light at all, or has risen to
/// several times the best since the frames last changed) it goes on with smaller steps from its last good
/// state, a few times; the probe learned and the object converged are not lost. For one thread at a time.
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

  std::size_t frames() const;
  std::size_t epochs() const;
  bool contains(FrameId id) const;
  Snapshot snapshot() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::ptycho
