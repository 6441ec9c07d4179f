#pragma once

#include <cstdint>
#include <ptero/core/frame.hpp>
#include <ptero/core/frame_state.hpp>
#include <string_view>

namespace ptero::scanfile {

/// Why a whole frame takes no part, stored beside FrameState::excluded. The numbers are part of the file
/// format.
enum class ExclusionReason : std::uint8_t { dark = 1, saturated = 2, marked = 3, outlying = 4 };

/// Why a frame is in its state, as files store it beside the state (proto/raw_file.md); 0: no reason.
constexpr std::uint8_t stored_reason(FrameFault fault) {
  return static_cast<std::uint8_t>(1 + static_cast<std::uint8_t>(fault));
}
constexpr std::uint8_t stored_reason(ExclusionReason reason) {
  return static_cast<std::uint8_t>(reason);
}
/// The reason in words, as metrics name it; empty when there is none.
std::string_view reason_name(FrameState state, std::uint8_t reason);

}  // namespace ptero::scanfile
