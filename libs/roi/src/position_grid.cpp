#include "position_grid.hpp"

#include <algorithm>

namespace ptero::roi {

std::int64_t PositionGrid::cell_of(double metres) const {
  // Far outliers share the outermost cells.
  constexpr double limit = 1 << 30;
  return static_cast<std::int64_t>(std::clamp(std::floor(metres / cell_m_), -limit, limit));
}

void PositionGrid::insert(const Position& position, std::uint32_t index) {
  const auto place = static_cast<std::uint32_t>(points_.size());
  auto [head, is_new] = heads_.try_emplace(key_of(cell_of(position.y_m), cell_of(position.x_m)), none);
  points_.push_back({position, index, head->second});
  head->second = place;
}

}  // namespace ptero::roi
