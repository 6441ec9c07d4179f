#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cohort.hpp"

namespace ptero::roi {

/// Who lies beside whom in a cohort, every frame with a place being its own neighbour too.
struct Neighbours {
  std::vector<std::uint32_t> first;  ///< cohort size + 1 offsets into `index`
  std::vector<std::uint32_t> index;
  double step_m = 0;  ///< of a scattered scan; 0: a grid, or too few frames to say

  std::span<const std::uint32_t> of(std::size_t i) const {
    return std::span(index).subspan(first[i], first[i + 1] - first[i]);
  }
};

/// Neighbours of a scattered scan lie within this many steps; the edge of 1.5 itself stays outside, because
/// steps of 0.06 and 0.1 put the second frame along the row exactly there.
inline constexpr double neighbour_steps = 1.5 * (1 - 1e-6);

Neighbours find_neighbours(const Cohort& cohort, const ScanLayout& layout);

/// Mean over the neighbours that have a value; NaN means none, and stays NaN.
std::vector<double> mean_filter(const Neighbours& neighbours, std::span<const double> values);

/// T of the whole pattern over the incident intensity, 3 x 3 mean, by index into the cohort; NaN for frames
/// that take no part. One whose own intensity is not known has the mean of its neighbours.
std::vector<double> mean_totals(const Cohort& cohort, const Neighbours& neighbours);

}  // namespace ptero::roi
