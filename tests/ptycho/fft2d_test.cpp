#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <random>

#include "cpu/fft_passes.hpp"

namespace ptero::ptycho {
namespace {

std::vector<Complex> noise(std::size_t count) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<Complex> values(count);
  for (auto& v : values) v = {normal(random), normal(random)};
  return values;
}

TEST(Fft2d, MatchesANaiveDft) {
  const Shape shape{5, 6};
  const auto input = noise(shape.count());
  auto field = input;
  Fft2d(shape).forward(field.data());
  for (std::size_t u = 0; u < shape.rows; ++u)
    for (std::size_t v = 0; v < shape.cols; ++v) {
      std::complex<double> sum = 0;
      for (std::size_t r = 0; r < shape.rows; ++r)
        for (std::size_t c = 0; c < shape.cols; ++c)
          sum += std::complex<double>(input[r * shape.cols + c]) *
                 std::polar(
                     1.0, -2 * std::numbers::pi * (double(u * r) / shape.rows + double(v * c) / shape.cols));
      sum /= std::sqrt(static_cast<double>(shape.count()));
      EXPECT_NEAR(std::abs(std::complex<double>(field[u * shape.cols + v]) - sum), 0, 1e-5);
    }
}

TEST(Fft2d, InverseUndoesForwardOnAlignedAndUnalignedBuffers) {
  const Shape shape{33, 20};
  const auto input = noise(shape.count());
  const Fft2d fft(shape);
  FftBuffer buffer = make_fft_buffer(shape.count() + 1);
  for (Complex* field : {buffer.get(), buffer.get() + 1}) {
    std::copy(input.begin(), input.end(), field);
    fft.forward(field);
    fft.inverse(field);
    for (std::size_t i = 0; i < input.size(); ++i) EXPECT_NEAR(std::abs(field[i] - input[i]), 0, 1e-5);
  }
}

TEST(FftPasses, RowsAndColumnsMakeTheWholeTransform) {
  // Sizes that leave a rest of rows, of columns, of both, and less than one step.
  for (const std::size_t n : {6, 16, 20, 34, 44}) {
    const auto input = noise(n * n);
    const FftBuffer whole = make_fft_buffer(n * n), halves = make_fft_buffer(n * n);
    const FftPasses passes(n);
    const Fft2d fft(Shape{n, n});
    for (const int direction : {1, -1}) {
      std::copy(input.begin(), input.end(), whole.get());
      std::copy(input.begin(), input.end(), halves.get());
      direction > 0 ? fft.forward_unscaled(whole.get()) : fft.inverse_unscaled(whole.get());
      passes.each_rows(
          [&](std::size_t r, std::size_t count) { passes.rows(halves.get() + r * n, count, direction); });
      passes.each_columns([&](std::size_t c, std::size_t width) {
        const FftBuffer block = make_fft_buffer(n * width);
        for (std::size_t r = 0; r < n; ++r)
          std::copy_n(halves.get() + r * n + c, width, block.get() + r * width);
        passes.columns(block.get(), width, direction);
        for (std::size_t r = 0; r < n; ++r)
          std::copy_n(block.get() + r * width, width, halves.get() + r * n + c);
      });
      for (std::size_t i = 0; i < n * n; ++i)
        ASSERT_LT(std::abs(whole[i] - halves[i]), 1e-3) << n << ' ' << direction << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace ptero::ptycho
