#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ptero {

/// What became of a frame and its position where positions come in a stream or a file of their own.
/// The numbers are stored in journals and files; never renumber, a new outcome goes behind the last.
enum class JoinOutcome : std::uint8_t {
  joined = 0,        ///< the position of its own index
  held = 1,          ///< the last position before it (policy hold)
  interpolated = 2,  ///< between its neighbours' (policy interpolate)
  // From here on the frame has no position.
  lost = 3,          ///< later samples prove that it will never come
  not_finite = 4,    ///< NaN or infinite
  out_of_range = 5,  ///< outside the configured range
  ended = 6,         ///< the positions, or the series, ended before
  timed_out = 7,     ///< did not come within the configured time
  crowded_out = 8,   ///< waiting frames exceeded their memory
  skipped = 9,       ///< run-up: the first frames of a series, which the configuration leaves out
};

inline constexpr std::array all_join_outcomes = {
    JoinOutcome::joined,      JoinOutcome::held,         JoinOutcome::interpolated, JoinOutcome::lost,
    JoinOutcome::not_finite,  JoinOutcome::out_of_range, JoinOutcome::ended,        JoinOutcome::timed_out,
    JoinOutcome::crowded_out, JoinOutcome::skipped};

std::string_view name_of(JoinOutcome outcome);

constexpr bool has_position(JoinOutcome outcome) {
  return outcome <= JoinOutcome::interpolated;
}

}  // namespace ptero
