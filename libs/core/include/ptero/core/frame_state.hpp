#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ptero {

/// The ledger's states: every frame id of a series is in exactly one of them at every moment.
/// The numbers are stored in files; never renumber.
enum class FrameState : std::uint8_t {
  expected = 0,      ///< not due yet
  missing = 1,       ///< due, never came
  not_taken = 2,     ///< announced, then the scan ended before it
  corrupt = 3,       ///< came, unusable
  unpositioned = 4,  ///< came, its position never did
  excluded = 5,      ///< dark, saturated, or marked bad by a person
  pending = 6,       ///< came, not labelled yet
  background = 7,
  selected = 8,
};

inline constexpr std::array all_frame_states = {
    FrameState::expected, FrameState::missing,      FrameState::not_taken,
    FrameState::corrupt,  FrameState::unpositioned, FrameState::excluded,
    FrameState::pending,  FrameState::background,   FrameState::selected};

std::string_view name_of(FrameState state);

/// How many frame ids are in each state.
struct LedgerCounts {
  std::array<std::uint64_t, all_frame_states.size()> of{};  ///< by the number of the state

  std::uint64_t& operator[](FrameState state) { return of[static_cast<std::size_t>(state)]; }
  std::uint64_t operator[](FrameState state) const { return of[static_cast<std::size_t>(state)]; }
  std::uint64_t total() const;
  friend bool operator==(const LedgerCounts&, const LedgerCounts&) = default;
};

}  // namespace ptero
