#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include <ptero/positions/joiner.hpp>

namespace ptero::positions {

inline constexpr std::int64_t s = 1'000'000'000;
inline const double nan = std::numeric_limits<double>::quiet_NaN();

/// A position that names its trigger in both coordinates.
inline Sample named(std::uint64_t index) {
  return {index, 1000.0 + static_cast<double>(index), -3.0 * static_cast<double>(index)};
}

inline StreamEvent some(std::uint64_t from, std::uint64_t count) {
  StreamSamples out;
  for (std::uint64_t i = 0; i < count; ++i) out.samples.push_back(named(from + i));
  return out;
}

inline StreamEvent start(const std::string& arm_time) {
  return StreamStart{arm_time, 0};
}

inline void expect_named(const std::optional<Joined>& joined, std::uint64_t index) {
  ASSERT_TRUE(joined);
  ASSERT_EQ(joined->outcome, JoinOutcome::joined);
  EXPECT_EQ(joined->position, (Position{named(index).x, named(index).y}));
}

inline JoinOutcome outcome(Joiner& joiner, FrameId id, std::int64_t now = 0) {
  return joiner.decide(id, now, now).value().outcome;
}

}  // namespace ptero::positions
