#include "studies/lin2023/lin2023.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include <ptero/image/png.hpp>

#include "support/scratch.hpp"

namespace ptero::tools {
namespace {

TEST(FigureNumbers, AreWrittenBesideThePapers) {
  FigureNumbers numbers;
  numbers.add({"fig. 1", "frames", 10, 9.5, "fewer"});
  numbers.add({"fig. 2", "SSIM", std::nullopt, std::nan(""), ""});
  numbers.reduced("less of it");
  const auto json = nlohmann::json::parse(numbers.json());
  EXPECT_EQ(json["numbers"][0]["paper"], 10);
  EXPECT_EQ(json["numbers"][0]["ours"], 9.5);
  EXPECT_TRUE(json["numbers"][1]["paper"].is_null());
  EXPECT_TRUE(json["numbers"][1]["ours"].is_null());
  EXPECT_EQ(json["reduced"][0], "less of it");
  EXPECT_EQ(numbers.ours("frames"), 9.5);
  EXPECT_FALSE(numbers.ours("anything else"));
}

/// 6 x 5 frames with one segment: T falls by half and the centre of mass moves in the middle of the scan.
RoiCase hand_made(const RasterPlan& plan) {
  RoiCase scan{.layout = roi::ScanLayout::raster(plan)};
  for (FrameId id = 0; id < plan.count(); ++id) {
    const bool inside = plan.row_of(id) == 2 && plan.col_of(id) == 2;
    const roi::SegmentFeatures f{inside ? 500.0 : 1000.0 + double(id % 3),
                                 inside ? 12.0 : 10.0 + 0.01 * double(id % 2), 20 + 0.01 * double(id % 5)};
    scan.tables[1].add({.id = id, .position = Position{}, .features = {.whole = f, .segments = {f}}});
  }
  return scan;
}

TEST(SegmentMaps, ThresholdedGiveTheVotesOfTheClassifier) {
  const RasterPlan plan{6, 5, 1e-6, 1e-6};
  const RoiCase scan = hand_made(plan);
  const SegmentMaps maps = segment_maps(scan, plan, 1, 0);
  const auto answer =
      roi::classify(scan.tables.at(1), scan.layout, {.mode = roi::Mode::paper, .segments = 1});
  std::size_t low = 0, high = 0;
  for (const float t : maps.log_total.pixels()) low += t < answer.cuts[0].threshold;
  for (const float m : maps.log_magnitude.pixels()) high += m > answer.cuts[1].threshold;
  EXPECT_EQ(low, answer.cuts[0].votes);
  EXPECT_EQ(high, answer.cuts[1].votes);
  EXPECT_EQ(low, 9u);  // the one frame and its eight neighbours
  double sum = 0, squares = 0;
  for (const float x : maps.com_x.pixels()) sum += x, squares += double{x} * x;
  EXPECT_NEAR(sum, 0, 1e-3);
  EXPECT_NEAR(squares / 30, 1, 1e-4);
}

TEST(FigureGrid, FindsTheScanCellUnderAPixel) {
  // 3 x 4 frames in steps of 10 x 20 pixels about the pixel (100, 100) of the grid.
  const FigureGrid grid{.extent = {-100, -100, {200, 200}}, .pixel_m = 1, .plan = {3, 4, 10, 20}};
  EXPECT_EQ(grid.cell_at(100, 105), FrameId{1 * 4 + 2});
  EXPECT_EQ(grid.cell_at(80, 85), FrameId{0});
  EXPECT_EQ(grid.cell_at(120, 115), FrameId{2 * 4 + 3});
  EXPECT_FALSE(grid.cell_at(131, 100));
  EXPECT_FALSE(grid.cell_at(100, 79));
}

TEST(Lin2023, QuickFormDrawsEveryFigureAndFillsInEveryNumber) {
  const test::Scratch scratch;
  const std::filesystem::path out = scratch / "figures";
  std::filesystem::create_directory(out);
  std::set<std::string> heard;
  const FigureNumbers numbers =
      make_lin2023({.out = out, .quick = true}, [&](const std::string& line) { heard.insert(line); });
  for (const char* name :
       {"fig1", "fig2", "fig3", "fig5", "fig5_dose", "fig6", "fig7", "fig8", "fig9", "fig10"}) {
    const auto picture = image::read_png(out / (std::string(name) + ".png"));
    EXPECT_GT(picture.cols(), 400u) << name;
    const std::set<int> greens = [&] {
      std::set<int> values;
      for (const auto& pixel : picture.pixels()) values.insert(pixel.g);
      return values;
    }();
    EXPECT_GT(greens.size(), 4u) << name << " is blank";
  }
  EXPECT_GT(heard.size(), 20u);
  EXPECT_FALSE(nlohmann::json::parse(numbers.json())["reduced"].empty());
  for (const FigureNumber& number : numbers.all())
    EXPECT_TRUE(number.ours && std::isfinite(*number.ours)) << number.name;

  // In kind as the paper, small as this is.
  EXPECT_NEAR(*numbers.ours("nanosheets: RoI, % of the frames"), 20, 5);
  EXPECT_GT(*numbers.ours("SSIM with the full reconstruction, border +1"),
            *numbers.ours("SSIM with the full reconstruction, border -1"));
  EXPECT_LE(*numbers.ours("SSIM with the full reconstruction, border +1"), 1);
  EXPECT_GT(*numbers.ours("small particles found, of 6, S = 8"),
            *numbers.ours("small particles found, of 6, S = 1"));
  EXPECT_GT(*numbers.ours("small particles: RoI, % of the frames, S = 8"),
            *numbers.ours("small particles: RoI, % of the frames, S = 1"));
  EXPECT_EQ(*numbers.ours("small particles found by STXM, of 6"), 0);
}

}  // namespace
}  // namespace ptero::tools
