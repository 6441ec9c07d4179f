#include <gtest/gtest.h>

#include <algorithm>
#include <ptero/steering/travel.hpp>
#include <random>

namespace ptero::steering {
namespace {

bool less(const Position& a, const Position& b) {
  return std::pair(a.x_m, a.y_m) < std::pair(b.x_m, b.y_m);
}

TEST(Travel, AFullRectangleIsWalkedWithoutADetour) {
  std::vector<Position> points;
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 9; ++x) points.push_back({x * 0.5, y * 0.5});
  EXPECT_DOUBLE_EQ(travel_m(order_for_travel(points, 0.5)), 44 * 0.5);
}

TEST(Travel, TheWayBeginsAtTheNearerPatch) {
  const std::vector<Position> points{{0, 0}, {1, 0}, {20, 0}, {21, 0}};
  const auto way = order_for_travel(points, 1, Position{22, 0});
  EXPECT_EQ(way.front(), (Position{21, 0}));
  EXPECT_DOUBLE_EQ(travel_m(way, Position{22, 0}), 22);
}

TEST(Travel, NoOrderIsLongerThanTheOneGivenAndNoPointIsLost) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    std::vector<Position> points;
    const double share = 0.1 + 0.8 * (seed % 7) / 7.0;
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 16; ++x)
        if (std::uniform_real_distribution<>(0, 1)(random) < share) points.push_back({double(x), double(y)});
    const std::optional<Position> start = seed % 2 ? std::optional(Position{-3, 8}) : std::nullopt;
    auto way = order_for_travel(points, 1, start);
    EXPECT_LE(travel_m(way, start), travel_m(points, start)) << "seed " << seed;
    std::sort(way.begin(), way.end(), less);
    std::sort(points.begin(), points.end(), less);
    EXPECT_EQ(way, points) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ptero::steering
