#include <gtest/gtest.h>

#include <cmath>
#include <ptero/ddip/early_stop.hpp>

namespace ptero::ddip {
namespace {

TEST(MovingVariance, IsThatOfTheWindow) {
  MovingVariance variance({.every = 1, .window = 3, .patience = 0, .first = 0});
  EXPECT_FALSE(variance.add(1, {1, 10}));
  EXPECT_TRUE(std::isnan(variance.variance()));
  variance.add(2, {2, 10});
  EXPECT_TRUE(variance.add(3, {3, 10}));
  EXPECT_NEAR(variance.variance(), (2.0 / 3 + 0) / 2, 1e-12);
  variance.add(4, {4, 13});  // 2 3 4 and 10 10 13
  EXPECT_NEAR(variance.variance(), (2.0 / 3 + 2) / 2, 1e-12);
}

TEST(MovingVariance, StopsAfterPatienceAndKnowsTheBest) {
  MovingVariance variance({.every = 10, .window = 2, .patience = 50, .first = 30});
  std::size_t stopped = 0;
  for (std::size_t epoch = 10; epoch <= 400 && stopped == 0; epoch += 10) {
    // Still until epoch 100, then moving more and more.
    const double t = static_cast<double>(epoch);
    const double value =
        t <= 100 ? 10 / t : 0.1 + (t - 100) * (t - 100) * 1e-3 * (epoch / 10 % 2 == 0 ? 1 : -1);
    variance.add(epoch, {static_cast<float>(value)});
    if (variance.should_stop(epoch)) stopped = epoch;
  }
  EXPECT_EQ(variance.best_epoch(), 100U);
  EXPECT_EQ(stopped, 150U);
}

TEST(MovingVariance, CountsNothingBeforeTheFirstEpochAllowed) {
  MovingVariance variance({.every = 1, .window = 2, .patience = 10, .first = 100});
  for (std::size_t epoch = 1; epoch < 100; ++epoch) EXPECT_FALSE(variance.add(epoch, {1, 1}));
  EXPECT_TRUE(variance.add(100, {1, 1}));
}

TEST(GradientWatch, TellsWhenWhatWasApartComesTogether) {
  GradientWatch watch({.first = 100, .rise = 0.05});
  EXPECT_FALSE(watch.add(50, -0.5)) << "too early to count";
  EXPECT_FALSE(watch.add(100, 0.03));
  EXPECT_FALSE(watch.add(110, 0.01));
  EXPECT_FALSE(watch.add(120, 0.05));
  EXPECT_TRUE(watch.add(130, 0.07));
}

}  // namespace
}  // namespace ptero::ddip
