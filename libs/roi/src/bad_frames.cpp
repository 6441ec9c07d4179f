#include <iterator>
#include <ptero/core/contract.hpp>
#include <ptero/roi/bad_frames.hpp>

namespace ptero::roi {

void BadFrames::apply(const Mark& mark) {
  PTERO_EXPECT(mark.first <= mark.last);
  cut(mark.first, mark.last);
  if (!mark.bad) return;
  auto range = ranges_.emplace(mark.first, mark.last).first;
  if (range != ranges_.begin())
    if (const auto before = std::prev(range); before->second + 1 == range->first) {
      before->second = range->second;
      ranges_.erase(range);
      range = before;
    }
  if (const auto next = std::next(range); next != ranges_.end() && range->second + 1 == next->first) {
    range->second = next->second;
    ranges_.erase(next);
  }
}

/// Leaves a hole from first to last.
void BadFrames::cut(FrameId first, FrameId last) {
  auto range = ranges_.upper_bound(first);
  if (range != ranges_.begin()) --range;
  while (range != ranges_.end() && range->first <= last) {
    if (range->second < first) {
      ++range;
      continue;
    }
    const auto [begin, end] = *range;
    range = ranges_.erase(range);
    if (begin < first) ranges_.emplace(begin, first - 1);
    if (end > last) ranges_.emplace(last + 1, end);
  }
}

bool BadFrames::contains(FrameId id) const {
  const auto after = ranges_.upper_bound(id);
  return after != ranges_.begin() && std::prev(after)->second >= id;
}

}  // namespace ptero::roi
