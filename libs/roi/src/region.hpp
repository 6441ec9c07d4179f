#pragma once

#include <cstdint>
#include <vector>

#include "neighbours.hpp"

namespace ptero::roi {

/// Fill-in, then border, on the flags `chosen` (by index into the cohort). Only frames that take part are
/// ever chosen. ScanLayout says what an enclosed area, the edge and a border are.
void shape_region(const Cohort& cohort, const Neighbours& neighbours, const ScanLayout& layout,
                  const RoiOptions& options, std::vector<std::uint8_t>& chosen);

}  // namespace ptero::roi
