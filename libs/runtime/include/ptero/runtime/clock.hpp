#pragma once

#include <chrono>
#include <cstdint>

namespace ptero::runtime {

/// Nanoseconds on a clock that never goes back: for ages, latencies and timeouts. Never for decisions on
/// data.
inline std::int64_t steady_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Nanoseconds since 1970 UTC: for time stamps a person or another host reads.
inline std::int64_t utc_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace ptero::runtime
