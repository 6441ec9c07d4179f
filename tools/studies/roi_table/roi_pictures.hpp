#pragma once

#include "studies/maps.hpp"

namespace ptero::tools {

/// A scan of the table to look at: T, the truth, three clusters of T where they are the truth, and what each
/// mode selects with eight segments (or the most there are, if fewer).
Picture render_roi_case(const std::string& name, const RoiCase& roi_case);

}  // namespace ptero::tools
