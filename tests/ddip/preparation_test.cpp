#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/ddip/preparation.hpp>

namespace ptero::ddip {
namespace {

Image<float> ramped(Shape shape, float slope) {
  Image<float> image(shape);
  for (std::size_t r = 0; r < image.rows(); ++r)
    for (std::size_t c = 0; c < image.cols(); ++c) image(r, c) = slope * static_cast<float>(r + 2 * c);
  return image;
}

std::string refusal(const std::vector<Image<float>>& slices) {
  try {
    prepare(slices);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Prepare, ScalesJointlyAndPadsToMultiplesOfEight) {
  const std::vector<Image<float>> slices{ramped({33, 75}, 1), ramped({33, 75}, -3)};
  const Prepared prepared = prepare(slices);
  EXPECT_EQ(prepared.images[0].shape(), (Shape{72, 80}));
  EXPECT_EQ(prepared.low, -3 * (32 + 148));
  EXPECT_EQ(prepared.high, 32 + 148);
  for (std::size_t i = 0; i < 2; ++i) {
    const Image<float> back = restored(prepared, prepared.images[i].pixels());
    ASSERT_EQ(back.shape(), slices[i].shape());
    for (std::size_t p = 0; p < back.size(); ++p) ASSERT_NEAR(back.pixels()[p], slices[i].pixels()[p], 1e-3);
  }
  // The border is a reflection that does not repeat the edge.
  EXPECT_EQ(prepared.images[0](prepared.top - 1, 40), prepared.images[0](prepared.top + 1, 40));
}

TEST(Prepare, LeavesWhatFitsAsItIs) {
  const Prepared prepared = prepare(std::vector<Image<float>>{ramped({272, 80}, 1), ramped({272, 80}, 2)});
  EXPECT_EQ(prepared.images[0].shape(), (Shape{272, 80}));
  EXPECT_EQ(prepared.top, 0U);
}

TEST(Prepare, RefusesInOneSentence) {
  const auto good = ramped({40, 40}, 1);
  EXPECT_EQ(refusal({good}), "a separation needs at least two slices (there is 1)");
  EXPECT_EQ(refusal({good, ramped({40, 41}, 1)}),
            "slice 2 is 40 x 41 pixels, slice 1 40 x 40; all slices must have one shape");
  EXPECT_EQ(refusal({ramped({31, 40}, 1), ramped({31, 40}, 1)}),
            "the slices are 31 x 40 pixels (too small for five levels); give at least 32 x 32");
  EXPECT_EQ(refusal({good, Image<float>({40, 40}, 3.0F)}),
            "slice 2 has the same value everywhere; there is nothing to separate");
  Image<float> broken = good;
  broken(3, 7) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(
      refusal({broken, good}),
      "slice 1 holds a value that is no number, at row 3, column 7; crop to where the reconstruction is lit");
}

TEST(Phase, LosesItsRampAndMean) {
  Image<std::complex<float>> object({48, 40});
  for (std::size_t r = 0; r < 48; ++r)
    for (std::size_t c = 0; c < 40; ++c) {
      const float bump = (r - 24.0F) * (r - 24.0F) + (c - 20.0F) * (c - 20.0F) < 50 ? -0.5F : 0.0F;
      object(r, c) = std::polar(0.9F, bump + 0.7F * static_cast<float>(r) - 0.3F * static_cast<float>(c) + 2);
    }
  const Image<float> phase = phase_without_ramp(object);
  EXPECT_NEAR(phase(24, 20) - phase(2, 2), -0.5, 0.02);
  EXPECT_NEAR(phase(45, 37) - phase(2, 2), 0, 0.02);
}

TEST(FullyLit, IsTheRectangleWithoutDarkPixels) {
  Image<float> coverage({50, 60});
  for (std::size_t r = 10; r < 45; ++r)
    for (std::size_t c = 5; c < 50; ++c) coverage(r, c) = 1;
  const Window window = fully_lit(coverage);
  EXPECT_EQ(window.top, 10U);
  EXPECT_EQ(window.left, 5U);
  EXPECT_EQ(window.shape, (Shape{35, 45}));
  EXPECT_EQ(fully_lit(Image<float>({8, 8})).shape.count(), 0U);
}

TEST(WithPhase, KeepsModulusRampAndOutside) {
  Image<std::complex<float>> object({40, 40});
  Image<float> wanted({20, 20});
  for (std::size_t r = 0; r < 40; ++r)
    for (std::size_t c = 0; c < 40; ++c) {
      const float detail =
          0.3F * std::sin(0.9F * static_cast<float>(r)) * std::cos(0.8F * static_cast<float>(c));
      object(r, c) = std::polar(1.5F, detail + 0.1F * static_cast<float>(r));
      if (r >= 10 && r < 30 && c >= 10 && c < 30) wanted(r - 10, c - 10) = 5 + 2 * detail;
    }
  // The same phase in another scale changes nothing.
  const auto out = with_phase(object, {10, 10, {20, 20}}, wanted);
  for (std::size_t i = 0; i < out.size(); ++i)
    ASSERT_LT(std::abs(out.pixels()[i] - object.pixels()[i]), 0.05F);
  EXPECT_EQ(out(3, 3), object(3, 3));
}

}  // namespace
}  // namespace ptero::ddip
