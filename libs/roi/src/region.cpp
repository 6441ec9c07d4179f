#include "region.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <ptero/core/image.hpp>

#include "position_grid.hpp"

namespace ptero::roi {
namespace {

using Flags = std::vector<std::uint8_t>;

Image<std::uint8_t> to_grid(const Cohort& cohort, const RasterPlan& plan, const Flags& chosen) {
  Image<std::uint8_t> grid({plan.rows, plan.cols});
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (chosen[i] != 0) grid(plan.row_of(cohort.frames[i]->id), plan.col_of(cohort.frames[i]->id)) = 1;
  return grid;
}

void from_grid(const Cohort& cohort, const RasterPlan& plan, const Image<std::uint8_t>& grid, Flags& chosen) {
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (cohort.takes_part(i))
      chosen[i] = grid(plan.row_of(cohort.frames[i]->id), plan.col_of(cohort.frames[i]->id));
}

/// Background, 4-connected, that does not reach the edge of the scan becomes region.
void fill_grid(Image<std::uint8_t>& grid) {
  constexpr std::uint8_t outside = 2;
  std::vector<std::pair<std::size_t, std::size_t>> open;
  const auto reach = [&](std::size_t r, std::size_t c) {
    if (grid(r, c) != 0) return;
    grid(r, c) = outside;
    open.emplace_back(r, c);
  };
  for (std::size_t r = 0; r < grid.rows(); ++r) reach(r, 0), reach(r, grid.cols() - 1);
  for (std::size_t c = 0; c < grid.cols(); ++c) reach(0, c), reach(grid.rows() - 1, c);
  while (!open.empty()) {
    const auto [r, c] = open.back();
    open.pop_back();
    if (r > 0) reach(r - 1, c);
    if (c > 0) reach(r, c - 1);
    if (r + 1 < grid.rows()) reach(r + 1, c);
    if (c + 1 < grid.cols()) reach(r, c + 1);
  }
  for (std::uint8_t& cell : grid.pixels()) cell = cell != outside;
}

/// One pass along a line: is there a cell of `value` within n cells? Outside the line there is none.
void spread_line(std::uint8_t* line, std::size_t count, std::size_t stride, std::size_t n, std::uint8_t value,
                 std::vector<std::size_t>& before) {
  before.assign(count + 1, 0);
  for (std::size_t i = 0; i < count; ++i) before[i + 1] = before[i] + (line[i * stride] == value ? 1 : 0);
  for (std::size_t i = 0; i < count; ++i)
    if (before[std::min(count, i + n + 1)] > before[i - std::min(i, n)]) line[i * stride] = value;
}

/// Grows the cells of `value` by a square of (2n + 1) x (2n + 1).
void spread_grid(Image<std::uint8_t>& grid, std::size_t n, std::uint8_t value) {
  std::vector<std::size_t> before;
  for (std::size_t r = 0; r < grid.rows(); ++r)
    spread_line(grid.row(r).data(), grid.cols(), 1, n, value, before);
  for (std::size_t c = 0; c < grid.cols(); ++c)
    spread_line(grid.data() + c, grid.rows(), grid.cols(), n, value, before);
}

void border_grid(Image<std::uint8_t>& grid, int border) {
  const auto n = static_cast<std::size_t>(std::abs(border));
  spread_grid(grid, n, border > 0 ? 1 : 0);
  if (border > 0) return;
  // Outside the scan is background: what lies within n of the edge goes.
  for (std::size_t r = 0; r < grid.rows(); ++r)
    for (std::size_t c = 0; c < grid.cols(); ++c)
      if (std::min({r, c, grid.rows() - 1 - r, grid.cols() - 1 - c}) < n) grid(r, c) = 0;
}

/// The directions to the neighbours leave a wide gap: nothing was scanned there.
Flags find_edge(const Cohort& cohort, const Neighbours& neighbours) {
  constexpr double widest_gap = 150 * std::numbers::pi / 180;
  Flags edge(cohort.size(), 0);
  std::vector<double> angles;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (cohort.labels[i] == Label::unpositioned) continue;
    const Position& here = *cohort.frames[i]->position;
    angles.clear();
    for (std::uint32_t j : neighbours.of(i)) {
      const Position& there = *cohort.frames[j]->position;
      if (!(there == here)) angles.push_back(std::atan2(there.y_m - here.y_m, there.x_m - here.x_m));
    }
    std::sort(angles.begin(), angles.end());
    double gap = angles.empty() ? widest_gap : angles.front() + 2 * std::numbers::pi - angles.back();
    for (std::size_t k = 1; k < angles.size(); ++k) gap = std::max(gap, angles[k] - angles[k - 1]);
    edge[i] = gap >= widest_gap;
  }
  return edge;
}

/// Background connected through neighbours that does not reach the edge becomes region.
void fill_positions(const Cohort& cohort, const Neighbours& neighbours, Flags& chosen) {
  Flags outside = find_edge(cohort, neighbours);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    outside[i] = outside[i] && chosen[i] == 0;
    if (outside[i] != 0) open.push_back(i);
  }
  while (!open.empty()) {
    const std::size_t i = open.back();
    open.pop_back();
    for (std::uint32_t j : neighbours.of(i)) {
      if (outside[j] != 0 || chosen[j] != 0) continue;
      outside[j] = 1;
      open.push_back(j);
    }
  }
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (cohort.takes_part(i)) chosen[i] = outside[i] == 0;
}

/// Marks the frames within `radius_m` of a frame in `from`.
Flags within(const Cohort& cohort, const Flags& from, double radius_m) {
  PositionGrid grid(radius_m);
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (cohort.labels[i] != Label::unpositioned)
      grid.insert(*cohort.frames[i]->position, static_cast<std::uint32_t>(i));
  Flags marked(cohort.size(), 0);
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (from[i] != 0)
      grid.visit(*cohort.frames[i]->position, radius_m, [&](std::uint32_t j, double) { marked[j] = 1; });
  return marked;
}

void border_positions(const Cohort& cohort, const Neighbours& neighbours, int border, Flags& chosen) {
  // A little more than n steps, so that rounding does not lose the frame exactly there.
  const double radius_m = std::abs(border) * neighbours.step_m * (1 + 1e-6);
  if (!(radius_m > 0)) return;
  if (border > 0) {
    const Flags grown = within(cohort, chosen, radius_m);
    for (std::size_t i = 0; i < cohort.size(); ++i) chosen[i] = grown[i] != 0 && cohort.takes_part(i);
    return;
  }
  Flags background(cohort.size(), 0);
  for (std::size_t i = 0; i < cohort.size(); ++i)
    background[i] = cohort.labels[i] != Label::unpositioned && chosen[i] == 0;
  const Flags eroded = within(cohort, background, radius_m);
  // The outside begins one step beyond the edge.
  Flags edge = find_edge(cohort, neighbours);
  if (border < -1) edge = within(cohort, edge, radius_m - neighbours.step_m);
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (eroded[i] != 0 || edge[i] != 0) chosen[i] = 0;
}

}  // namespace

void shape_region(const Cohort& cohort, const Neighbours& neighbours, const ScanLayout& layout,
                  const RoiOptions& options, std::vector<std::uint8_t>& chosen) {
  const bool fill = options.fill_in == FillIn::on;
  if (!fill && options.border == 0) return;
  if (layout.plan()) {
    Image<std::uint8_t> grid = to_grid(cohort, *layout.plan(), chosen);
    if (fill) fill_grid(grid);
    if (options.border != 0) border_grid(grid, options.border);
    from_grid(cohort, *layout.plan(), grid, chosen);
  } else {
    if (fill) fill_positions(cohort, neighbours, chosen);
    if (options.border != 0) border_positions(cohort, neighbours, options.border, chosen);
  }
}

}  // namespace ptero::roi
