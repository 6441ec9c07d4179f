#pragma once

#include <chrono>
#include <thread>

namespace ptero::test {

/// Polls `done` for up to `seconds`.
template <class F>
bool eventually(F&& done, int seconds = 60) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace ptero::test
