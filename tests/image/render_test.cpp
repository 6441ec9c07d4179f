#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/image/render.hpp>
#include <ptero/image/scale_bar.hpp>
#include <vector>

namespace ptero::image {
namespace {

std::size_t count_of(const Image<Rgb>& picture, Rgb colour) {
  return static_cast<std::size_t>(std::count(picture.pixels().begin(), picture.pixels().end(), colour));
}

Image<Rgb> drawn_map(const Image<float>& values, const MapOptions& options) {
  return pixels_of(render_map(values, options));
}

TEST(ScaleBar, IsTheLongestRoundLengthThatFits) {
  struct Case {
    double pixel_m, max_px, length_m;
    const char* label;
  };
  for (const Case& c :
       {Case{10e-9, 130, 1e-6, "1 µm"}, Case{10e-9, 99, 500e-9, "500 nm"}, Case{28.18e-9, 100, 2e-6, "2 µm"},
        Case{1e-9, 50, 50e-9, "50 nm"}, Case{1e-6, 100, 100e-6, "100 µm"}, Case{75e-6, 100, 5e-3, "5 mm"}}) {
    const ScaleBar bar = choose_scale_bar(c.pixel_m, c.max_px);
    EXPECT_NEAR(bar.length_m / c.length_m, 1, 1e-9) << c.label;
    EXPECT_EQ(bar.label, c.label);
    EXPECT_NEAR(bar.length_px, c.length_m / c.pixel_m, 1e-6);
    EXPECT_LE(bar.length_px, c.max_px * 1.0001);
    EXPECT_GT(bar.length_px, c.max_px * 0.39);
  }
}

TEST(RenderMap, SmallMapsGrowToAReadableSizeInWholePixels) {
  Image<float> map(Shape{48, 48}, 1.0F);
  map(10, 20) = std::numeric_limits<float>::quiet_NaN();
  MapOptions options;
  options.nan_colour = {1, 200, 3};
  const Image<Rgb> picture = drawn_map(map, options);
  EXPECT_GE(picture.rows(), 400U);
  EXPECT_GE(picture.cols(), 400U);
  // One cell of 48 across 420 screen pixels or more: 9 x 9.
  EXPECT_EQ(count_of(picture, options.nan_colour), 81U);
}

TEST(RenderMap, LargeMapsShrinkAndOneMissingValueDoesNotSpread) {
  Image<float> map(Shape{100, 3000}, 1.0F);
  map(50, 1500) = std::numeric_limits<float>::quiet_NaN();
  MapOptions options;
  options.nan_colour = {1, 200, 3};
  const Image<Rgb> picture = drawn_map(map, options);
  EXPECT_LT(picture.cols(), 1400U);
  EXPECT_EQ(count_of(picture, options.nan_colour), 0U);
}

TEST(RenderMap, CellsKeepTheirTrueProportions) {
  MapOptions options;
  options.nan_colour = {1, 200, 3};
  Image<float> map(Shape{85, 188}, 0.0F);
  map(40, 90) = std::numeric_limits<float>::quiet_NaN();
  options.pixel_x_m = 0.06e-6;
  options.pixel_y_m = 0.10e-6;
  const Image<Rgb> picture = drawn_map(map, options);
  int first_row = -1, last_row = -1, first_col = 1 << 30, last_col = -1;
  for (int r = 0; r < static_cast<int>(picture.rows()); ++r)
    for (int c = 0; c < static_cast<int>(picture.cols()); ++c)
      if (picture(r, c) == options.nan_colour) {
        if (first_row < 0) first_row = r;
        last_row = r;
        first_col = std::min(first_col, c);
        last_col = std::max(last_col, c);
      }
  EXPECT_EQ(last_col - first_col + 1, 3);
  EXPECT_EQ(last_row - first_row + 1, 5);
}

TEST(RenderMap, TheRangeMapsToTheEndsOfTheColours) {
  const Image<float> map(Shape{1, 3}, {-5.0F, 0.0F, 5.0F});
  MapOptions options;
  options.colours = ColourMap::grey;
  options.range = Range{-1, 1};
  const Image<Rgb> picture = drawn_map(map, options);
  const std::size_t cell = 140 * 140;
  EXPECT_GE(count_of(picture, {0, 0, 0}), cell);
  EXPECT_GE(count_of(picture, {255, 255, 255}), cell);
  EXPECT_GE(count_of(picture, colour_at(ColourMap::grey, 0.5)), cell);
}

TEST(RenderMap, LogarithmicScalingPutsTheGeometricMeanInTheMiddle) {
  const Image<float> map(Shape{1, 3}, {0.0F, 10.0F, 1000.0F});
  MapOptions options;
  options.colours = ColourMap::grey;
  options.scaling = Scaling::logarithmic;
  options.range = Range{0.1, 1000};
  const Image<Rgb> picture = drawn_map(map, options);
  EXPECT_GE(count_of(picture, colour_at(ColourMap::grey, 0.5)), 140U * 140U);
  EXPECT_GE(count_of(picture, {0, 0, 0}), 140U * 140U);
}

TEST(RenderMap, TitleUnitCaptionAndScaleBarTakeRoomAndInk) {
  const Image<float> map(Shape{48, 48}, 1.0F);
  MapOptions plain;
  plain.colours = ColourMap::grey;
  MapOptions full = plain;
  full.title = "T";
  full.unit = "photons";
  full.caption =
      "a caption that is much wider than the map itself, so that the picture must become wider too";
  full.pixel_x_m = 0.15e-6;
  const Image<Rgb> a = drawn_map(map, plain), b = drawn_map(map, full);
  EXPECT_GE(b.rows(), a.rows() + 60);
  EXPECT_GT(b.cols(), a.cols());
  const Rgb ink{40, 40, 46};
  // 432 screen pixels are 7.2 um: the bar is 2 um, 120 x 5 pixels.
  EXPECT_GE(count_of(b, ink), count_of(a, ink) + 600);
}

TEST(RenderMap, DrawsMapsWithoutContrastOrWithoutValues) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NO_THROW(render_map(Image<float>(Shape{3, 3}, nan), {}));
  EXPECT_NO_THROW(render_map(Image<float>(Shape{3, 3}, 0.0F), {.scaling = Scaling::logarithmic}));
  EXPECT_NO_THROW(render_map(Image<float>(Shape{1, 1}, -1e30F), {}));
  EXPECT_THROW(render_map(Image<float>(), {}), InputError);
}

TEST(RangeAroundMean, LeavesOutWhatIsNoNumber) {
  const Image<float> values(Shape{1, 5}, {1, 5, std::numeric_limits<float>::quiet_NaN(), 3, 3});
  const Range range = range_around_mean(values, 2);
  EXPECT_NEAR(range.low, 3 - 2 * std::sqrt(2), 1e-12);
  EXPECT_NEAR(range.high, 3 + 2 * std::sqrt(2), 1e-12);
}

TEST(RenderLabels, GivesEveryClassItsArea) {
  Image<std::uint8_t> labels(Shape{10, 10}, std::uint8_t{0});
  for (std::size_t i = 0; i < 20; ++i) labels.data()[i] = 1;
  const std::vector<LabelStyle> styles{{"background", {9, 9, 9}}, {"selected", {200, 100, 0}}};
  const Image<Rgb> picture = pixels_of(render_labels(labels, styles, {}));
  // 42 x 42 screen pixels a cell, and a legend box of 16 x 16.
  EXPECT_EQ(count_of(picture, styles[1].colour), 20U * 42 * 42 + 256);
  EXPECT_EQ(count_of(picture, styles[0].colour), 80U * 42 * 42 + 256);
}

TEST(Panel, HoldsEveryPictureUnchanged) {
  const std::vector<Picture> pictures{Picture(Image<Rgb>(Shape{5, 6}, {1, 2, 3})),
                                      Picture(Image<Rgb>(Shape{9, 4}, {4, 5, 6}))};
  const Image<Rgb> all = pixels_of(panel(pictures, "µ"));
  EXPECT_EQ(count_of(all, {1, 2, 3}), 30U);
  EXPECT_EQ(count_of(all, {4, 5, 6}), 36U);
  EXPECT_THROW(panel({}), InputError);
}

TEST(PhaseOf, TakesTheMeanPhaseAway) {
  Image<std::complex<float>> object(Shape{1, 100}, std::polar(1.0F, 3.0F));
  object(0, 50) = std::polar(1.0F, 3.5F);  // beyond pi: wraps unless the mean is removed
  const Image<float> phase = phase_of(object);
  EXPECT_NEAR(phase(0, 50) - phase(0, 0), 0.5, 1e-5);
  EXPECT_NEAR(phase(0, 0), 0, 0.01);
  EXPECT_NEAR(amplitude_of(object)(0, 50), 1, 1e-6);
}

}  // namespace
}  // namespace ptero::image
