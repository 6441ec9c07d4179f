#include "kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ptero::ddip::kernels {
namespace {

TEST(Normalise, GivesMeanZeroAndVarianceOneInsideAReflectedBorder) {
  const Plane plane{5, 6, 2, 0, 1};
  std::vector<double> x(30), y(9 * 10);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1000 + std::sin(static_cast<double>(i * i));
  double mean = 0, inverse = 0;
  normalise<double>(plane, x.data(), 1, 0, y.data(), mean, inverse);
  const auto at = [&](int r, int c) { return y[static_cast<std::size_t>((r + 2) * 10 + c + 2)]; };
  double sum = 0, squares = 0;
  for (int r = 0; r < 5; ++r)
    for (int c = 0; c < 6; ++c) {
      sum += at(r, c);
      squares += at(r, c) * at(r, c);
    }
  EXPECT_NEAR(sum / 30, 0, 1e-9);
  EXPECT_NEAR(squares / 30, 1, 1e-9);
  EXPECT_EQ(at(-1, 0), at(1, 0));
  EXPECT_EQ(at(-2, -1), at(2, 1));
  EXPECT_EQ(at(5, 7), at(3, 3));
}

TEST(Adam, TakesTheLearningRateAlongTheSignFirst) {
  std::vector<float> p{1, 1, 1}, g{0.5F, -3, 0}, m(3), v(3);
  adam<float>({1e-3 / (1 - 0.9), 0.9, 0.999, 1e-8, 1 / std::sqrt(1 - 0.999)}, 3, p.data(), g.data(), m.data(),
              v.data());
  EXPECT_NEAR(p[0], 1 - 1e-3, 1e-6);
  EXPECT_NEAR(p[1], 1 + 1e-3, 1e-6);
  EXPECT_EQ(p[2], 1);
  EXPECT_EQ(g[1], 0) << "cleared for the next step";
  EXPECT_NEAR(m[1], -0.3, 1e-6);
  EXPECT_NEAR(v[1], 0.009, 1e-6);
}

}  // namespace
}  // namespace ptero::ddip::kernels
