#pragma once

#include <utility>

namespace ptero::runtime {

/// Runs something when its scope is left, by return or by exception: how a stage that fails still tells the
/// others that no more will come from it.
template <class F>
class OnExit {
 public:
  explicit OnExit(F action) : action_(std::move(action)) {}
  ~OnExit() { action_(); }
  OnExit(const OnExit&) = delete;
  OnExit& operator=(const OnExit&) = delete;

 private:
  F action_;
};

}  // namespace ptero::runtime
