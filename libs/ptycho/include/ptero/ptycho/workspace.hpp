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

struct WorkspaceSpec {
  std::size_t n = 0;     ///< side of patterns and probe, even
  bool subpixel = true;  ///< shift the probe by the fraction of each position: 4 FFTs a pattern, else 2
  double regularisation = 0.1;  ///< delta_p of [Ods18, eq. 23]: floor of W, as a share of its maximum
  unsigned threads = 0;         ///< CPU threads; 0 = one a core
};

/// A resident pattern.
using Slot = std::size_t;

/// The 2 x 2 system of one pattern's optimal steps [Ods18, eq. 22]: u, v are the changes of the exit wave
/// along the object and the probe direction.
struct StepEquation {
  double uu = 0, vv = 0, uv = 0;  ///< <u,u>, <v,v>, Re<u,v>
  double u_chi = 0, v_chi = 0;    ///< Re<u,chi>, Re<v,chi>
};

/// Everything one reconstruction keeps on one device: patterns, object, probe, illumination map, plans and
/// scratch. Verbs work on a batch; the order of the steps, their lengths and when to stop are written once
/// above, in the solvers. Host arrays cross only in `load`, `set_*`, `grow` and the snapshots.
/// For one thread at a time. A backend may return from a verb before the device is done, except from those
/// that return numbers.
class Workspace {
 public:
  virtual ~Workspace() = default;

  // Patterns.
  /// Copies the pattern in; slots of dropped patterns are used again. n x n values.
  virtual Slot load(const Pattern& pattern, const Placement& placement) = 0;
  virtual void drop(Slot slot) = 0;
  virtual Placement placement(Slot slot) const = 0;

  // Object and probe.
  virtual Extent extent() const = 0;
  /// Moves the object into a larger buffer. What was there stays as it is, with its illumination; the rest
  /// takes the values of `fill`, whose shape is that of `extent`, which contains the present one.
  virtual void grow(const Extent& extent, const Image<Complex>& fill) = 0;
  /// Same shape as extent().
  virtual void set_object(const Image<Complex>& object) = 0;
  virtual void set_probe(const Image<Complex>& probe) = 0;
  /// O *= object_factor, P *= probe_factor; W follows the probe.
  virtual void scale(double object_factor, double probe_factor) = 0;
  /// |O| <= limit, phases kept.
  virtual void clamp_object(double limit) = 0;

  // The illumination map W. Patches lie inside extent().
  /// Adds the patterns' share with the present probe.
  virtual void illuminate(std::span<const Slot> slots) = 0;
  /// W of exactly these patterns with the present probe.
  virtual void refresh_illumination(std::span<const Slot> slots) = 0;

  // One batch of LSQ-ML.
  /// Forward model, modulus constraint, and the sums G = sum R^T(chi conj P) and sum chi conj(R O)
  /// [Ods18, eqs. 18-25]. Keeps chi of the patterns batch[i], i in `sampled`, for `step_equations`.
  virtual ErrorSums project(std::span<const Slot> batch, std::span<const std::size_t> sampled) = 0;
  /// The directions dO = G / sqrt(W^2 + (delta_p max W)^2) and dP = mean over the batch of
  /// T_-d(chi conj(R O)), and the step equations of the sampled patterns along them.
  virtual std::vector<StepEquation> step_equations() = 0;
  /// O += object_step dO, P += probe_step dP; the directions are used up. A pixel of the object moves by at
  /// most G / (sum of the batch's R^T |P|^2), which is what the batch's own patterns ask for: the common step
  /// is about the number of batches in an epoch, and where one pattern alone lights a pixel its G comes whole
  /// in one batch, so that the common step would overshoot by that number, again in every epoch.
  virtual void update(double object_step, double probe_step) = 0;

  /// The error alone, nothing changes.
  virtual ErrorSums evaluate(std::span<const Slot> slots) = 0;

  // Snapshots.
  virtual Image<Complex> object() const = 0;
  virtual Image<Complex> probe() const = 0;
  virtual Image<float> illumination() const = 0;
};

/// Throws InputError when the backend is not in this build or finds no device, or when n is odd or zero.
std::unique_ptr<Workspace> make_workspace(Backend backend, const WorkspaceSpec& spec);

std::string_view name_of(Backend backend);

}  // namespace ptero::ptycho
