#include <gtest/gtest.h>

#include <ptero/scan/plausible.hpp>
#include <ptero/scan/solver_options.hpp>

namespace ptero::scan {
namespace {

/// Frames of 64 x 64 whose object pixel is 32.3 nm.
SeriesInfo measured() {
  return {
      .frame_shape = {64, 64}, .wavelength_m = 1.54980248e-10, .distance_m = 1, .detector_pixel_m = 75e-6};
}

double pixel_of(const SeriesInfo& info, std::size_t pattern = 0) {
  SolverOptions options;
  options.engine.intake.n = pattern;
  const auto made = set_up(options, info);
  return made ? made->pixel_m : 0;
}

TEST(ObjectPixel, OneThatIsGivenIsThatOfWholeFrames) {
  EXPECT_NEAR(pixel_of(measured()), 32.29e-9, 0.01e-9);
  EXPECT_NEAR(pixel_of(measured(), 48), 32.29e-9 * 64 / 48, 0.01e-9);
  SeriesInfo given{.frame_shape = {64, 64}, .object_pixel_m = 32.29e-9};
  EXPECT_NEAR(pixel_of(given), 32.29e-9, 1e-15);
  EXPECT_NEAR(pixel_of(given, 48), 32.29e-9 * 64 / 48, 1e-15);
}

TEST(ObjectPixel, OneThatContradictsTheGeometryIsSaid) {
  SeriesInfo info = measured();
  EXPECT_TRUE(about_object_pixel({}, info).empty());
  info.object_pixel_m = 32.3e-9;
  EXPECT_TRUE(about_object_pixel({}, info).empty());
  info.object_pixel_m = 10e-9;
  const auto said = about_object_pixel({}, info);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].code, "object_pixel_given");
  EXPECT_NE(said[0].sentence.find("given as 1e-08 m"), std::string::npos) << said[0].sentence;
}

TEST(ObjectPixel, PixelsInThePlaceOfMetresAreNoLengthsAlsoAfterACrop) {
  SeriesInfo info{.frame_shape = {48, 48}, .object_pixel_m = 64.0 / 48};
  EXPECT_EQ(quantities_of(info, false, info.object_pixel_m).object_pixel_m, std::nullopt);
  EXPECT_TRUE(about_object_pixel({}, info).empty());
}

}  // namespace
}  // namespace ptero::scan
