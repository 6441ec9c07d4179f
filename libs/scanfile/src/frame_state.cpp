#include <ptero/scanfile/frame_state.hpp>

namespace ptero::scanfile {

std::string_view reason_name(FrameState state, std::uint8_t reason) {
  if (state == FrameState::corrupt && reason > 0 && reason <= stored_reason(FrameFault::bad_payload))
    return name_of(static_cast<FrameFault>(reason - 1));
  if (state != FrameState::excluded) return {};
  switch (static_cast<ExclusionReason>(reason)) {
    case ExclusionReason::dark:
      return "dark";
    case ExclusionReason::saturated:
      return "saturated";
    case ExclusionReason::marked:
      return "marked";
    case ExclusionReason::outlying:
      return "outlying";
  }
  return {};
}

}  // namespace ptero::scanfile
