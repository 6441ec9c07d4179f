#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ptero/core/error.hpp>
#include <ptero/synth/faults.hpp>
#include <set>
#include <string>

namespace ptero::synth {
namespace {

TEST(FaultPlan, WithoutRatesEverythingIsSentOnceInOrder) {
  const FaultPlan plan = plan_faults(100, {});
  ASSERT_EQ(plan.deliveries.size(), 100U);
  for (FrameId id = 0; id < 100; ++id) EXPECT_EQ(plan.deliveries[id], (Delivery{id, Condition::sound}));
  EXPECT_TRUE(plan.dropped.empty() && plan.duplicated.empty() && plan.corrupted.empty() &&
              plan.swapped.empty());
}

TEST(FaultPlan, TheAccountAgreesWithTheDeliveries) {
  constexpr std::uint64_t count = 20000;
  const FaultPlan plan = plan_faults(count, {0.03, 0.02, 0.05, 0.01, 7});
  std::map<FrameId, int> times;
  std::set<FrameId> corrupt;
  for (const Delivery& d : plan.deliveries) {
    ++times[d.id];
    if (d.condition == Condition::corrupt) corrupt.insert(d.id);
  }
  for (const FrameId id : plan.dropped) EXPECT_EQ(times.count(id), 0U);
  for (const FrameId id : plan.duplicated) EXPECT_EQ(times[id], 2);
  EXPECT_EQ(plan.deliveries.size(), count - plan.dropped.size() + plan.duplicated.size());
  EXPECT_EQ(times.size(), count - plan.dropped.size());
  EXPECT_EQ(corrupt, std::set<FrameId>(plan.corrupted.begin(), plan.corrupted.end()));
  // Five standard deviations of a binomial.
  EXPECT_NEAR(static_cast<double>(plan.dropped.size()), 600, 121);
  EXPECT_NEAR(static_cast<double>(plan.duplicated.size()), 400, 99);
  EXPECT_NEAR(static_cast<double>(plan.corrupted.size()), 200, 71);
  EXPECT_GT(plan.swapped.size(), 700U);
  // Every swap shows as a fall in the sequence of ids, and nothing else does.
  std::size_t falls = 0;
  for (std::size_t i = 1; i < plan.deliveries.size(); ++i)
    falls += plan.deliveries[i].id < plan.deliveries[i - 1].id;
  EXPECT_EQ(falls, plan.swapped.size());
}

TEST(FaultPlan, IsReproducibleBySeed) {
  const FaultRates rates{0.1, 0.1, 0.1, 0.1, 3};
  EXPECT_EQ(plan_faults(500, rates).deliveries, plan_faults(500, rates).deliveries);
  FaultRates other = rates;
  other.seed = 4;
  EXPECT_NE(plan_faults(500, rates).deliveries, plan_faults(500, other).deliveries);
}

TEST(FaultPlan, RefusesImpossibleRates) {
  EXPECT_THROW(plan_faults(1, {-0.1}), InputError);
  EXPECT_THROW(plan_faults(1, {0, 1.5}), InputError);
  EXPECT_THROW(plan_faults(1, {0.5, 0.4, 0, 0.2}), InputError);
  EXPECT_EQ(plan_faults(10, {1}).deliveries.size(), 0U);
}

TEST(CutInHalf, KeepsTheFirstHalf) {
  EXPECT_EQ(cut_in_half(Bytes::take(std::string("abcdef"))).text(), "abc");
  EXPECT_TRUE(cut_in_half(Bytes()).empty());
}

}  // namespace
}  // namespace ptero::synth
