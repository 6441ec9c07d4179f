#pragma once
// Which of many positions lie near another. Private to the room.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <ptero/core/position.hpp>

namespace ptero::positions {

/// Numbers of positions by the square cell they lie in.
class Cells {
 public:
  explicit Cells(double side_m) : side_m_(side_m) {}

  void add(const Position& p, std::size_t number) {
    cells_[key(index(p.x_m), index(p.y_m))].push_back(number);
  }

  /// f(number) for all within one side of `p`, and some a little farther.
  template <class F>
  void near(const Position& p, F&& f) const {
    for (std::int64_t dx = -1; dx <= 1; ++dx)
      for (std::int64_t dy = -1; dy <= 1; ++dy) {
        const auto found = cells_.find(key(index(p.x_m) + dx, index(p.y_m) + dy));
        if (found == cells_.end()) continue;
        for (const std::size_t number : found->second) f(number);
      }
  }

 private:
  std::int64_t index(double v) const {
    return static_cast<std::int64_t>(std::floor(std::clamp(v / side_m_, -1e9, 1e9)));
  }
  static std::uint64_t key(std::int64_t x, std::int64_t y) {
    return static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15ULL ^ static_cast<std::uint64_t>(y);
  }

  double side_m_;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> cells_;
};

/// Squared disagreements under several hypotheses, one row a witness: whether one is clearly better than
/// another.
class Trial {
 public:
  explicit Trial(std::size_t hypotheses) : sums_(hypotheses) {}

  template <class Costs>
  void add(const Costs& costs) {
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += costs[i];
    rows_.insert(rows_.end(), costs.begin(), costs.end());
  }
  std::size_t witnesses() const { return rows_.size() / sums_.size(); }
  std::size_t best() const {
    return static_cast<std::size_t>(std::min_element(sums_.begin(), sums_.end()) - sums_.begin());
  }
  double gain(std::size_t from, std::size_t to) const { return sums_[from] / std::max(sums_[to], 1e-300); }
  /// Mean gain of a witness, in standard deviations of that mean.
  double deviations(std::size_t from, std::size_t to) const {
    const auto n = static_cast<double>(witnesses());
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < rows_.size(); i += sums_.size()) {
      const double d = rows_[i + from] - rows_[i + to];
      mean += d / n;
      square += d * d / n;
    }
    return mean / std::max(std::sqrt(std::max(square - mean * mean, 0.0) / n), 1e-300);
  }

 private:
  std::vector<double> sums_;
  std::vector<double> rows_;
};

}  // namespace ptero::positions
