#pragma once

#include <cstdint>
#include <ptero/core/frame_state.hpp>

namespace ptero::spool {

/// Why a whole frame takes no part, stored beside FrameState::excluded. The numbers are part of the file
/// format.
enum class ExclusionReason : std::uint8_t { dark = 1, saturated = 2, marked = 3 };

}  // namespace ptero::spool
