#include "kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ptero::roi {

std::size_t nearest(std::span<const double> centres, double value) {
  std::size_t best = 0;
  for (std::size_t j = 1; j < centres.size(); ++j)
    if (std::abs(value - centres[j]) < std::abs(value - centres[best])) best = j;
  return best;
}

std::vector<double> kmeans(std::span<const double> values, int k, int iterations) {
  std::vector<double> known;
  known.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(known),
               [](double v) { return !std::isnan(v); });
  if (known.empty()) return {};

  const auto [low, high] = std::minmax_element(known.begin(), known.end());
  const auto count = static_cast<std::size_t>(k);
  std::vector<double> centres(count);
  for (std::size_t j = 0; j < count; ++j)
    centres[j] = *low + (*high - *low) * static_cast<double>(j) / static_cast<double>(k - 1);
  centres.back() = *high;

  std::vector<double> sums(count);
  std::vector<std::size_t> members(count);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    std::fill(sums.begin(), sums.end(), 0.0);
    std::fill(members.begin(), members.end(), std::size_t{0});
    for (double v : known) {
      const std::size_t j = nearest(centres, v);
      sums[j] += v;
      ++members[j];
    }
    bool moved = false;
    for (std::size_t j = 0; j < count; ++j) {
      if (members[j] == 0) continue;
      const double mean = sums[j] / static_cast<double>(members[j]);
      moved = moved || mean != centres[j];
      centres[j] = mean;
    }
    if (!moved) break;
  }
  return centres;
}

}  // namespace ptero::roi
