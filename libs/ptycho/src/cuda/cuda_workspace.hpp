#pragma once

#include <array>
#include <ptero/ptycho/workspace.hpp>
#include <vector>

#include "backward_bodies.hpp"
#include "detector_bodies.hpp"
#include "device_array.hpp"
#include "direction_bodies.hpp"
#include "forward_bodies.hpp"
#include "slot_store.hpp"

namespace ptero::ptycho::cuda {

/// Everything stays on the device: patterns as 16-bit amplitudes, object, probe, sums. A batch goes through
/// in chunks, each a few launches over all its patterns with batched transforms between them: gather and
/// P . R O, constraint with its sums, scatter of both gradients. Directions are never stored: they are G over
/// the preconditioner wherever one is needed. The object's sums are taken with atomics, so that results
/// repeat to rounding, not to the bit.
class CudaWorkspace final : public Workspace {
 public:
  /// A chunk holds at most `chunk` patterns; 0 = by the memory that is free. Throws InputError where no
  /// usable device answers.
  explicit CudaWorkspace(const WorkspaceSpec& spec, std::size_t chunk = 0);

  Slot load(const Pattern& pattern, const Placement& placement) override;
  void drop(Slot slot) override;
  Placement placement(Slot slot) const override { return patterns_[slot].placement; }
  Pattern pattern(Slot slot) const override;
  void move(Slot slot, const Placement& placement) override;
  std::vector<float> weights(Slot slot) const override { return patterns_[slot].weights; }
  void set_weights(Slot slot, std::span<const float> weights) override;
  const WorkspaceSpec& spec() const override { return spec_; }
  Extent extent() const override { return extent_; }
  void grow(const Extent& extent, std::span<const Image<Complex>> fill) override;
  void set_object(std::size_t slice, const Image<Complex>& object) override;
  void set_probe(std::size_t index, const Image<Complex>& probe) override;
  void scale(double object_factor, double probe_factor) override;
  void clamp_object(double limit) override;
  void illuminate(std::span<const Slot> slots) override;
  void refresh_illumination(std::span<const Slot> slots) override;
  ErrorSums project(std::span<const Slot> batch, const Projection& projection) override;
  std::vector<PatternEquation> pattern_equations() override;
  std::vector<StepEquation> step_equations() override;
  void update(std::span<const double> object_steps, double probe_step) override;
  void update_probe_only(double probe_step) override;
  ErrorSums evaluate(std::span<const Slot> slots) override;
  Image<Complex> object(std::size_t slice) const override;
  Image<Complex> probe(std::size_t index) const override;
  Image<float> illumination() const override;

 private:
  struct Stored {
    bool present = false;
    bool has_wave = false;  ///< difference map: from its first projection on
    float unit = 1;
    double counts = 0;
    Placement placement;
    std::vector<float> weights;  ///< v_0 .. v_K; empty without weights
  };
  /// Descriptions of patterns on the device, for a chunk or for the sampled ones.
  struct Descriptions {
    DeviceArray<Item> items;
    DeviceArray<float> weights;
    DeviceArray<Cfloat> ramps;
  };
  /// chi and waves of the sampled patterns: [slice][pattern][mode].
  struct Samples {
    std::vector<Slot> slots;
    std::vector<std::size_t> in_batch;
    std::vector<std::uint32_t> in_chunk;
    DeviceArray<std::uint32_t> sources;  ///< `in_chunk`
    DeviceArray<Cfloat> chi, before, directions;
    std::size_t stride = 0;  ///< values a slice
    Descriptions descriptions;
    BatchView view;
  };

  // cuda_storage.cpp
  /// The patch's corner in an object plane, checked to lie inside.
  std::size_t corner(const Placement& placement) const;
  std::size_t plane() const { return extent_.shape.count(); }
  float per_pixel() const { return 1.0F / static_cast<float>(pixels_); }
  /// Without ramps.
  BatchView describe(std::span<const Slot> slots, Descriptions& into);
  void set_probe_intensity();

  // cuda_forward.cpp
  std::size_t chunk_by_memory() const;
  void reserve_chunk(std::size_t patterns);
  void prepare_probe();
  BeforeView before(std::size_t slice) const;
  BatchView with_ramps(BatchView batch, Descriptions& into);
  void form_probes(const BatchView& batch, const Cfloat* source, std::size_t terms, Cfloat* out);
  /// Leaves n Psi in `fields_`.
  void form_exit_waves(const BatchView& batch);
  void propagate(std::size_t gap, Cfloat* waves, std::size_t count, Direction direction);
  /// psi becomes n Psi, and the spectrum (in the near field the picture) of chi, / n, becomes chi.
  void to_detector(Cfloat* waves, std::size_t count);
  void from_detector(Cfloat* waves, std::size_t count);

  // cuda_project.cpp
  void start_batch(std::span<const Slot> batch, const Projection& projection);
  void choose_samples(std::span<const Slot> batch, const Projection& projection);
  void project_chunk(const BatchView& batch, std::size_t first, bool equations);
  void constrain(const BatchView& batch, double* errors);
  void keep_samples(const BatchView& batch, std::size_t first, std::size_t slice);
  void carry_back(const BatchView& batch, std::size_t first);
  void scatter_probe(const BatchView& batch, std::size_t first, bool equations);
  /// Of the patterns in `errors_`, `sums` values each; their models too where wanted.
  ErrorSums sum_errors(std::span<const Slot> slots, std::size_t sums, std::vector<double>* models) const;

  // cuda_directions.cpp
  Strength strength() const;
  void find_strength();
  void gather_probe(std::size_t index, double norm);
  BeforeView sampled_probe_directions();
  void move_probe(double step);

  WorkspaceSpec spec_;
  std::size_t n_, pixels_, modes_, slices_;
  bool own_probe_;  ///< patterns have probes of their own: shifted, or weighted
  mutable Device device_;
  std::size_t chunk_;  ///< patterns of a chunk at most
  std::vector<Stored> patterns_;
  std::vector<Slot> free_slots_;
  SlotStore<std::uint16_t> amplitudes_;
  SlotStore<Cfloat> own_waves_;  ///< of the difference map
  Extent extent_;

  DeviceArray<Cfloat> object_, gradient_;  ///< a plane a slice
  DeviceArray<float> light_;
  DeviceArray<float> illumination_;
  DeviceArray<float> most_;           ///< one value: the largest of what the preconditioner is made of
  bool illumination_changed_ = true;  ///< since `most_` was found
  DeviceArray<Cfloat> probe_;         ///< probes, one after another
  DeviceArray<Cfloat> spectrum_;      ///< of the probes, / pixels
  /// Propagator / pixels, one between two slices; in the near field one more to the detector, / n.
  DeviceArray<Cfloat> gap_;
  DeviceArray<float> probe_intensity_;
  DeviceArray<Cfloat> probe_sum_, probe_direction_, direction_spectrum_;

  std::size_t chunk_room_ = 0;  ///< patterns the chunk's arrays hold now
  Descriptions descriptions_;
  DeviceArray<Cfloat> fields_;               ///< exit wave, Psi, chi
  std::vector<DeviceArray<Cfloat>> before_;  ///< waves before each slice; the first only with own_probe_
  DeviceArray<float> lengths_;               ///< of Poisson steps
  DeviceArray<double> searched_;

  // Of the last project.
  std::vector<Slot> batch_;
  bool waits_for_update_ = false;
  Samples samples_;
  DeviceArray<double> errors_, positions_, met_probes_, met_variations_, powers_, products_;
  std::vector<double> models_;  ///< sum |Psi|^2 of each pattern
  bool has_equations_ = false;
  std::vector<double> weight_squares_;       ///< sum v_k^2 of the batch
  std::array<std::size_t, 2> dirty_rows_{};  ///< object rows with a gradient
};

}  // namespace ptero::ptycho::cuda
