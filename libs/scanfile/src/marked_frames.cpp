#include <ptero/scanfile/frame_state.hpp>
#include <ptero/scanfile/marked_frames.hpp>
#include <ptero/scanfile/position_file.hpp>

#include <ptero/h5/locate.hpp>
#include "raw_layout.hpp"

namespace ptero::scanfile {

std::vector<FrameId> frames_marked_bad(const std::filesystem::path& path) {
  // An array of NumPy, a TIFF, ... is no raw file.
  if (!is_hdf5(path)) return {};
  const h5::Source source{h5::open_file(path), path.string()};
  const auto states = source.find(raw::ledger_state), reasons = source.find(raw::ledger_reason);
  if (!states || !reasons) return {};
  const auto state = h5::read<std::uint8_t>(*states);
  const auto reason = h5::read<std::uint8_t>(*reasons);
  std::vector<FrameId> marked;
  for (std::size_t id = 0; id < std::min(state.size(), reason.size()); ++id)
    if (static_cast<FrameState>(state[id]) == FrameState::excluded &&
        reason[id] == stored_reason(ExclusionReason::marked))
      marked.push_back(id);
  return marked;
}

}  // namespace ptero::scanfile
