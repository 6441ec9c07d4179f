#pragma once
// What the ledger says of one frame id, as it is stored in files.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ptero::spool {

/// Every frame id of a series is in exactly one of these. The numbers are part of the file format.
enum class FrameState : std::uint8_t {
  expected = 0,
  missing = 1,
  not_taken = 2,
  corrupt = 3,  ///< reason: 1 + FrameFault
  unpositioned = 4,
  excluded = 5,  ///< reason: ExclusionReason
  pending = 6,
  background = 7,
  selected = 8,
};
inline constexpr std::size_t frame_state_count = 9;

/// Why a whole frame takes no part. The numbers are part of the file format.
enum class ExclusionReason : std::uint8_t { dark = 1, saturated = 2, marked = 3 };

std::string_view name_of(FrameState state);
std::optional<FrameState> frame_state_from_name(std::string_view name);

/// How many ids are in each state, indexed by FrameState.
struct LedgerCounts {
  std::array<std::uint64_t, frame_state_count> of{};

  std::uint64_t& operator[](FrameState state) { return of[static_cast<std::size_t>(state)]; }
  std::uint64_t operator[](FrameState state) const { return of[static_cast<std::size_t>(state)]; }
  std::uint64_t total() const;
  friend bool operator==(const LedgerCounts&, const LedgerCounts&) = default;
};

}  // namespace ptero::spool
