#pragma once

#include <map>
#include <ptero/core/frame.hpp>

namespace ptero::roi {

/// A person's word on a range of frames, both ends included: they are bad, or are not after all.
struct Mark {
  FrameId first = 0;
  FrameId last = 0;  ///< first or larger
  bool bad = true;
  friend bool operator==(const Mark&, const Mark&) = default;
};

/// The frames that a person marked bad, whether or not they have come: the last word on an id holds.
class BadFrames {
 public:
  void apply(const Mark& mark);
  bool contains(FrameId id) const;
  bool empty() const { return ranges_.empty(); }
  /// First -> last of each range, both included, as few ranges as there can be.
  const std::map<FrameId, FrameId>& ranges() const { return ranges_; }

 private:
  void cut(FrameId first, FrameId last);

  std::map<FrameId, FrameId> ranges_;
};

}  // namespace ptero::roi
