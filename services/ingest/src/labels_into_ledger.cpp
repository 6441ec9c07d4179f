#include "labels_into_ledger.hpp"

#include <ptero/scanfile/frame_state.hpp>
#include <tuple>

namespace ptero::ingest {

void take_labels(const wire::Labels& labels, Ledger& ledger) {
  using scanfile::stored_reason;
  // All that is excluded without a list of its own is dark, all found corrupt did not decompress.
  const std::tuple<const std::vector<FrameId>&, FrameState, std::uint8_t> lists[] = {
      {labels.selected, FrameState::selected, 0},
      {labels.background, FrameState::background, 0},
      {labels.excluded, FrameState::excluded, stored_reason(scanfile::ExclusionReason::dark)},
      {labels.marked, FrameState::excluded, stored_reason(scanfile::ExclusionReason::marked)},
      {labels.outlying, FrameState::excluded, stored_reason(scanfile::ExclusionReason::outlying)},
      {labels.pending, FrameState::pending, 0},
      {labels.corrupt, FrameState::corrupt, stored_reason(FrameFault::bad_payload)}};
  for (const auto& [ids, state, reason] : lists)
    for (FrameId id : ids) ledger.label(id, state, reason);
}

}  // namespace ptero::ingest
