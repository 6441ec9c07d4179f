#pragma once

namespace ptero::ingest {

/// On a slow disk; what takes longer is taken for a hang.
inline constexpr double longest_step_s = 300;

}  // namespace ptero::ingest
