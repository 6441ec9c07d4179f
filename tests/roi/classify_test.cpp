#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/roi/batch.hpp>
#include <ptero/roi/map.hpp>
#include <string>

#include "kmeans.hpp"
#include "neighbours.hpp"
#include "region.hpp"

namespace ptero::roi {
namespace {

using Picture = std::vector<std::string>;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

TEST(Kmeans, ByHand) {
  // Starts at 0 and 10: {0 1 2 5} with the tie going low, then 2 and 9.5: {0 1 2 5}, {9 10}.
  const std::vector<double> values{0, 1, 2, 5, none, 9, 10};
  EXPECT_EQ(kmeans(values, 2), (std::vector<double>{2, 9.5}));
  EXPECT_EQ(nearest(std::vector<double>{2.0, 4.0}, 3), 0u);
  // Ten iterations at most: one leaves the centres where the first assignment put them.
  EXPECT_EQ(kmeans(std::vector<double>{0, 4, 6, 7, 10}, 2, 1), (std::vector<double>{2, 23.0 / 3}));
}

TEST(Kmeans, ThreeClustersAndDegenerateInput) {
  EXPECT_EQ(kmeans(std::vector<double>{0, 1, 10, 11, 20, 21}, 3), (std::vector<double>{0.5, 10.5, 20.5}));
  EXPECT_EQ(kmeans(std::vector<double>{3, 3}, 2), (std::vector<double>{3, 3}));
  EXPECT_TRUE(kmeans(std::vector<double>{none}, 2).empty());
}

struct Drawn {
  FeatureTable table;
  ScanLayout layout = ScanLayout::scattered();
  RasterPlan plan;
};

/// One frame a character, ' ' = a hole, 'd' = dark; '#' absorbs half. With positions the grid is 0.1 wide.
Drawn draw(const Picture& picture, bool by_position, ScanOrder order = ScanOrder::raster) {
  Drawn drawn;
  drawn.plan = {.rows = picture.size(), .cols = picture[0].size(), .order = order};
  if (!by_position) drawn.layout = ScanLayout::raster(drawn.plan);
  for (FrameId id = 0; id < drawn.plan.count(); ++id) {
    const std::size_t row = drawn.plan.row_of(id), col = drawn.plan.col_of(id);
    const char c = picture[row][col];
    if (c == ' ') continue;
    const SegmentFeatures f{c == 'd' ? 0.0 : c == '#' ? 50.0 : 100.0, 3, 4};
    drawn.table.add({.id = id,
                     .position = Position{0.1 * static_cast<double>(col), 0.1 * static_cast<double>(row)},
                     .features = {.whole = f, .segments = {f}}});
  }
  return drawn;
}

/// What shape_region makes of the '#', without the features' opinion.
Picture shaped(const Picture& picture, const RoiOptions& options, bool by_position) {
  const Drawn drawn = draw(picture, by_position);
  const Cohort cohort = gather(drawn.table, drawn.layout, options, all_of(drawn.table));
  std::vector<std::uint8_t> chosen;
  for (const FrameRecord* frame : cohort.frames) chosen.push_back(frame->features.whole.total == 50);
  shape_region(cohort, find_neighbours(cohort, drawn.layout), drawn.layout, options, chosen);
  Picture result = picture;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    const FrameId id = cohort.frames[i]->id;
    char& c = result[drawn.plan.row_of(id)][drawn.plan.col_of(id)];
    if (c != 'd') c = chosen[i] ? '#' : '.';
  }
  return result;
}

TEST(Region, GrowsBySquaresOnAGridAndByDistanceElsewhere) {
  const Picture before{".....", ".....", "..#..", "...d.", "....."};
  EXPECT_EQ(shaped(before, {.border = 1}, false), (Picture{".....", ".###.", ".###.", ".##d.", "....."}));
  EXPECT_EQ(shaped(before, {.border = 1}, true), (Picture{".....", "..#..", ".###.", "..#d.", "....."}));
}

TEST(Region, ShrinksAndTheOutsideIsBackground) {
  const Picture before{"####.", "####.", "####.", "####.", "....."};
  EXPECT_EQ(shaped(before, {.border = -1}, false), (Picture{".....", ".##..", ".##..", ".....", "....."}));
  EXPECT_EQ(shaped(before, {.border = -1}, true), (Picture{".....", ".##..", ".##..", ".....", "....."}));
}

TEST(Region, FillsWhatDoesNotReachTheEdge) {
  const Picture before{".......", ".####..", ".#..#..", ".#. ##.", ".##..#.", "..####.", "......."};
  const Picture after{".......", ".####..", ".####..", ".## ##.", ".#####.", "..####.", "......."};
  EXPECT_EQ(shaped(before, {.fill_in = FillIn::on}, false), after);
  EXPECT_EQ(shaped({"...", ".#.", "#.#", ".#."}, {.fill_in = FillIn::on}, false),
            (Picture{"...", ".#.", "###", ".#."}));
  const Picture wide{".......", ".#####.", ".#...#.", ".#...#.", ".#...#.", ".#####.", "......."};
  Picture filled = wide;
  for (std::size_t r = 2; r < 5; ++r) filled[r] = ".#####.";
  EXPECT_EQ(shaped(wide, {.fill_in = FillIn::on}, true), filled);
}

TEST(Neighbours, PositionsOnAGridGiveThatGrid) {
  const Picture all(9, std::string(12, '.'));
  const Drawn grid = draw(all, false, ScanOrder::snake), free = draw(all, true, ScanOrder::snake);
  const RoiOptions options{.segments = 1};
  const Cohort a = gather(grid.table, grid.layout, options, all_of(grid.table));
  const Cohort b = gather(free.table, free.layout, options, all_of(free.table));
  const Neighbours on_grid = find_neighbours(a, grid.layout), by_position = find_neighbours(b, free.layout);
  EXPECT_NEAR(by_position.step_m, 0.1, 1e-12);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::vector<std::uint32_t> x(on_grid.of(i).begin(), on_grid.of(i).end());
    std::vector<std::uint32_t> y(by_position.of(i).begin(), by_position.of(i).end());
    std::sort(x.begin(), x.end());
    std::sort(y.begin(), y.end());
    EXPECT_EQ(x, y);
  }
}

TEST(Classify, UnpositionedFramesAreNotClassified) {
  FeatureTable table;
  for (FrameId id : {0, 1, 2, 9}) {
    const SegmentFeatures f{100.0 + static_cast<double>(id), 1, 1};
    table.add({.id = id, .features = {.whole = f, .segments = {f}}});
  }
  const RoiOptions options{.mode = Mode::paper, .segments = 1};
  const Classification on_grid = classify(table, ScanLayout::raster({.rows = 1, .cols = 4}), options);
  EXPECT_EQ(on_grid.ids, (std::vector<FrameId>{0, 1, 2, 9}));
  EXPECT_EQ(on_grid.count(Label::unpositioned), 1u);
  EXPECT_EQ(on_grid.labels[3], Label::unpositioned);
  EXPECT_EQ(classify(table, ScanLayout::scattered(), options).count(Label::unpositioned), 4u);
}

TEST(Classify, AFieldWithoutAnyContrastIsKeptWhole) {
  const Drawn drawn = draw({"....", "....", "...."}, false);
  const Classification result = classify(drawn.table, drawn.layout, {.mode = Mode::paper, .segments = 1});
  EXPECT_TRUE(result.no_contrast);
  EXPECT_EQ(result.fraction, 1);
}

TEST(Classify, KeepDarkTakesDarkFramesIntoTheStatistics) {
  const Drawn drawn = draw({"....", ".d..", "..#."}, false);
  RoiOptions options{.mode = Mode::paper, .segments = 1};
  EXPECT_EQ(classify(drawn.table, drawn.layout, options).count(Label::dark), 1u);
  options.dark = DarkFrames::keep;
  EXPECT_EQ(classify(drawn.table, drawn.layout, options).count(Label::dark), 0u);
}

TEST(Classify, EmptyTable) {
  const Classification result = classify(FeatureTable{}, ScanLayout::scattered(), {});
  EXPECT_TRUE(result.ids.empty());
  EXPECT_EQ(result.fraction, 0);
  EXPECT_THROW(ScanLayout::raster({}), InputError);
}

TEST(Map, OnePixelAFrame) {
  const Drawn drawn = draw({"#. ", "..d"}, false);
  const Image<float> map = feature_map(drawn.table, drawn.layout, MapValue::total);
  EXPECT_EQ(map(0, 0), 50);
  EXPECT_EQ(map(1, 2), 0);
  EXPECT_TRUE(std::isnan(map(0, 2)));
  const Classification labels = classify(drawn.table, drawn.layout, {.mode = Mode::paper, .segments = 1});
  const Image<float> selected = label_map(drawn.table, drawn.layout, labels);
  EXPECT_EQ(selected(0, 0), 1);
  EXPECT_TRUE(std::isnan(selected(1, 2)));

  const Picture all(9, std::string(12, '.'));
  const Drawn free = draw(all, true);
  EXPECT_EQ(feature_map(free.table, free.layout, MapValue::com_x).shape(), (Shape{9, 12}));
}

}  // namespace
}  // namespace ptero::roi
