#include "spacing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace ptero::steering {

namespace {

constexpr std::size_t neighbours = 4;

/// Frames by square cells, so that neighbours are found without looking at all.
class Cells {
 public:
  Cells(const std::vector<Seen>& seen, double side_m) : seen_(seen), side_m_(side_m) {
    for (std::size_t i = 0; i < seen.size(); ++i) cells_[key(cell(seen[i].position))].push_back(i);
  }

  double spacing_of(std::size_t frame, double most_m) const {
    std::array<double, neighbours> nearest;
    nearest.fill(most_m);
    const auto at = cell(seen_[frame].position);
    // A ring of cells r holds nothing nearer than (r - 1) sides.
    for (std::int64_t ring = 0; static_cast<double>(ring - 1) * side_m_ < nearest.back(); ++ring)
      visit_ring(at, ring, [&](std::size_t other) {
        if (other == frame) return;
        const Position &a = seen_[frame].position, &b = seen_[other].position;
        const double distance = std::hypot(a.x_m - b.x_m, a.y_m - b.y_m);
        // A frame measured twice at one place says nothing of how dense its surroundings are.
        if (distance <= 1e-3 * side_m_ || distance >= nearest.back()) return;
        nearest.back() = distance;
        std::sort(nearest.begin(), nearest.end());
      });
    double sum = 0;
    for (const double d : nearest) sum += d;
    return sum / neighbours;
  }

 private:
  using Cell = std::pair<std::int64_t, std::int64_t>;
  Cell cell(const Position& p) const {
    return {static_cast<std::int64_t>(std::floor(p.x_m / side_m_)),
            static_cast<std::int64_t>(std::floor(p.y_m / side_m_))};
  }
  static std::uint64_t key(const Cell& c) {
    return static_cast<std::uint64_t>(c.first) * 0x9E3779B97F4A7C15ULL ^ static_cast<std::uint64_t>(c.second);
  }
  template <class F>
  void visit_ring(const Cell& at, std::int64_t ring, F&& visit) const {
    for (std::int64_t dx = -ring; dx <= ring; ++dx)
      for (std::int64_t dy = -ring; dy <= ring; dy += std::abs(dx) == ring ? 1 : 2 * ring)
        if (const auto found = cells_.find(key({at.first + dx, at.second + dy})); found != cells_.end())
          for (const std::size_t other : found->second) visit(other);
  }

  const std::vector<Seen>& seen_;
  double side_m_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> cells_;
};

}  // namespace

std::vector<double> local_spacing(const std::vector<Seen>& seen, double most_m) {
  const Cells cells(seen, most_m / 2);
  std::vector<double> spacing(seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) spacing[i] = cells.spacing_of(i, most_m);
  return spacing;
}

}  // namespace ptero::steering
