#pragma once

#include <cstddef>
#include <memory>
#include <ptero/ptycho/forward_model.hpp>
#include <ptero/ptycho/pattern.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace ptero::ptycho {

enum class Backend : std::uint8_t { cpu, cuda };

/// What photon counts are taken to be: amplitudes with equal noise, or Poisson [Ods18, eqs. 10, 15].
enum class Noise : std::uint8_t { gaussian, poisson };

/// What weighs the object's direction at a pixel; L is the light of the batch's own patterns there and a the
/// regularisation.
enum class Preconditioner : std::uint8_t {
  illumination,  ///< 1 / sqrt(W^2 + (a max W)^2) [Ods18, eq. 23]
  batch,         ///< 1 / ((1 - a) L + a max L): rPIE; a = 1 is ePIE
};

/// What becomes of an exit wave.
enum class Constraint : std::uint8_t {
  modulus,  ///< chi = D^-1[(a / |Psi| - 1) Psi], or its Poisson form
  /// Each pattern keeps a wave of its own, psi = P O + b (Pi(2 P O - psi) - (2 P O - psi)), and chi = psi - P
  /// O; b = 1 is the difference map, less is RAAR.
  difference_map,
};

struct WorkspaceSpec {
  std::size_t n = 0;     ///< side of patterns and probe, even
  bool subpixel = true;  ///< shift the probe by the fraction of each position: 4 FFTs a pattern, else 2
  double regularisation = 0.1;  ///< a of the preconditioner: for LSQ-ML the floor of W, as a share of max W
  unsigned threads = 0;         ///< CPU threads; 0 = one a core

  std::size_t modes = 1;       ///< M incoherent probe modes
  std::size_t variations = 0;  ///< K variations of the main mode
  bool weighted = false;       ///< patterns have weights v_0 of their own; implied by variations

  /// Distances between slices, metres; their number + 1 is the number of slices L. With slices, and in the
  /// near field, `pixel_m` (of the object) and `wavelength_m` are needed.
  std::vector<double> slice_spacing_m;
  /// The detector's distance, its pixels being the object's: see near_field_of. 0 = far field.
  double near_field_m = 0;
  double pixel_m = 0;
  double wavelength_m = 0;

  Noise noise = Noise::gaussian;
  Preconditioner preconditioner = Preconditioner::illumination;
  Constraint constraint = Constraint::modulus;  ///< difference_map: one mode, gaussian
  double relaxation = 1;                        ///< b of the difference map

  Regime regime() const { return near_field_m == 0 ? Regime::far_field : Regime::near_field; }
  std::size_t slices() const { return slice_spacing_m.size() + 1; }
  /// Probe arrays: modes first, then variations.
  std::size_t probes() const { return modes + variations; }
  bool has_weights() const { return weighted || variations > 0; }
};

/// A resident pattern.
using Slot = std::size_t;

/// The system of one pattern's optimal steps [Ods18, eq. 22], summed over probe modes: u, v are the changes
/// of the exit wave along the object's and the probe's direction. With slices there is one for each slice, u
/// the change of the wave behind it and chi carried back to it; v only at slice 0.
struct StepEquation {
  double uu = 0, vv = 0, uv = 0;  ///< <u,u>, <v,v>, Re<u,v>
  double u_chi = 0, v_chi = 0;    ///< Re<u,chi>, Re<v,chi>
};

/// What one pattern says of its own parameters, summed over probe modes: Re<g,chi> and <g,g>, where g is the
/// change of the exit wave with the parameter. The least-squares step is their ratio.
struct PatternEquation {
  double row_chi = 0, row_row = 0;  ///< position, pixels; g = -dP/dr . R O, fourth-order differences
  double col_chi = 0, col_col = 0;
  std::vector<double> weight_chi;   ///< v_0 .. v_K; empty without weights
  std::vector<double> weight_norm;  ///< <g,g>; for k >= 1 with the pattern's mean |O|^2 instead of O
};

/// What `project` shall keep.
struct Projection {
  /// chi of the patterns batch[i], i in `sampled` (rising), is kept for `step_equations`.
  std::span<const std::size_t> sampled;
  bool pattern_equations = false;  ///< take them too, one a pattern
};

/// Keeps the variations' directions finite where all their weights vanish.
inline constexpr double variation_floor = 1e-3;

/// Everything one reconstruction keeps on one device: patterns, object, probe, illumination map, plans and
/// scratch. Verbs work on a batch; the order of the steps, their lengths and when to stop are written once
/// above, in the solvers. Host arrays cross only in `load`, `set_*`, `grow` and the snapshots; orthogonal
/// modes, momentum, supports and the like are therefore host work once an epoch.
/// For one thread at a time. A backend may return from a verb before the device is done, except from those
/// that return numbers.
class Workspace {
 public:
  virtual ~Workspace() = default;

  // Patterns.
  /// Copies the pattern in, with weights 1, 0, 0, ...; slots of dropped patterns are used again. n x n
  /// values.
  virtual Slot load(const Pattern& pattern, const Placement& placement) = 0;
  virtual void drop(Slot slot) = 0;
  virtual Placement placement(Slot slot) const = 0;
  /// As it was loaded. Not between project and update.
  virtual Pattern pattern(Slot slot) const = 0;
  /// The pattern lies elsewhere, inside extent(). Not between project and update.
  virtual void move(Slot slot, const Placement& placement) = 0;
  /// v_0 .. v_K; empty without weights.
  virtual std::vector<float> weights(Slot slot) const = 0;
  virtual void set_weights(Slot slot, std::span<const float> weights) = 0;

  // Object and probe. `slice` < slices(); `index` < probes(), modes first.
  virtual const WorkspaceSpec& spec() const = 0;
  virtual Extent extent() const = 0;
  /// Moves the object into a larger buffer. What was there stays as it is, with its illumination; the rest
  /// takes the values of `fill`, one a slice, whose shape is that of `extent`, which contains the present
  /// one.
  virtual void grow(const Extent& extent, std::span<const Image<Complex>> fill) = 0;
  /// Same shape as extent().
  virtual void set_object(std::size_t slice, const Image<Complex>& object) = 0;
  virtual void set_probe(std::size_t index, const Image<Complex>& probe) = 0;
  /// Each slice *= object_factor, each probe array *= probe_factor; W follows the probe.
  virtual void scale(double object_factor, double probe_factor) = 0;
  /// |O| <= limit in every slice, phases kept.
  virtual void clamp_object(double limit) = 0;

  // The illumination map W. Patches lie inside extent().
  /// Adds the patterns' share with the present probe (its modes; weights are left out).
  virtual void illuminate(std::span<const Slot> slots) = 0;
  /// W of exactly these patterns with the present probe.
  virtual void refresh_illumination(std::span<const Slot> slots) = 0;

  // One batch.
  /// Forward model, constraint, and what the batch adds to the sums G_l = sum R^T sum_m chi_m conj(wave
  /// before slice l), L_l = sum R^T sum_m |wave before slice l|^2 (at slice 0 without the sub-pixel shift)
  /// and, for the probe, sum chi conj(R O) [Ods18, eqs. 18-25]. A batch holds each slot at most once.
  virtual ErrorSums project(std::span<const Slot> batch, const Projection& projection) = 0;
  /// Of the last project, one a pattern of the batch; empty unless asked for.
  virtual std::vector<PatternEquation> pattern_equations() = 0;
  /// The directions dO_l = G_l times the preconditioner and dP_m = mean of v_0 T_-d(chi_m conj(R O)), dU_k =
  /// sum v_k T_-d(chi_0 conj(R O)) / (sum v_k^2 + variation_floor sum v_0^2), and the equations of the
  /// sampled patterns along dO_l and dP_m: sampled[k]'s slice l at [k L + l].
  virtual std::vector<StepEquation> step_equations() = 0;
  /// O_l += object_steps[l] dO_l, P += probe_step dP, U += probe_step dU; the directions are used up. A pixel
  /// of the object moves by at most G_l / L_l, which is what the batch's own patterns ask for: the common
  /// step is about the number of batches in an epoch, and where one pattern alone lights a pixel its G comes
  /// whole in one batch, so that the common step would overshoot by that number, again in every epoch.
  virtual void update(std::span<const double> object_steps, double probe_step) = 0;
  /// P and U move as in `update`, the object waits: G and L stay, and the next project adds to them.
  virtual void update_probe_only(double probe_step) = 0;

  /// The errors alone, with the likelihood; nothing changes.
  virtual ErrorSums evaluate(std::span<const Slot> slots) = 0;

  // Snapshots.
  virtual Image<Complex> object(std::size_t slice) const = 0;
  virtual Image<Complex> probe(std::size_t index) const = 0;
  virtual Image<float> illumination() const = 0;
};

/// Throws InputError when the backend is not in this build or finds no device, and on a spec that cannot
/// work.
std::unique_ptr<Workspace> make_workspace(Backend backend, const WorkspaceSpec& spec);

std::string_view name_of(Backend backend);

}  // namespace ptero::ptycho
