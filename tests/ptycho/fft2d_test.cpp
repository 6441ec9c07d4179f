#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <ptero/ptycho/cpu/fft2d.hpp>
#include <random>

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

}  // namespace
}  // namespace ptero::ptycho
