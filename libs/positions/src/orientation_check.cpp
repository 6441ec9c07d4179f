#include <ptero/positions/orientation_check.hpp>

#include <array>
#include <cmath>
#include <limits>

#include "cells.hpp"

namespace ptero::positions {

namespace {

constexpr std::size_t fewest_points = 100;
constexpr double clear_gain = 1.3;
constexpr double clear_deviations = 5;

/// Sums of a straight-line fit of the two components over the neighbours of a point.
struct Fit {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  std::array<double, 2> v{}, vx{}, vy{};

  void add(double dx, double dy, std::array<double, 2> value) {
    ++n;
    x += dx;
    y += dy;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
    for (std::size_t i = 0; i < 2; ++i) {
      v[i] += value[i];
      vx[i] += value[i] * dx;
      vy[i] += value[i] * dy;
    }
  }
  /// d/dx and d/dy of component i; false: the neighbours lie on a line.
  bool slopes(std::size_t i, double& along_x, double& along_y) const {
    const double cxx = xx - x * x / n, cyy = yy - y * y / n, cxy = xy - x * y / n;
    const double cvx = vx[i] - v[i] * x / n, cvy = vy[i] - v[i] * y / n;
    const double determinant = cxx * cyy - cxy * cxy;
    if (!(determinant > 0.01 * cxx * cyy) || !(cxx > 0.05 * cyy) || !(cyy > 0.05 * cxx)) return false;
    along_x = (cvx * cyy - cvy * cxy) / determinant;
    along_y = (cvy * cxx - cvx * cxy) / determinant;
    return true;
  }
};

/// Distance to the nearest other position, its median over all: lines may lie closer than points on them.
double typical_distance(const std::vector<Position>& positions) {
  std::vector<double> nearest;
  // A few are enough, each against all.
  const std::size_t stride = std::max<std::size_t>(positions.size() / 64, 1);
  for (std::size_t i = 0; i < positions.size(); i += stride) {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < positions.size(); ++j) {
      const double d = std::hypot(positions[i].x_m - positions[j].x_m, positions[i].y_m - positions[j].y_m);
      if (j != i && d > 0) best = std::min(best, d);
    }
    nearest.push_back(best);
  }
  if (nearest.empty()) return 0;
  const auto middle = nearest.begin() + static_cast<std::ptrdiff_t>(nearest.size() / 2);
  std::nth_element(nearest.begin(), middle, nearest.end());
  return *middle;
}

}  // namespace

std::string_view name_of(Orientation orientation) {
  static constexpr std::array<std::string_view, 4> names = {"upright", "transposed", "mirrored",
                                                            "turned by a quarter"};
  return names[static_cast<std::size_t>(orientation)];
}

void OrientationCheck::add(const Position& position, double com_x, double com_y) {
  if (is_finite(position) && std::isfinite(com_x) && std::isfinite(com_y))
    entries_.push_back({position, com_x, com_y});
}

std::optional<OrientationSuspicion> OrientationCheck::result() const {
  if (entries_.size() < fewest_points) return std::nullopt;
  std::vector<Position> positions;
  for (const auto& e : entries_) positions.push_back(e.position);
  const double reach = 2.5 * typical_distance(positions);
  if (!(reach > 0) || !std::isfinite(reach)) return std::nullopt;
  Cells cells(reach);
  for (std::size_t i = 0; i < positions.size(); ++i) cells.add(positions[i], i);

  Trial trial(4);
  for (const auto& e : entries_) {
    Fit fit;
    cells.near(e.position, [&](std::size_t other) {
      const auto& o = entries_[other];
      const double dx = (o.position.x_m - e.position.x_m) / reach;
      const double dy = (o.position.y_m - e.position.y_m) / reach;
      if (dx * dx + dy * dy <= 1) fit.add(dx, dy, {o.x, o.y});
    });
    double x_dx = 0, x_dy = 0, y_dx = 0, y_dy = 0;
    if (fit.n < 5 || !fit.slopes(0, x_dx, x_dy) || !fit.slopes(1, y_dx, y_dy)) continue;
    // d(y)/dx - d(x)/dy of the field turned into each orientation.
    const std::array<double, 4> curl = {y_dx - x_dy, x_dx - y_dy, y_dx + x_dy, x_dx + y_dy};
    trial.add(std::array{curl[0] * curl[0], curl[1] * curl[1], curl[2] * curl[2], curl[3] * curl[3]});
  }
  const std::size_t best = trial.best();
  if (trial.witnesses() < fewest_points || best == 0 || trial.gain(0, best) < clear_gain ||
      trial.deviations(0, best) < clear_deviations)
    return std::nullopt;
  return OrientationSuspicion{static_cast<Orientation>(best), trial.gain(0, best)};
}

}  // namespace ptero::positions
