#pragma once

#include <optional>
#include <ptero/core/position.hpp>
#include <vector>

namespace ptero::steering {

/// Length of the way through the points in their order, from `start` where it is given, metres.
double travel_m(const std::vector<Position>& points, const std::optional<Position>& start = {});

/// The same points in an order that takes a shorter way: patches of neighbours (within 1.5 steps) one after
/// the other, each in lines to and fro along its longer side, then detours straightened (2-opt over
/// neighbouring stretches). Never longer than the order given. step_m > 0: the grid they lie on.
std::vector<Position> order_for_travel(std::vector<Position> points, double step_m,
                                       const std::optional<Position>& start = {});

}  // namespace ptero::steering
