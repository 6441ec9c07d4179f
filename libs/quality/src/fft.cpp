#include "fft.hpp"

#include <fftw3.h>

#include <cmath>
#include <numbers>
#include <ptero/core/error.hpp>
#include <string>

namespace ptero::quality {

void transform(Image<Complex>& image, Direction direction) {
  // Other rooms plan transforms too, on threads of their own.
  [[maybe_unused]] static const bool safe = [] {
    fftwf_make_planner_thread_safe();
    return true;
  }();
  auto* data = reinterpret_cast<fftwf_complex*>(image.data());
  const fftwf_plan plan =
      fftwf_plan_dft_2d(static_cast<int>(image.rows()), static_cast<int>(image.cols()), data, data,
                        direction == Direction::forward ? FFTW_FORWARD : FFTW_BACKWARD, FFTW_ESTIMATE);
  if (plan == nullptr)
    throw Error("FFTW cannot plan a transform of " + std::to_string(image.rows()) + " x " +
                std::to_string(image.cols()));
  fftwf_execute(plan);
  fftwf_destroy_plan(plan);
}

double frequency(std::size_t k, std::size_t count) {
  return (static_cast<double>(k) - (k < (count + 1) / 2 ? 0.0 : static_cast<double>(count))) /
         static_cast<double>(count);
}

namespace {
constexpr int side = 21;  // points of a grid along one axis
using Wide = std::complex<double>;

// exp(-2 pi i p r) for r = 0, 1, ...
std::vector<Wide> waves(double p, std::size_t count) {
  std::vector<Wide> out(count);
  for (std::size_t r = 0; r < count; ++r)
    out[r] = std::polar(1.0, -2 * std::numbers::pi * std::fmod(p * static_cast<double>(r), 1.0));
  return out;
}

Point best_of_grid(const Image<Complex>& field, Point centre, Point step) {
  std::vector<std::vector<Wide>> along_rows, along_cols;
  for (int k = 0; k < side; ++k) {
    along_rows.push_back(waves(centre.rows + (k - side / 2) * step.rows, field.rows()));
    along_cols.push_back(waves(centre.cols + (k - side / 2) * step.cols, field.cols()));
  }
  std::vector<Wide> sums(side * side);
  for (std::size_t r = 0; r < field.rows(); ++r)
    for (int j = 0; j < side; ++j) {
      double re = 0, im = 0;
      for (std::size_t c = 0; c < field.cols(); ++c) {
        const Complex f = field(r, c);
        const Wide w = along_cols[static_cast<std::size_t>(j)][c];
        re += double{f.real()} * w.real() - double{f.imag()} * w.imag();
        im += double{f.real()} * w.imag() + double{f.imag()} * w.real();
      }
      for (int i = 0; i < side; ++i)
        sums[static_cast<std::size_t>(i * side + j)] +=
            Wide(re, im) * along_rows[static_cast<std::size_t>(i)][r];
    }
  int best = side * side / 2;  // a tie stays where it started
  for (int k = 0; k < side * side; ++k)
    if (std::norm(sums[static_cast<std::size_t>(k)]) >
        std::norm(sums[static_cast<std::size_t>(best)]) * (1 + 1e-12))
      best = k;
  return {centre.rows + (best / side - side / 2) * step.rows,
          centre.cols + (best % side - side / 2) * step.cols};
}
}  // namespace

Point refine_peak(const Image<Complex>& field, Point start, Point reach) {
  constexpr int levels = 4;
  Point step{reach.rows / (side / 2), reach.cols / (side / 2)};
  for (int level = 0; level < levels; ++level) {
    start = best_of_grid(field, start, step);
    // The next grid reaches twice as far as this one's step.
    step = {step.rows * 2 / (side / 2), step.cols * 2 / (side / 2)};
  }
  return start;
}

}  // namespace ptero::quality
