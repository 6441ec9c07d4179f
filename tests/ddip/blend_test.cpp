#include <gtest/gtest.h>

#include <cmath>
#include <ptero/ddip/blend.hpp>

namespace ptero::ddip {
namespace {

Image<float> made_of(Shape shape, std::vector<float> values) {
  Image<float> image(shape);
  std::copy(values.begin(), values.end(), image.pixels().begin());
  return image;
}

TEST(GradientCorrelation, IsThatOfTheModuliOfForwardDifferences) {
  // Moduli at the four pixels with both neighbours: 3, 4, 3, 0 and 1, 0, 1, 2.
  const Image<float> a = made_of({3, 3}, {0, 0, 4, 3, 0, 0, 3, 0, 5});
  const Image<float> b = made_of({3, 3}, {0, 1, 1, 0, 1, 3, 0, 1, 9});
  EXPECT_NEAR(gradient_correlation(a, b), -4 / std::sqrt(9.0 * 2), 1e-6);
  EXPECT_NEAR(correlation(std::vector<float>{1, 2, 3}, std::vector<float>{1, 3, 2}), 0.5, 1e-12);
}

TEST(GradientCorrelation, SeesTheSameEdgesWhateverTheirSignAndOffset) {
  const Blend blend = make_blend({.shape = {64, 64}});
  Image<float> turned = blend.truth[0];
  for (float& v : turned.pixels()) v = 3 - 2 * v;
  EXPECT_NEAR(gradient_correlation(blend.truth[0], turned), 1, 1e-6);
  EXPECT_GT(gradient_correlation(blend.mixed[0], blend.mixed[1]),
            gradient_correlation(blend.truth[0], blend.truth[1]) + 0.1);
}

}  // namespace
}  // namespace ptero::ddip
