#include <fftw3.h>

#include <cmath>
#include <ptero/core/error.hpp>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <string>

namespace ptero::ptycho {

namespace {
// Execution is thread-safe in any case; planning only after this, and other rooms plan transforms too.
void make_planner_safe() {
  [[maybe_unused]] static const bool safe = [] {
    fftwf_make_planner_thread_safe();
    return true;
  }();
}

fftwf_complex* raw(Complex* p) {
  return reinterpret_cast<fftwf_complex*>(p);
}

fftwf_plan make_plan(Shape shape, Complex* buffer, int sign, unsigned flags) {
  fftwf_plan plan = fftwf_plan_dft_2d(static_cast<int>(shape.rows), static_cast<int>(shape.cols), raw(buffer),
                                      raw(buffer), sign, flags);
  if (plan == nullptr)
    throw Error("FFTW cannot plan a transform of " + std::to_string(shape.rows) + " x " +
                std::to_string(shape.cols));
  return plan;
}
}  // namespace

void FftFree::operator()(Complex* p) const {
  fftwf_free(p);
}

FftBuffer make_fft_buffer(std::size_t count) {
  auto* p = static_cast<Complex*>(fftwf_malloc(count * sizeof(Complex)));
  if (p == nullptr) throw std::bad_alloc();
  return FftBuffer(p);
}

struct Fft2d::Plans {
  fftwf_plan forward, inverse, forward_unaligned, inverse_unaligned;
};

Fft2d::Fft2d(Shape shape, Planning planning) : shape_(shape), plans_(std::make_unique<Plans>()) {
  make_planner_safe();
  FftBuffer scratch = make_fft_buffer(shape.count());
  const unsigned effort = planning == Planning::measured ? FFTW_MEASURE : FFTW_ESTIMATE;
  plans_->forward = make_plan(shape, scratch.get(), FFTW_FORWARD, effort);
  plans_->inverse = make_plan(shape, scratch.get(), FFTW_BACKWARD, effort);
  plans_->forward_unaligned = make_plan(shape, scratch.get(), FFTW_FORWARD, FFTW_ESTIMATE | FFTW_UNALIGNED);
  plans_->inverse_unaligned = make_plan(shape, scratch.get(), FFTW_BACKWARD, FFTW_ESTIMATE | FFTW_UNALIGNED);
}

Fft2d::~Fft2d() {
  for (fftwf_plan plan :
       {plans_->forward, plans_->inverse, plans_->forward_unaligned, plans_->inverse_unaligned})
    fftwf_destroy_plan(plan);
}

namespace {
void execute(fftwf_plan aligned, fftwf_plan unaligned, Complex* field) {
  const bool is_aligned = fftwf_alignment_of(reinterpret_cast<float*>(field)) == 0;
  fftwf_execute_dft(is_aligned ? aligned : unaligned, raw(field), raw(field));
}

// FFTW does not normalise; 1/sqrt(count) each way makes both transforms unitary.
void make_unitary(Complex* field, std::size_t count) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(count));
  auto* values = reinterpret_cast<float*>(field);
  for (std::size_t i = 0; i < 2 * count; ++i) values[i] *= scale;
}
}  // namespace

void Fft2d::forward_unscaled(Complex* field) const {
  execute(plans_->forward, plans_->forward_unaligned, field);
}

void Fft2d::inverse_unscaled(Complex* field) const {
  execute(plans_->inverse, plans_->inverse_unaligned, field);
}

void Fft2d::forward(Complex* field) const {
  forward_unscaled(field);
  make_unitary(field, shape_.count());
}

void Fft2d::inverse(Complex* field) const {
  inverse_unscaled(field);
  make_unitary(field, shape_.count());
}

}  // namespace ptero::ptycho
