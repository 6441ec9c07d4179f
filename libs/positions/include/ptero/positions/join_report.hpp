#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ptero/core/join_outcome.hpp>

namespace ptero::positions {

/// What became of a series' frames and of the samples that came for it.
struct JoinReport {
  std::array<std::uint64_t, all_join_outcomes.size()> frames{};  ///< by the number of the outcome
  std::uint64_t samples = 0;                                     ///< of the arm that belongs to the series
  std::uint64_t positions = 0;                                   ///< whole positions among them
  std::uint64_t unused_positions = 0;                            ///< no frame asked for them
  std::uint64_t lost_samples = 0;                                ///< holes in the indexes
  std::uint64_t late = 0;                                        ///< samples after their frame was given up
  std::uint64_t duplicates = 0;                                  ///< samples whose index had come before
  std::uint64_t other_scan = 0;         ///< samples of an earlier scan, or of an arm nobody heard of
  std::uint64_t misnumbered = 0;        ///< samples whose index cannot be meant: far above, alone
  std::uint64_t unusable = 0;           ///< samples without a trigger number
  bool armed = false;                   ///< an arm was found for the series
  std::string arm_time;                 ///< as the stream says it
  std::string end_reason;               ///< as the stream says it; empty: it had not ended
  bool complete = true;                 ///< false: the controller itself says that samples are missing
  double median_step_m = 0;             ///< between frames that follow each other; 0: not known
  std::vector<std::string> suspicions;  ///< sentences; nothing was corrected

  std::uint64_t operator[](JoinOutcome outcome) const { return frames[static_cast<std::size_t>(outcome)]; }
  std::uint64_t unpositioned() const;
};

}  // namespace ptero::positions
