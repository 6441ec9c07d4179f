#include "neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "position_grid.hpp"

namespace ptero::roi {
namespace {

constexpr std::uint32_t nobody = ~std::uint32_t{0};

Neighbours on_grid(const Cohort& cohort, const RasterPlan& plan) {
  std::vector<std::uint32_t> cells(plan.count(), nobody);
  const auto cell = [&](std::size_t r, std::size_t c) -> std::uint32_t& { return cells[r * plan.cols + c]; };
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (const FrameId id = cohort.frames[i]->id; cohort.labels[i] != Label::unpositioned)
      cell(plan.row_of(id), plan.col_of(id)) = static_cast<std::uint32_t>(i);

  Neighbours found;
  found.first.push_back(0);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (cohort.labels[i] != Label::unpositioned) {
      const std::size_t row = plan.row_of(cohort.frames[i]->id), col = plan.col_of(cohort.frames[i]->id);
      for (std::size_t r = row - (row > 0); r <= std::min(row + 1, plan.rows - 1); ++r)
        for (std::size_t c = col - (col > 0); c <= std::min(col + 1, plan.cols - 1); ++c)
          if (cell(r, c) != nobody) found.index.push_back(cell(r, c));
    }
    found.first.push_back(static_cast<std::uint32_t>(found.index.size()));
  }
  return found;
}

/// Width of the middle nine tenths, so that a stray position does not stretch the cells.
double core_width(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t cut = values.size() / 20;
  return values[values.size() - 1 - cut] - values[cut];
}

double first_guess_of_step(const std::vector<Position>& positions) {
  std::vector<double> x, y;
  for (const Position& p : positions) x.push_back(p.x_m), y.push_back(p.y_m);
  const double width = core_width(std::move(x)), height = core_width(std::move(y));
  const auto n = static_cast<double>(positions.size());
  return std::max(std::sqrt(width * height / n), std::max(width, height) / n);
}

/// Median over a sample of frames of the mean distance to the four nearest others.
double measure_step(const std::vector<Position>& positions) {
  constexpr std::size_t nearest = 4, sample = 2048;
  if (positions.size() < 2) return 0;
  const double guess = first_guess_of_step(positions);
  if (!(guess > 0)) return 0;
  PositionGrid grid(2 * guess);
  for (std::size_t i = 0; i < positions.size(); ++i) grid.insert(positions[i], static_cast<std::uint32_t>(i));

  std::vector<double> means, distances;
  const std::size_t stride = (positions.size() + sample - 1) / sample;
  for (std::size_t i = 0; i < positions.size(); i += stride) {
    for (double radius = 2 * guess; radius <= 32 * guess; radius *= 2) {
      distances.clear();
      // Frames taken at one spot say nothing about the step.
      grid.visit(positions[i], radius, [&](std::uint32_t, double distance) {
        if (distance > 1e-3 * guess) distances.push_back(distance);
      });
      if (distances.size() >= nearest) break;
    }
    if (distances.empty()) continue;
    const std::size_t count = std::min(nearest, distances.size());
    std::partial_sort(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(count),
                      distances.end());
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) sum += distances[k];
    means.push_back(sum / static_cast<double>(count));
  }
  return means.empty() ? 0 : median_of(std::move(means));
}

Neighbours by_position(const Cohort& cohort) {
  std::vector<Position> positions;
  std::vector<std::uint32_t> who;
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (cohort.labels[i] == Label::unpositioned) continue;
    positions.push_back(*cohort.frames[i]->position);
    who.push_back(static_cast<std::uint32_t>(i));
  }
  Neighbours found;
  found.step_m = measure_step(positions);
  const double radius = found.step_m > 0 ? found.step_m * neighbour_steps : 0;
  PositionGrid grid(radius > 0 ? radius : 1);
  for (std::size_t i = 0; i < positions.size(); ++i) grid.insert(positions[i], who[i]);

  found.first.push_back(0);
  for (std::size_t i = 0; i < cohort.size(); ++i) {
    if (cohort.labels[i] != Label::unpositioned)
      grid.visit(*cohort.frames[i]->position, radius,
                 [&](std::uint32_t other, double) { found.index.push_back(other); });
    found.first.push_back(static_cast<std::uint32_t>(found.index.size()));
  }
  return found;
}

}  // namespace

Neighbours find_neighbours(const Cohort& cohort, const ScanLayout& layout) {
  return layout.plan() ? on_grid(cohort, *layout.plan()) : by_position(cohort);
}

namespace {

/// NaN for none.
double mean_around(const Neighbours& neighbours, std::span<const double> values, std::size_t i) {
  double sum = 0;
  int count = 0;
  for (std::uint32_t j : neighbours.of(i)) {
    if (std::isnan(values[j])) continue;
    sum += values[j];
    ++count;
  }
  return sum / count;
}

}  // namespace

std::vector<double> mean_filter(const Neighbours& neighbours, std::span<const double> values) {
  std::vector<double> means(values.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) means[i] = mean_around(neighbours, values, i);
  return means;
}

std::vector<double> mean_totals(const Cohort& cohort, const Neighbours& neighbours) {
  std::vector<double> totals(cohort.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (const double total = cohort.frames[i]->features.whole.total; cohort.takes_part(i) && total > 0)
      totals[i] = total / cohort.gain[i];
  std::vector<double> means = mean_filter(neighbours, totals);
  for (std::size_t i = 0; i < cohort.size(); ++i)
    if (std::isnan(cohort.gain[i]) && cohort.takes_part(i)) means[i] = mean_around(neighbours, totals, i);
  return means;
}

}  // namespace ptero::roi
