#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/image/plot.hpp>

namespace ptero::image {
namespace {

struct Box {
  std::size_t top = SIZE_MAX, left = SIZE_MAX, bottom = 0, right = 0, count = 0;
};

Box box_of(const Image<Rgb>& picture, Rgb colour) {
  Box box;
  for (std::size_t r = 0; r < picture.rows(); ++r)
    for (std::size_t c = 0; c < picture.cols(); ++c)
      if (picture(r, c) == colour) {
        box.top = std::min(box.top, r), box.bottom = std::max(box.bottom, r);
        box.left = std::min(box.left, c), box.right = std::max(box.right, c);
        ++box.count;
      }
  return box;
}

TEST(Curves, FillTheFieldFromTheirFirstPointToTheirLast) {
  const std::vector<Curve> curves{
      {.colour = orange, .x = {0, 5, 10}, .y = {1, 2, 3}, .style = CurveStyle::line}};
  const Image<Rgb> picture = pixels_of(
      render_curves(curves, {.x_range = Range{0, 10}, .y_range = Range{1, 3}, .width = 300, .height = 200}));
  const Box box = box_of(picture, orange);
  EXPECT_NEAR(double(box.right - box.left), 300, 4);
  EXPECT_NEAR(double(box.bottom - box.top), 200, 4);
  // It rises: what is high up lies right.
  std::size_t upper_left = 0;
  for (std::size_t r = 0; r < box.top + 50; ++r)
    for (std::size_t c = 0; c < box.left + 150; ++c) upper_left += picture(r, c) == orange;
  EXPECT_EQ(upper_left, 0U);
}

TEST(Curves, LeaveOutWhatIsNotFiniteAndDrawTheirSpread) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const PlotOptions options{.x_range = Range{0, 2}, .y_range = Range{0, 4}, .width = 200, .height = 200};
  const std::vector<Curve> one{{.colour = green, .x = {0, 1, 2}, .y = {nan, 2, nan}}};
  const Box dot = box_of(pixels_of(render_curves(one, options)), green);
  EXPECT_LE(dot.right - dot.left, 10U);
  const std::vector<Curve> with_spread{{.colour = green, .x = {1}, .y = {2}, .spread = {1}}};
  const Box bar = box_of(pixels_of(render_curves(with_spread, options)), green);
  EXPECT_NEAR(double(bar.bottom - bar.top), 100, 3);
  const std::vector<Curve> nothing{{.x = {1}, .y = {nan}}};
  EXPECT_THROW(render_curves(nothing, options), InputError);
  EXPECT_THROW(render_curves({}, options), InputError);
}

TEST(Arrows, PointWhereTheFieldPoints) {
  Image<float> x(Shape{3, 3}, std::numeric_limits<float>::quiet_NaN()), y = x;
  x(0, 0) = 1;
  y(0, 0) = 0;
  const MapOptions options{.min_side = 300};
  const Box right = box_of(pixels_of(render_arrows(x, y, 1, options)), blue);
  EXPECT_GT(right.right - right.left, 4 * (right.bottom - right.top));
  EXPECT_GE(right.right - right.left, 140U);  // 1.6 spacings of 100
  x(0, 0) = 0;
  y(0, 0) = 5;
  const Box down = box_of(pixels_of(render_arrows(x, y, 1, options)), blue);
  EXPECT_GT(down.bottom - down.top, 4 * (down.right - down.left));
  EXPECT_NEAR(double(down.top), 50, 15);  // from the middle of the cell downwards
  EXPECT_THROW(render_arrows(x, Image<float>(Shape{2, 3}), 1, options), InputError);
}

TEST(Panel, StartsNewRowsAndAlignsThem) {
  std::vector<Picture> pictures;
  for (const auto& one : {Image<Rgb>(Shape{5, 6}, {1, 0, 0}), Image<Rgb>(Shape{9, 4}, {2, 0, 0}),
                          Image<Rgb>(Shape{3, 3}, {3, 0, 0}), Image<Rgb>(Shape{3, 3}, {4, 0, 0})})
    pictures.emplace_back(one);
  const Image<Rgb> all = pixels_of(panel(pictures, "", 2));
  EXPECT_EQ(box_of(all, {3, 0, 0}).top, 9U);
  EXPECT_EQ(box_of(all, {4, 0, 0}).left, box_of(all, {2, 0, 0}).left);
  EXPECT_EQ(box_of(all, {3, 0, 0}).count, 9U);
}

}  // namespace
}  // namespace ptero::image
