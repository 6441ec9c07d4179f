#pragma once

#include <cstdint>
#include <memory>
#include <ptero/ptycho/forward_model.hpp>

namespace ptero::ptycho {

/// How FFTW chooses a plan. Measured plans are fast, but which one wins varies from process to process, and
/// the last bits with it; estimated ones always repeat.
enum class Planning : std::uint8_t { measured, estimated };

/// A unitary two-dimensional FFT of one fixed shape, in place, zero frequency at [0, 0]. The plan is built
/// once. `forward` and `inverse` may be called from several threads at once, on different arrays. Buffers
/// should come from `make_fft_buffer`: an unaligned one works but runs a slower plan.
class Fft2d {
 public:
  /// Throws Error when FFTW cannot plan the shape.
  explicit Fft2d(Shape shape, Planning planning = Planning::measured);
  ~Fft2d();
  Fft2d(const Fft2d&) = delete;
  Fft2d& operator=(const Fft2d&) = delete;

  Shape shape() const { return shape_; }
  void forward(Complex* field) const;
  void inverse(Complex* field) const;
  /// The same without the factor 1/sqrt(count): on hot paths it rides along in a neighbouring loop.
  void forward_unscaled(Complex* field) const;
  void inverse_unscaled(Complex* field) const;

 private:
  struct Plans;
  Shape shape_;
  std::unique_ptr<Plans> plans_;
};

struct FftFree {
  void operator()(Complex* p) const;
};
using FftBuffer = std::unique_ptr<Complex[], FftFree>;
/// Uninitialised, aligned for SIMD.
FftBuffer make_fft_buffer(std::size_t count);

}  // namespace ptero::ptycho
