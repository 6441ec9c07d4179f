#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <ptero/core/frame.hpp>

namespace ptero::positions {

struct OffsetSuspicion {
  std::int64_t shift = 0;  ///< adding it to index_offset makes the frames fit
  double gain = 0;         ///< disagreement of neighbours as joined, over that after the shift; above 1
};

/// Finds that frames and positions are off by a few, from any number that changes with the sample (total
/// counts, bytes of the compressed frame): frames of neighbouring lines look alike where lines are scanned to
/// and fro, and least so when every line is shifted against the next. Blind for lines that all run the same
/// way: there a constant shift moves the whole picture.
class OffsetCheck {
 public:
  explicit OffsetCheck(std::size_t max_frames = 200'000);

  void add(FrameId id, const Position& position, double value);
  /// nullopt: nothing found, or nothing to find it from. O(n log n).
  std::optional<OffsetSuspicion> result() const;

 private:
  struct Entry {
    FrameId id;
    Position position;
    double value;
  };
  std::vector<std::pair<FrameId, FrameId>> neighbours() const;

  std::size_t max_frames_;
  std::vector<Entry> entries_;
};

/// Median distance of frames whose ids follow each other, metres; 0 when there are none.
class StepCheck {
 public:
  void add(FrameId id, const Position& position);
  double median_m() const;

 private:
  std::optional<FrameId> last_id_;
  Position last_;
  std::vector<double> steps_;  ///< at most some thousand, every n-th
  std::uint64_t seen_ = 0;
};

}  // namespace ptero::positions
