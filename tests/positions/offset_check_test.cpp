#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include <ptero/positions/offset_check.hpp>

namespace ptero::positions {
namespace {

constexpr std::size_t rows = 24, cols = 30;
constexpr double step = 0.2e-6;

/// Where the stage is at a trigger.
Position planned(std::size_t trigger, bool snake) {
  const std::size_t row = trigger / cols;
  const std::size_t col = snake && row % 2 == 1 ? cols - 1 - trigger % cols : trigger % cols;
  return {static_cast<double>(col) * step, static_cast<double>(row) * step};
}

/// Something with edges.
double sample_at(const Position& p) {
  return 1000 + 300 * std::sin(p.x_m / 0.7e-6) * std::cos(p.y_m / 1.1e-6) + (p.x_m > 2.5e-6 ? 200 : 0);
}

/// A scan whose frames are paired with the position `slip` triggers too early.
OffsetCheck scan(bool snake, int slip, double noise, double contrast = 1) {
  OffsetCheck check;
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  for (std::size_t frame = 0; frame < rows * cols; ++frame) {
    const auto joined_with = static_cast<std::int64_t>(frame) - slip;
    if (joined_with < 0 || joined_with >= static_cast<std::int64_t>(rows * cols)) continue;
    const double value = contrast * sample_at(planned(frame, snake)) + noise * normal(random);
    check.add(frame, planned(static_cast<std::size_t>(joined_with), snake), value);
  }
  return check;
}

TEST(OffsetCheck, FindsTheShiftOfASnake) {
  for (const int slip : {-3, -1, 1, 2}) {
    const auto suspicion = scan(true, slip, 5).result();
    ASSERT_TRUE(suspicion) << slip;
    // As joined, frame f has the position of trigger f - slip; an offset smaller by `slip` gives it f's.
    EXPECT_EQ(suspicion->shift, -slip);
    EXPECT_GT(suspicion->gain, 1.25);
  }
}

TEST(OffsetCheck, SaysNothingWhereThereIsNothing) {
  EXPECT_FALSE(scan(true, 0, 5).result());
  EXPECT_FALSE(scan(true, 0, 500).result());
  EXPECT_FALSE(scan(true, 1, 100, 0).result()) << "an empty field";
  EXPECT_FALSE(scan(false, 1, 5).result()) << "lines that all run the same way are blind";
  EXPECT_FALSE(OffsetCheck().result());
  OffsetCheck standing;
  for (FrameId id = 0; id < 1000; ++id) standing.add(id, {0, 0}, double(id % 7));
  EXPECT_FALSE(standing.result());
}

TEST(StepCheck, IsTheMedianOfNeighboursAlone) {
  StepCheck check;
  check.add(0, {0, 0});
  check.add(1, {1e-7, 0});
  check.add(5, {9, 9});  // frames between are missing
  check.add(6, {9 + 1e-7, 9});
  check.add(7, {0, 0});  // the way back
  EXPECT_NEAR(check.median_m(), 1e-7, 1e-12);
  EXPECT_EQ(StepCheck().median_m(), 0);
}

}  // namespace
}  // namespace ptero::positions
