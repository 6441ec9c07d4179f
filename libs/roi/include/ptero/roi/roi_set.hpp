#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <ptero/core/frame.hpp>
#include <string>
#include <vector>

namespace ptero::roi {

/// The set of selected frames with its revision number.
class RoiSet {
 public:
  /// False when nothing changed.
  bool insert(FrameId id);
  bool erase(FrameId id);
  bool contains(FrameId id) const;
  std::size_t size() const { return size_; }
  /// Ascending.
  std::vector<FrameId> ids() const;

  std::uint64_t revision() const { return revision_; }
  void set_revision(std::uint64_t number) { revision_ = number; }

  /// 16 hexadecimal digits that depend on the ids alone, not on the order or the revision they came by.
  std::string hash() const;

 private:
  static constexpr std::size_t block = 4096;
  std::map<FrameId, std::bitset<block>> blocks_;
  std::size_t size_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t revision_ = 0;
};

}  // namespace ptero::roi
