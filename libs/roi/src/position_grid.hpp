#pragma once

#include <cmath>
#include <cstdint>
#include <ptero/core/position.hpp>
#include <unordered_map>
#include <vector>

namespace ptero::roi {

/// Points hashed into square cells: insertion and a search of a few cells cost O(1).
class PositionGrid {
 public:
  explicit PositionGrid(double cell_m) : cell_m_(cell_m) {}

  /// `position` is finite.
  void insert(const Position& position, std::uint32_t index);

  /// f(index, distance_m) for every point at `radius_m` or less, in an order fixed by the order of insertion.
  template <class F>
  void visit(const Position& centre, double radius_m, F&& f) const {
    const auto reach = static_cast<std::int64_t>(std::ceil(radius_m / cell_m_));
    const std::int64_t column = cell_of(centre.x_m), row = cell_of(centre.y_m);
    for (std::int64_t r = row - reach; r <= row + reach; ++r) {
      for (std::int64_t c = column - reach; c <= column + reach; ++c) {
        const auto found = heads_.find(key_of(r, c));
        if (found == heads_.end()) continue;
        for (std::uint32_t i = found->second; i != none; i = points_[i].next) {
          const double distance =
              std::hypot(points_[i].position.x_m - centre.x_m, points_[i].position.y_m - centre.y_m);
          if (distance <= radius_m) f(points_[i].index, distance);
        }
      }
    }
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Point {
    Position position;
    std::uint32_t index;
    std::uint32_t next;
  };

  std::int64_t cell_of(double metres) const;
  /// Cells whose keys collide share a list; the distance tells their points apart.
  static std::uint64_t key_of(std::int64_t row, std::int64_t column) {
    return static_cast<std::uint64_t>(row) << 32 ^ (static_cast<std::uint64_t>(column) & 0xffffffffu);
  }

  double cell_m_;
  std::unordered_map<std::uint64_t, std::uint32_t> heads_;
  std::vector<Point> points_;
};

}  // namespace ptero::roi
