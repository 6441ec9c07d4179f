#include "reader_fixture.hpp"

namespace ptero::scanfile {
namespace {

TEST_F(Reader, PositionsInEveryShapeAndUnit) {
  make_plain(
      "p = np.stack([np.arange(6.), 10 + np.arange(6.), np.zeros(6)], 1); h['n3'] = p; h['k3'] = p.T\n"
      "h['n2'] = p[:, :2]; h['k2'] = p[:, :2].T; h['x'] = p[:, 0]; h['y'] = p[:, 1:2]\n"
      "h['um'] = p; h['um'].attrs['units'] = 'um'");
  for (const char* spec : {"n3", "k3", "n2", "k2", "x,y"}) {
    const SeriesReader reader(path, {.positions = spec, .position_unit = PositionUnit::nm});
    EXPECT_DOUBLE_EQ(reader.positions()[5]->x_m, 5e-9) << spec;
    EXPECT_DOUBLE_EQ(reader.positions()[5]->y_m, 15e-9) << spec;
  }
  EXPECT_DOUBLE_EQ(SeriesReader(path, {.positions = "um"}).positions()[5]->y_m, 15e-6);
}

TEST_F(Reader, SignSwapScaleOffsetRotationInThatOrder) {
  make_plain("h['p'] = np.tile([[1.0, 2.0]], (6, 1))");
  const SeriesReader reader(path, {.positions = "p",
                                   .position_unit = PositionUnit::um,
                                   .position_axes = PositionAxes::yx,
                                   .position_sign = {-1, 1},
                                   .position_offset_m = {1e-6, 0},
                                   .rotation_deg = 90});
  // (1, 2) -> sign (-1, 2) -> swap (2, -1) -> um -> offset (3, -1) um -> (x', y') = (-y, x) = (1, 3) um.
  EXPECT_NEAR(reader.positions()[0]->x_m, 1e-6, 1e-18);
  EXPECT_NEAR(reader.positions()[0]->y_m, 3e-6, 1e-18);
}

TEST_F(Reader, NanPositionsLeaveFramesUnpositioned) {
  make_plain("p = np.ones((6, 2)) * 1e-6; p[2, 1] = np.nan; p[4] = np.inf; h['p'] = p");
  const SeriesReader reader(path, {.positions = "p"});
  EXPECT_EQ(reader.unpositioned_count(), 2u);
  EXPECT_FALSE(reader.frame(2).position);
  EXPECT_TRUE(reader.frame(3).position);
  EXPECT_EQ(reader.warnings(), (Warnings{{"unpositioned", "2 of 6 frames have no position"}}));
}

TEST_F(Reader, DifferentNumbersAreRefusedOrTruncated) {
  make_plain("h['p'] = np.ones((5, 2)) * 1e-6");
  EXPECT_EQ(refusal({.positions = "p"}),
            "the numbers of frames and positions differ: 6 frames in /frames of FILE, 5 positions in /p of "
            "FILE; name "
            "the matching dataset with --positions, or select frames with --frames A:B");
  const SeriesReader reader(path, {.positions = "p", .count_policy = CountPolicy::truncate});
  EXPECT_EQ(reader.unpositioned_count(), 1u);
  EXPECT_TRUE(reader.frame(4).position);
  EXPECT_FALSE(reader.frame(5).position);
  EXPECT_EQ(
      SeriesReader(path, {.positions = "raster:1x5", .step_x_m = 1e-6, .count_policy = CountPolicy::truncate})
          .unpositioned_count(),
      1u);
}

TEST_F(Reader, SelectedRowsOfARaster) {
  make_plain();
  EXPECT_EQ(SeriesReader(path, {.positions = "raster:3x2", .frames = {{2, 6}}}).info().raster,
            (RasterPlan{.rows = 2, .cols = 2}));
  EXPECT_EQ(SeriesReader(path, {.positions = "raster:2x2", .frames = {{0, 4}}}).info().raster,
            (RasterPlan{.rows = 2, .cols = 2}));
  EXPECT_EQ(refusal({.positions = "raster:3x2", .frames = {{1, 6}}}),
            "the selected frames are not whole rows of raster:3x2; select whole rows with --frames, or give "
            "the step "
            "with --step");
  const SeriesReader snake(path, {.positions = "snake:3x2", .step_x_m = 1e-6, .step_y_m = 2e-6});
  EXPECT_EQ(snake.positions()[2], (Position{1e-6, 2e-6}));
}

}  // namespace
}  // namespace ptero::scanfile
