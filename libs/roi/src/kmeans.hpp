#pragma once

#include <span>
#include <vector>

namespace ptero::roi {

/// Centres, ascending, of k clusters on a line [Lin23, Methods]. They start evenly spaced from the smallest
/// to the largest value and move at most `iterations` times, stopping when none moves; a value half way
/// belongs to the lower one; a cluster without values keeps its centre. NaN values are left out; empty
/// without values.
std::vector<double> kmeans(std::span<const double> values, int k, int iterations = 10);

/// Index of the nearest centre, the lower of two as near. centres not empty, ascending.
std::size_t nearest(std::span<const double> centres, double value);

}  // namespace ptero::roi
