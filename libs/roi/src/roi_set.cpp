#include <ptero/roi/roi_set.hpp>

namespace ptero::roi {
namespace {

// splitmix64's finaliser: sums of well mixed ids tell sets apart whatever their order.
std::uint64_t mix(FrameId id) {
  std::uint64_t z = id + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

bool RoiSet::insert(FrameId id) {
  auto bit = blocks_[id / block][id % block];
  if (bit) return false;
  bit = true;
  ++size_;
  sum_ += mix(id);
  return true;
}

bool RoiSet::erase(FrameId id) {
  const auto found = blocks_.find(id / block);
  if (found == blocks_.end() || !found->second[id % block]) return false;
  found->second[id % block] = false;
  --size_;
  sum_ -= mix(id);
  return true;
}

bool RoiSet::contains(FrameId id) const {
  const auto found = blocks_.find(id / block);
  return found != blocks_.end() && found->second[id % block];
}

std::vector<FrameId> RoiSet::ids() const {
  std::vector<FrameId> all;
  all.reserve(size_);
  for (const auto& [number, bits] : blocks_)
    for (std::size_t i = 0; i < block; ++i)
      if (bits[i]) all.push_back(number * block + i);
  return all;
}

std::string RoiSet::hash() const {
  std::uint64_t value = mix(sum_ + size_);
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace ptero::roi
