#pragma once

#include <array>

#include <ptero/core/frame.hpp>

namespace ptero {

/// Every one of them, for who counts by fault.
inline constexpr std::array all_frame_faults = {FrameFault::malformed,         FrameFault::wrong_version,
                                                FrameFault::size_mismatch,     FrameFault::too_large,
                                                FrameFault::unsupported_dtype, FrameFault::unsupported_codec,
                                                FrameFault::wrong_shape,       FrameFault::bad_payload};

}  // namespace ptero
