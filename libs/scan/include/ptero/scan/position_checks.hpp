#pragma once

#include <ptero/core/warning.hpp>
#include <ptero/roi/feature_table.hpp>

namespace ptero::scan {

/// What the features of a whole scan say against its positions: lines scanned to and fro that fit better
/// shifted (`wrong_offset`), patterns whose centre of mass has less curl in another orientation
/// (`wrong_orientation`), totals that jump (`counts_jump`). Nothing is corrected. O(n log n).
Warnings check_positions(const roi::FeatureTable& table);

}  // namespace ptero::scan
