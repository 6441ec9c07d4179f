#include "frame_numbers.hpp"

#include <algorithm>
#include <bit>

namespace ptero::ingest {

namespace {
/// Of so many lost at once a ledger is still cheap. A detector that begins further up counts from there.
constexpr std::uint64_t longest_gap = 1'000'000;
constexpr std::uint64_t counter_end = std::uint64_t{1} << 32;
}  // namespace

FrameId FrameNumbers::id_of(std::uint64_t said) const {
  // A counter of 32 bits begins again at 0.
  if (said < base_ && base_ < counter_end) return said + (counter_end - base_);
  return said - base_;
}

bool FrameNumbers::is_plausible(std::uint64_t said) const {
  const FrameId id = id_of(said);
  if (id >= max_frame_id) return false;
  const std::uint64_t hinted = std::min(announced_.value_or(0), next_ + longest_gap);
  return id < std::max(hinted, next_ + beside);
}

bool FrameNumbers::are_beside(std::uint64_t one, std::uint64_t other) {
  return one != other && std::max(one, other) - std::min(one, other) <= beside;
}

bool FrameNumbers::believe(std::uint64_t one, std::uint64_t other) {
  const std::uint64_t lower = std::min(one, other);
  const FrameId id = id_of(lower);
  const bool announced = id < announced_.value_or(0);
  if (id < max_frame_id && (announced || id - std::min(id, next_) <= longest_gap)) {
    next_ = std::max(next_, id);
    return true;
  }
  if (any_ || next_ > 0) return false;
  base_ = lower;
  return true;
}

void FrameNumbers::took(FrameId id) {
  any_ = true;
  next_ = std::max(next_, id + 1);
}

std::optional<unsigned> FrameNumbers::turned_bit(std::uint64_t said) const {
  for (std::uint64_t id = next_ - std::min<std::uint64_t>(next_, 2); id <= next_ + 2; ++id)
    if (const std::uint64_t differs = said ^ (id + base_); std::popcount(differs) == 1)
      return static_cast<unsigned>(std::countr_zero(differs));
  return std::nullopt;
}

}  // namespace ptero::ingest
