#include <numeric>
#include <ptero/spool/frame_state.hpp>

namespace ptero::spool {

namespace {
constexpr std::array<std::string_view, frame_state_count> names = {"expected", "missing",      "not_taken",
                                                                   "corrupt",  "unpositioned", "excluded",
                                                                   "pending",  "background",   "selected"};
}

std::string_view name_of(FrameState state) {
  return names[static_cast<std::size_t>(state)];
}

std::optional<FrameState> frame_state_from_name(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<FrameState>(i);
  return std::nullopt;
}

std::uint64_t LedgerCounts::total() const {
  return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

}  // namespace ptero::spool
