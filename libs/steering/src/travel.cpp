#include <algorithm>
#include <cmath>
#include <map>
#include <ptero/steering/travel.hpp>
#include <utility>

namespace ptero::steering {

namespace {

double distance(const Position& a, const Position& b) {
  return std::hypot(a.x_m - b.x_m, a.y_m - b.y_m);
}

/// Points that hang together, by the grid they lie on.
std::vector<std::vector<Position>> patches_of(const std::vector<Position>& points, double step_m) {
  std::map<std::pair<long, long>, std::vector<Position>> cells;
  for (const Position& p : points)
    cells[{std::lround(p.y_m / step_m), std::lround(p.x_m / step_m)}].push_back(p);
  std::vector<std::vector<Position>> patches;
  while (!cells.empty()) {
    auto& patch = patches.emplace_back();
    std::vector<std::pair<long, long>> open{cells.begin()->first};
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      const auto found = cells.extract(at);
      if (!found) continue;
      patch.insert(patch.end(), found.mapped().begin(), found.mapped().end());
      for (long dr = -1; dr <= 1; ++dr)
        for (long dc = -1; dc <= 1; ++dc)
          if (dr != 0 || dc != 0) open.emplace_back(at.first + dr, at.second + dc);
    }
  }
  return patches;
}

/// Lines along x (or y), every other one backwards.
std::vector<Position> to_and_fro(std::vector<Position> patch, double step_m, bool along_x) {
  const auto line = [&](const Position& p) { return std::lround((along_x ? p.y_m : p.x_m) / step_m); };
  const auto along = [&](const Position& p) { return along_x ? p.x_m : p.y_m; };
  std::sort(patch.begin(), patch.end(), [&](const Position& a, const Position& b) {
    return std::pair(line(a), along(a)) < std::pair(line(b), along(b));
  });
  bool backwards = false;
  for (auto begin = patch.begin(); begin != patch.end(); backwards = !backwards) {
    const auto end =
        std::find_if(begin, patch.end(), [&](const Position& p) { return line(p) != line(*begin); });
    if (backwards) std::reverse(begin, end);
    begin = end;
  }
  return patch;
}

std::vector<Position> best_lines(const std::vector<Position>& patch, double step_m) {
  auto rows = to_and_fro(patch, step_m, true), cols = to_and_fro(patch, step_m, false);
  return travel_m(rows) <= travel_m(cols) ? rows : cols;
}

/// 2-opt: turning a stretch round replaces two legs by two shorter ones. Only stretches up to `window` points
/// are tried, so the cost stays linear.
void straighten(std::vector<Position>& way, const std::optional<Position>& start) {
  constexpr std::size_t window = 60;
  constexpr int rounds = 4;
  constexpr double least_gain = 1e-12;  // metres; rounding must not go round in circles
  const auto before = [&](std::size_t i) { return i > 0 ? std::optional(way[i - 1]) : start; };
  for (int round = 0; round < rounds; ++round) {
    bool better = false;
    for (std::size_t i = 0; i < way.size(); ++i)
      for (std::size_t j = i + 1; j < std::min(way.size(), i + window); ++j) {
        const auto from = before(i);
        double gain = from ? distance(*from, way[i]) - distance(*from, way[j]) : 0;
        if (j + 1 < way.size()) gain += distance(way[j], way[j + 1]) - distance(way[i], way[j + 1]);
        if (gain <= least_gain) continue;
        std::reverse(way.begin() + static_cast<long>(i), way.begin() + static_cast<long>(j) + 1);
        better = true;
      }
    if (!better) return;
  }
}

}  // namespace

double travel_m(const std::vector<Position>& points, const std::optional<Position>& start) {
  double length = start && !points.empty() ? distance(*start, points.front()) : 0;
  for (std::size_t i = 1; i < points.size(); ++i) length += distance(points[i - 1], points[i]);
  return length;
}

std::vector<Position> order_for_travel(std::vector<Position> points, double step_m,
                                       const std::optional<Position>& start) {
  if (points.size() < 2) return points;
  std::vector<std::vector<Position>> patches;
  for (const auto& patch : patches_of(points, step_m)) patches.push_back(best_lines(patch, step_m));
  std::vector<Position> way;
  std::optional<Position> at = start;
  while (!patches.empty()) {
    // The patch whose nearer end is nearest, begun at that end.
    std::size_t best = 0;
    double least = -1;
    for (std::size_t k = 0; k < patches.size(); ++k) {
      const double to =
          at ? std::min(distance(*at, patches[k].front()), distance(*at, patches[k].back())) : 0;
      if (least < 0 || to < least) best = k, least = to;
    }
    std::vector<Position> next = std::move(patches[best]);
    patches.erase(patches.begin() + static_cast<long>(best));
    if (at && distance(*at, next.back()) < distance(*at, next.front()))
      std::reverse(next.begin(), next.end());
    way.insert(way.end(), next.begin(), next.end());
    at = way.back();
  }
  straighten(way, start);
  return travel_m(way, start) <= travel_m(points, start) ? way : points;
}

}  // namespace ptero::steering
