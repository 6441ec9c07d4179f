#pragma once

#include <cstddef>
#include <ptero/core/frame.hpp>
#include <set>

namespace ptero::roi {

/// All ids below it have come, or were given up because `give_up_after` later ids came first.
class Watermark {
 public:
  explicit Watermark(std::size_t give_up_after) : give_up_after_(give_up_after) {}

  void arrived(FrameId id) {
    if (id < next_) return;
    ahead_.insert(id);
    for (;;) {
      while (!ahead_.empty() && *ahead_.begin() == next_) {
        ahead_.erase(ahead_.begin());
        ++next_;
      }
      if (ahead_.empty() || ahead_.size() < give_up_after_) return;
      next_ = *ahead_.begin();
    }
  }

  FrameId value() const { return next_; }

 private:
  std::size_t give_up_after_;
  FrameId next_ = 0;
  std::set<FrameId> ahead_;
};

}  // namespace ptero::roi
