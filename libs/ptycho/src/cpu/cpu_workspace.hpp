#pragma once

#include <array>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <ptero/ptycho/workspace.hpp>
#include <vector>

#include "kernels.hpp"
#include "thread_team.hpp"

namespace ptero::ptycho {

/// Each thread takes one pattern through gather, FFT, modulus, inverse FFT and scatter while it is hot in its
/// L2 cache. Threads own a gradient buffer each; they are summed in a fixed order, so within a process
/// results repeat exactly for one number of threads. Other numbers, and other processes (FFTW measures its
/// plans), agree to rounding.
class CpuWorkspace final : public Workspace {
 public:
  explicit CpuWorkspace(const WorkspaceSpec& spec);

  Slot load(const Pattern& pattern, const Placement& placement) override;
  void drop(Slot slot) override;
  Placement placement(Slot slot) const override { return patterns_[slot].placement; }
  Extent extent() const override { return extent_; }
  void grow(const Extent& extent, const Image<Complex>& fill) override;
  void set_object(const Image<Complex>& object) override;
  void set_probe(const Image<Complex>& probe) override;
  void scale(double object_factor, double probe_factor) override;
  void clamp_object(double limit) override;
  void illuminate(std::span<const Slot> slots) override;
  void refresh_illumination(std::span<const Slot> slots) override;
  ErrorSums project(std::span<const Slot> batch, std::span<const std::size_t> sampled) override;
  std::vector<StepEquation> step_equations() override;
  void update(double object_step, double probe_step) override;
  ErrorSums evaluate(std::span<const Slot> slots) override;
  Image<Complex> object() const override { return object_; }
  Image<Complex> probe() const override { return probe_; }
  Image<float> illumination() const override { return illumination_; }

 private:
  struct Stored {
    std::vector<std::uint16_t> amplitude;  ///< empty: the slot is free
    float unit = 1;
    double counts = 0;
    Placement placement;
  };
  /// One thread's arrays.
  struct Worker {
    FftBuffer field, probe;          ///< n x n
    Image<Complex> object_gradient;  ///< shape of the object
    Image<float> light;              ///< of the batch's patterns, shape of the object
    Image<Complex> probe_gradient;   ///< n x n; its spectrum where shifts are sub-pixel
    std::vector<Complex> ramp_row, ramp_col;
    ErrorSums sums;
  };
  /// What `step_equations` needs again of a sampled pattern.
  struct Sample {
    FftBuffer chi, probe;  ///< probe: only where shifts are sub-pixel
    Slot slot = 0;
  };

  /// The patch's corner in the object buffer, checked to lie inside.
  std::size_t corner(const Placement& placement) const;
  void set_ramps(const Placement& placement, Worker& worker) const;
  void shift(const Complex* spectrum, const Placement& placement, Worker& worker, Complex* out) const;
  /// Leaves the unscaled Psi in `field`; returns the pattern's probe, which is in `shifted` where shifts are
  /// sub-pixel.
  const Complex* form_exit_wave(const Stored& pattern, Worker& worker, Complex* field,
                                Complex* shifted) const;
  void project_one(const Stored& pattern, Sample* sample, Worker& worker);
  StepEquation equation_of(const Sample& sample, Worker& worker) const;
  void prepare_probe();
  void gather_directions();
  /// What keeps W off zero.
  float illumination_floor() const;

  WorkspaceSpec spec_;
  std::size_t n_;
  Fft2d fft_;
  ThreadTeam team_;
  std::vector<Stored> patterns_;
  std::vector<Slot> free_slots_;
  Extent extent_;
  Image<Complex> object_, probe_;
  FftBuffer spectrum_;  ///< of the probe, / count: its shifts cost one unscaled inverse each
  Image<float> probe_intensity_;
  Image<float> illumination_;
  std::vector<Worker> workers_;
  std::vector<Sample> samples_;
  std::size_t sample_count_ = 0;
  std::size_t batch_size_ = 0;               ///< 0: no directions wait for an update
  std::array<std::size_t, 2> dirty_rows_{};  ///< object rows the batch touches
  Image<Complex> probe_direction_;
  FftBuffer direction_spectrum_;
};

}  // namespace ptero::ptycho
