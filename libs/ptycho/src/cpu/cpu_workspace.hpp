#pragma once

#include <algorithm>
#include <array>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <span>
#include <vector>

#include "fft_passes.hpp"
#include "kernels.hpp"
#include "thread_team.hpp"

namespace ptero::ptycho {

/// Each thread takes one pattern through gather, FFT, modulus, inverse FFT and scatter while it is hot in its
/// L2 cache. Transforms are done in halves, and the loops before and after a half work on the few rows or
/// columns it has just left in L1: rows forward with the exit wave, columns forward and back around the
/// modulus, rows back with the gradients. "Half done" below: columns are, rows are not.
/// Threads own a gradient buffer each; they are summed in a fixed order, so within a process
/// results repeat exactly for one number of threads. Other numbers, and other processes (FFTW measures its
/// plans), agree to rounding.
class CpuWorkspace final : public Workspace {
 public:
  explicit CpuWorkspace(const WorkspaceSpec& spec);

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
  std::vector<PatternEquation> pattern_equations() override { return pattern_equations_; }
  std::vector<StepEquation> step_equations() override;
  void update(std::span<const double> object_steps, double probe_step) override;
  void update_probe_only(double probe_step) override;
  ErrorSums evaluate(std::span<const Slot> slots) override;
  Image<Complex> object(std::size_t slice) const override { return object_[slice]; }
  Image<Complex> probe(std::size_t index) const override { return probe_[index]; }
  Image<float> illumination() const override { return illumination_; }

 private:
  struct Stored {
    std::vector<std::uint16_t> amplitude;  ///< empty: the slot is free
    float unit = 1;
    double counts = 0;
    Placement placement;
    std::vector<float> weights;  ///< v_0 .. v_K; empty without weights
    FftBuffer wave;              ///< of the difference map, from its first projection on
  };
  /// The fields of one pattern.
  struct Waves {
    std::vector<FftBuffer> incident;     ///< before slice l: [m L + l]; slice 0 may be missing, see `before`
    std::vector<const Complex*> before;  ///< [m L + l]: in `incident`, or the probe itself
    std::vector<FftBuffer> chi;          ///< [m kept + l]
    std::size_t kept = 1;                ///< slices whose chi is kept apart
    Complex* chi_at(std::size_t mode, std::size_t slice) {
      return chi[mode * kept + (kept > 1 ? slice : 0)].get();
    }
  };
  /// One thread's arrays.
  struct Worker {
    Waves waves;
    FftBuffer scratch;                            ///< n x n
    FftBuffer block;                              ///< n x columns_at_once, one a mode
    std::vector<std::uint16_t> values;            ///< of a block: measured amplitudes
    std::vector<Image<Complex>> object_gradient;  ///< a slice; shape of the object
    /// Of the batch's patterns; a slice, shape of the object. At slice 0 only the first worker's is used.
    std::vector<Image<float>> light;
    std::array<std::size_t, 2> rows{};           ///< object rows with a gradient
    std::vector<Image<Complex>> probe_gradient;  ///< n x n; their spectra where shifts are sub-pixel
    std::vector<Complex> ramp_row, ramp_col;
    std::vector<float> total;     ///< n x n: intensity of all modes, then the factor of Psi
    std::vector<float> strength;  ///< a row of the object: 1 / preconditioner
    ErrorSums sums;
    std::vector<double> weight_squares;  ///< sum v_k^2
  };
  /// What `step_equations` needs again of a sampled pattern.
  struct Sample {
    Waves waves;
    Slot slot = 0;
  };

  // cpu_storage.cpp
  /// The patch's corner in the object buffer, checked to lie inside.
  std::size_t corner(const Placement& placement) const;
  float weight(const Stored& pattern, std::size_t k) const {
    return pattern.weights.empty() ? (k == 0 ? 1.0F : 0.0F) : pattern.weights[k];
  }
  void set_probe_intensity();

  // cpu_forward.cpp
  Waves make_waves(std::size_t kept) const;
  void prepare_probe();
  void set_ramps(const Placement& placement, Worker& worker) const;
  /// out = the spectrum of factor T_d P.
  void shift(const Complex* spectrum, float factor, Worker& worker, Complex* out) const;
  /// Probes of this pattern into `waves.before`.
  void form_probes(const Stored& pattern, Worker& worker, Waves& waves) const;
  /// Leaves the exit wave of each mode in the last slice's chi, its rows transformed.
  void form_exit_waves(const Stored& pattern, Worker& worker, Waves& waves) const;
  void each_row(Complex* wave, int direction) const;
  /// work(block, first column, width) on each block of columns, which goes back into the field.
  template <class Work>
  void each_column(Complex* field, Worker& worker, const Work& work) const;
  /// Propagates a wave whose rows are transformed; half done.
  void cross(std::size_t gap, Complex* wave, int direction, Worker& worker) const;
  /// A wave whose rows are transformed becomes n Psi.
  void to_detector(Complex* wave, Worker& worker) const;
  /// The spectrum (in the near field the picture) of chi, / n, becomes chi, half done.
  void from_detector(Complex* wave, Worker& worker) const;

  // cpu_backward.cpp
  void project_one(Stored& pattern, Waves& waves, Worker& worker, PatternEquation* equation);
  /// The exit waves, rows transformed, become chi, half done.
  kernels::RowSums constrain(const Stored& pattern, Waves& waves, Worker& worker) const;
  /// The same in one pass over columns: gaussian, far field.
  kernels::RowSums constrain_columns(const Stored& pattern, Waves& waves, Worker& worker) const;
  /// n Psi becomes D chi / n.
  kernels::RowSums replace(const Stored& pattern, Waves& waves, Worker& worker) const;
  void add_total(Waves& waves, std::size_t row, float* total) const;
  void reflect(Stored& pattern, Waves& waves) const;
  void keep_wave(Stored& pattern, Waves& waves) const;
  void carry_back(std::size_t mode, std::size_t at, Waves& waves, Worker& worker) const;
  /// What of chi is not done yet: its rows.
  enum class Rest : std::uint8_t { none, rows };
  void scatter_probe(const Stored& pattern, std::size_t mode, std::size_t at, Waves& waves, Rest rest,
                     Worker& worker, PatternEquation* equation) const;
  void add_probe_gradient(const Stored& pattern, std::size_t mode, Complex* back, Worker& worker,
                          PatternEquation* equation) const;
  void add_light(std::span<const Slot> batch);
  /// The patch at each pattern's place, in rows begin to end of the map alone.
  void add_patches(Image<float>& map, const Image<float>& patch, std::span<const Slot> slots,
                   std::size_t begin, std::size_t end) const;
  void add_position(std::size_t mode, std::size_t at, Waves& waves, PatternEquation& equation) const;
  void add_weights(std::size_t mode, const Complex* back, const Worker& worker,
                   PatternEquation& equation) const;
  void finish_weights(const Stored& pattern, double model, PatternEquation& equation) const;

  // cpu_directions.cpp
  void gather_directions();
  void gather_probe(std::size_t index, double norm);
  void add_equations(Sample& sample, Worker& worker, StepEquation* equations) const;
  void set_strength(const float* illumination, const float* light, std::size_t count, float* out) const;
  void set_floor();
  void move_probe(double step);

  WorkspaceSpec spec_;
  std::size_t n_, modes_, slices_;
  Fft2d fft_;
  FftPasses passes_;
  ThreadTeam team_;
  std::vector<Stored> patterns_;
  std::vector<Slot> free_slots_;
  Extent extent_;
  std::vector<Image<Complex>> object_, probe_;
  std::vector<FftBuffer> spectrum_;  ///< of the probes, / count: their shifts cost one unscaled inverse each
  /// Propagator / count, one between two slices; in the near field one more to the detector, / n.
  std::vector<Image<Complex>> gap_;
  std::vector<double> probe_power_;  ///< sum |P|^2 of each probe array
  Image<float> probe_intensity_;     ///< of all modes
  Image<float> illumination_;
  bool illumination_changed_ = true;  ///< since `brightest_` was found
  float brightest_ = 0;               ///< of the illumination
  float floor_ = 0;                   ///< what keeps the preconditioner finite
  std::vector<Worker> workers_;
  std::vector<Sample> samples_;
  std::size_t sample_count_ = 0;
  std::vector<PatternEquation> pattern_equations_;
  std::size_t batch_size_ = 0;               ///< 0: no directions wait for an update
  std::array<std::size_t, 2> dirty_rows_{};  ///< object rows with a gradient
  std::vector<Image<Complex>> probe_direction_;
  std::vector<FftBuffer> direction_spectrum_;
};

template <class Work>
void CpuWorkspace::each_column(Complex* field, Worker& worker, const Work& work) const {
  Complex* block = worker.block.get();
  passes_.each_columns([&](std::size_t c, std::size_t width) {
    kernels::gather_block(field + c, {n_, width, n_}, block);
    work(block, c, width);
    kernels::scatter_block(block, {n_, width, n_}, field + c);
  });
}

}  // namespace ptero::ptycho
