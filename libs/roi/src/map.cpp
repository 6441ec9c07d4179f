#include <algorithm>
#include <cmath>
#include <limits>
#include <ptero/roi/map.hpp>
#include <utility>

#include "cohort.hpp"
#include "neighbours.hpp"

namespace ptero::roi {
namespace {

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();
constexpr double largest_side = 2048;

struct Cell {
  std::size_t row = 0;
  std::size_t col = 0;
};

struct MapGrid {
  Shape shape;
  std::vector<Cell> cells;  ///< by index into the cohort; meaningless for frames without a place
};

MapGrid over_plan(const Cohort& cohort, const RasterPlan& plan) {
  MapGrid grid{.shape = {plan.rows, plan.cols}};
  for (const FrameRecord* frame : cohort.frames)
    grid.cells.push_back({plan.row_of(frame->id), plan.col_of(frame->id)});
  return grid;
}

MapGrid over_positions(const Cohort& cohort, const ScanLayout& layout) {
  double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (!cohort.takes_part(i)) continue;
    const Position& p = *cohort.frames[i]->position;
    x0 = std::min(x0, p.x_m), x1 = std::max(x1, p.x_m);
    y0 = std::min(y0, p.y_m), y1 = std::max(y1, p.y_m);
  }
  if (!(x1 >= x0)) return {.shape = {1, 1}, .cells = std::vector<Cell>(cohort.size())};
  double cell_m =
      std::max(find_neighbours(cohort, layout).step_m, std::max(x1 - x0, y1 - y0) / (largest_side - 1));
  if (!(cell_m > 0)) cell_m = 1;
  const auto cell = [cell_m](double distance) {
    return static_cast<std::size_t>(std::lround(distance / cell_m));
  };
  MapGrid grid{.shape = {cell(y1 - y0) + 1, cell(x1 - x0) + 1}};
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    const FrameRecord& frame = *cohort.frames[i];
    grid.cells.push_back(
        cohort.takes_part(i) ? Cell{cell(frame.position->y_m - y0), cell(frame.position->x_m - x0)} : Cell{});
  }
  return grid;
}

/// Every frame with a place, dark ones too.
Cohort gather_all(const FeatureTable& table, const ScanLayout& layout) {
  return gather(table, layout, {.dark = DarkFrames::keep}, all_of(table));
}

MapGrid lay_out(const Cohort& cohort, const ScanLayout& layout) {
  return layout.plan() ? over_plan(cohort, *layout.plan()) : over_positions(cohort, layout);
}

double value_of(const FrameRecord& frame, MapValue value, int segment) {
  const FrameFeatures& features = frame.features;
  const SegmentFeatures& f =
      segment < 0 ? features.whole : features.segments.at(static_cast<std::size_t>(segment));
  if (value == MapValue::total) return f.total;
  return value == MapValue::com_x ? f.com_x : f.com_y;
}

}  // namespace

Image<float> feature_map(const FeatureTable& table, const ScanLayout& layout, MapValue value, int segment) {
  const Cohort cohort = gather_all(table, layout);
  const MapGrid grid = lay_out(cohort, layout);
  Image<double> sums(grid.shape), counts(grid.shape);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (!cohort.takes_part(i)) continue;
    const auto [row, col] = grid.cells[i];
    sums(row, col) += value_of(*cohort.frames[i], value, segment);
    counts(row, col) += 1;
  }
  Image<float> map(grid.shape, nothing);
  for (std::size_t i = 0; i < map.size(); ++i)
    if (counts.data()[i] > 0) map.data()[i] = static_cast<float>(sums.data()[i] / counts.data()[i]);
  return map;
}

Image<float> label_map(const FeatureTable& table, const ScanLayout& layout, const Classification& labels) {
  const Cohort cohort = gather_all(table, layout);
  const MapGrid grid = lay_out(cohort, layout);
  Image<float> map(grid.shape, nothing);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    const auto found = std::lower_bound(labels.ids.begin(), labels.ids.end(), cohort.frames[i]->id);
    if (!cohort.takes_part(i) || found == labels.ids.end() || *found != cohort.frames[i]->id) continue;
    const Label label = labels.labels[static_cast<std::size_t>(found - labels.ids.begin())];
    float& cell = map(grid.cells[i].row, grid.cells[i].col);
    if (label == Label::selected) cell = 1;
    if (label == Label::background && std::isnan(cell)) cell = 0;
  }
  return map;
}

}  // namespace ptero::roi
