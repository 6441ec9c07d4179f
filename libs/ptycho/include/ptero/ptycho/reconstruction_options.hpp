#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <ptero/core/frame.hpp>
#include <ptero/ptycho/lsqml.hpp>
#include <ptero/ptycho/pattern.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptero::ptycho {

enum class Algorithm : std::uint8_t {
  lsqml,  ///< sparse batches: neighbours in a batch lie far apart, the object moves after each [Ods18]
  lsqml_compact,  ///< neighbours together, the object moves once an epoch: smoother, slower; with momentum
  rpie,           ///< regularised PIE, small batches whose overlaps are weighed
  epie,
  difference_map,  ///< one projection of all patterns an epoch; keeps a wave for each: n x n x 8 bytes
};
std::string_view name_of(Algorithm algorithm);
/// All there are, with their names.
std::vector<std::pair<std::string, Algorithm>> algorithm_names();

/// Incoherent probe modes: a beam that is not coherent, vibrates, or moves during the exposure.
struct ModeOptions {
  std::size_t count = 1;
  std::vector<Image<Complex>> guesses;  ///< of modes 1, 2, ...; what is missing is made from the main mode
  double extra_power = 0.05;            ///< of each mode made, as a share of the main one's
  std::size_t orthogonalise_every = 1;  ///< epochs; 0 = never
};

/// Least-squares refinement of positions, held to the measured ones by an affine map (scale, asymmetry,
/// rotation and shear of the stage are found) and the stage's own error.
struct PositionOptions {
  bool refine = false;
  std::size_t start_epoch = 10;   ///< before, the object is too coarse
  double gain = 1;                ///< of the step to begin with
  double most_acceleration = 50;  ///< the gain grows to at most this many times while places keep going
  double max_step_px = 0.5;       ///< in one update
  double damping = 0.1;  ///< share of the batch's strongest gradient that every pattern is held against
  /// What a frame without features is drawn back to its place by, an epoch; those with features less.
  double pull = 0.002;
  double stage_error_px = 4;  ///< beyond this, positions are pulled back hard
  /// Where frames begin, metres, as an earlier reconstruction found; others where they are said to be.
  std::map<FrameId, Position> known;
};

/// Variations of the main mode from pattern to pattern (OPR), and of the light.
struct VariationOptions {
  std::size_t count = 0;
  bool intensity = false;  ///< the light of each pattern too
  std::size_t start_epoch = 5;
  double gain = 0.5;            ///< of the weights' steps
  double intensity_gain = 0.2;  ///< of the light's
  double limit = 1.5;           ///< weights end at this many times their 95 % quantile
  /// Beams drift: each epoch weights move onto straight lines through their neighbours in time, weighted down
  /// to nothing at this many frame ids away. 0 = every pattern for itself.
  std::size_t smooth_frames = 0;
};

/// Several slices along the beam.
struct SliceOptions {
  std::vector<double> spacing_m;  ///< between neighbours; empty = one slice
  /// First guess of each slice, of the only one too; missing or empty ones are vacuum.
  std::vector<Image<Complex>> objects;
  Extent objects_extent;      ///< where the guesses lie on the grid
  double regularisation = 0;  ///< strength g of what ties slices together in depth, 0 to 1
};

/// Momentum in the manner of PtychoShelves: acceleration while updates keep their direction.
struct MomentumOptions {
  double object_gain = 0.5;  ///< only compact batches use it, and are slow without it
  double probe_gain = 0;     ///< of the main mode
  std::size_t memory = 2;    ///< updates that must agree in direction
};

/// Of rPIE, ePIE and the difference map.
struct PieOptions {
  double alpha = 0.1;      ///< rPIE's share of max |P|^2; ePIE's is 1
  double object_step = 1;  ///< beta
  double probe_step = 0.5;
  std::size_t batch = 4;
  double relaxation = 0.8;             ///< b of the difference map: 1 to the letter, which noise drives away
  double difference_probe_step = 0.5;  ///< its probe goes half the way: the object goes it too
};

struct ReconstructionOptions {
  IntakeOptions intake;     ///< intake.n is the side of patterns and probe
  double pixel_m = 0;       ///< object pixel; 1 where positions come in pixels
  double wavelength_m = 0;  ///< for slices and the near field
  /// The detector's distance in the near field, its pixels being the object's: see near_field_of. 0 = far
  /// field. It decides `intake.regime` too.
  double near_field_m = 0;

  Backend backend = Backend::cpu;
  unsigned threads = 0;  ///< CPU threads; 0 = one a core
  bool subpixel = true;  ///< shift the probe by fractions of a pixel: 4 FFTs a pattern instead of 2

  Algorithm algorithm = Algorithm::lsqml;
  Noise noise = Noise::gaussian;

  std::optional<Image<Complex>> probe;  ///< first guess, n x n, centred in its array
  double defocus_phase =
      0;  ///< without a guess: one from the data, see probe_from_mean_pattern; not used in the near field
  bool rescale_probe = true;  ///< scale the guess to the photons measured
  bool update_probe = true;
  std::size_t probe_start_epoch = 1;  ///< epochs before the probe moves

  ModeOptions modes;
  PositionOptions positions;
  VariationOptions variations;
  SliceOptions slices;
  MomentumOptions momentum;
  PieOptions pie;

  LsqmlOptions lsqml;
  std::size_t compact_first = 0;  ///< epochs of compact batches before lsqml's sparse ones
  double regularisation = 0.1;    ///< delta_p, see WorkspaceSpec
  double batch_fraction = 0.1;    ///< of the frames present
  std::size_t min_batch = 10;
  /// More updates an epoch: on 3,072 simulated frames the SSIM with the truth after 40 epochs is 0.96 with
  /// batches of 64, 0.91 with 154 and 0.80 with 307.
  std::size_t max_batch = 64;

  double object_limit = 0;           ///< clamp |O| to this after every epoch; 0 = off
  std::size_t rebalance_every = 10;  ///< epochs between removals of the scale shared by O and P; 0 = never
  /// The probe vanishes where its blurred modulus is below this share of its maximum; 0 = off, 0.005 usual.
  double probe_support = 0;
  std::size_t centre_probe_every = 0;  ///< epochs between removals of the shift shared by O and P; 0 = never
  double object_noise = 1e-3;          ///< the object starts as 1 + this much noise
  std::size_t max_object_pixels = std::size_t{1} << 27;  ///< positions that would need more are refused

  /// A frame seen less often than this, while others were seen more, is drawn catch_up_factor times as often.
  unsigned catch_up_visits = 10;
  double catch_up_factor = 3;  ///< 1 = off
  std::uint64_t seed = 1;
};

}  // namespace ptero::ptycho
