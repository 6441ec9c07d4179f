#include "fft_passes.hpp"

#include <fftw3.h>

#include <ptero/core/error.hpp>
#include <string>

namespace ptero::ptycho {

namespace {
fftwf_complex* raw(Complex* p) {
  return reinterpret_cast<fftwf_complex*>(p);
}

/// Transforms of length n, `many` at once, in place; forward and inverse.
struct Pair {
  fftwf_plan forward = nullptr, inverse = nullptr;

  void make(std::size_t n, std::size_t many, std::size_t stride, std::size_t distance, Complex* scratch) {
    if (many == 0) return;
    const int size = static_cast<int>(n);
    const auto plan = [&](int sign) {
      const fftwf_plan made =
          fftwf_plan_many_dft(1, &size, static_cast<int>(many), raw(scratch), nullptr,
                              static_cast<int>(stride), static_cast<int>(distance), raw(scratch), nullptr,
                              static_cast<int>(stride), static_cast<int>(distance), sign, FFTW_MEASURE);
      if (made == nullptr) throw Error("FFTW cannot plan transforms of length " + std::to_string(n));
      return made;
    };
    forward = plan(FFTW_FORWARD);
    inverse = plan(FFTW_BACKWARD);
  }
  void run(Complex* field, int direction) const {
    fftwf_execute_dft(direction > 0 ? forward : inverse, raw(field), raw(field));
  }
  Pair() = default;
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    if (forward != nullptr) fftwf_destroy_plan(forward);
    if (inverse != nullptr) fftwf_destroy_plan(inverse);
  }
};
}  // namespace

struct FftPasses::Plans {
  Pair rows, last_rows, columns, last_columns;
};

FftPasses::FftPasses(std::size_t n) : n_(n), plans_(std::make_unique<Plans>()) {
  PTERO_EXPECT(n % 2 == 0);
  const Fft2d makes_the_planner_safe({2, 2}, Planning::estimated);
  const FftBuffer scratch = make_fft_buffer(n * columns_at_once);
  plans_->rows.make(n, std::min(rows_at_once, n), 1, n, scratch.get());
  plans_->last_rows.make(n, n % rows_at_once, 1, n, scratch.get());
  const std::size_t width = std::min(columns_at_once, n), rest = n % columns_at_once;
  plans_->columns.make(n, width, width, 1, scratch.get());
  plans_->last_columns.make(n, rest, rest, 1, scratch.get());
}

FftPasses::~FftPasses() = default;

void FftPasses::rows(Complex* rows, std::size_t count, int direction) const {
  const bool whole = count == rows_at_once || count == n_;
  PTERO_EXPECT(whole || count == n_ % rows_at_once);
  (whole ? plans_->rows : plans_->last_rows).run(rows, direction);
}

void FftPasses::columns(Complex* block, std::size_t width, int direction) const {
  const bool whole = width == columns_at_once || width == n_;
  PTERO_EXPECT(whole || width == n_ % columns_at_once);
  (whole ? plans_->columns : plans_->last_columns).run(block, direction);
}

}  // namespace ptero::ptycho
