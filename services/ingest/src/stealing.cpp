#include "stealing.hpp"

namespace ptero::ingest {

std::uint64_t StealingWatch::saw(FrameId id) {
  const auto last = last_;
  last_ = id;
  if (!last) return answer_;
  const std::uint64_t step = id > *last ? id - *last : 0;
  std::uint8_t& slot = steps_[seen_ % window];
  if (seen_ >= window) --count_[slot];
  slot = static_cast<std::uint8_t>(step <= most_pullers ? step : 0);
  ++count_[slot];
  if (++seen_ < window) return answer_;
  for (std::uint64_t n = 2; n <= most_pullers; ++n)
    if (count_[n] >= enough) return answer_ = n;
  if (count_[1] > window / 2) answer_ = 1;
  return answer_;
}

}  // namespace ptero::ingest
