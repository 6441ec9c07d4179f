#include <gtest/gtest.h>

#include <ptero/core/contract.hpp>
#include <ptero/runtime/alarms.hpp>
#include <ptero/runtime/clock.hpp>

namespace ptero::runtime {
namespace {

class AlarmsTest : public testing::Test {
 protected:
  std::vector<std::string> ids(const std::vector<Alarm>& list) const {
    std::vector<std::string> out;
    for (const auto& alarm : list) out.push_back(alarm.id);
    return out;
  }
  using Ids = std::vector<std::string>;

  std::vector<std::string> told;
  Alarms alarms{{{"low_space"}, {"mask"}, {"disk_full", Severity::critical}},
                [this](const Alarm& one) { told.push_back((one.is_active() ? "+" : "-") + one.id); }};
};

TEST_F(AlarmsTest, TheListHoldsWhatIsActiveTheCriticalFirst) {
  alarms.raise("mask", "the mask does not fit");
  alarms.raise("low_space", "2 GB are left");
  alarms.raise("disk_full", "no room");
  EXPECT_EQ(ids(alarms.active()), (Ids{"disk_full", "mask", "low_space"}));
  alarms.clear("mask");
  EXPECT_EQ(ids(alarms.active()), (Ids{"disk_full", "low_space"}));
  EXPECT_FALSE(alarms.is_active("mask"));
  EXPECT_TRUE(alarms.is_active("disk_full"));
  EXPECT_EQ(told, (Ids{"+mask", "+low_space", "+disk_full", "-mask"}));
}

TEST_F(AlarmsTest, RaisedAgainItKeepsItsBeginningAndTakesTheNewSentence) {
  alarms.raise("low_space", "2 GB are left");
  const auto before = alarms.active().at(0);
  const auto changes = alarms.changes();
  alarms.raise("low_space", "2 GB are left");
  EXPECT_EQ(alarms.changes(), changes);
  alarms.raise("low_space", "1 GB is left");
  EXPECT_GT(alarms.changes(), changes);
  const auto after = alarms.active().at(0);
  EXPECT_EQ(after.sentence, "1 GB is left");
  EXPECT_EQ(after.since_ns, before.since_ns);
  EXPECT_EQ(after.since_utc_ns, before.since_utc_ns);
  EXPECT_EQ(told, (Ids{"+low_space"}));
}

TEST_F(AlarmsTest, EveryKindIsAGaugeFromTheStart) {
  using Gauges = std::vector<std::pair<std::string, double>>;
  EXPECT_EQ(alarms.gauges(), (Gauges{{"low_space", 0}, {"mask", 0}, {"disk_full", 0}}));
  alarms.raise("mask", "the mask does not fit");
  EXPECT_EQ(alarms.gauges(), (Gauges{{"low_space", 0}, {"mask", 1}, {"disk_full", 0}}));
  alarms.clear("mask");
  EXPECT_EQ(alarms.gauges(), (Gauges{{"low_space", 0}, {"mask", 0}, {"disk_full", 0}}));
}

TEST_F(AlarmsTest, WhatRangSinceAMomentIncludesWhatIsOverAndWhatBeganBefore) {
  alarms.raise("mask", "of the series before");
  alarms.clear("mask");
  alarms.raise("disk_full", "no room");
  const auto moment = steady_now_ns();
  EXPECT_EQ(ids(alarms.since(moment)), (Ids{"disk_full"}));
  alarms.raise("low_space", "2 GB are left");
  alarms.clear("low_space");
  alarms.clear("disk_full");
  EXPECT_EQ(ids(alarms.since(moment)), (Ids{"disk_full", "low_space"}));
  for (const auto& one : alarms.since(moment)) EXPECT_GE(one.until_ns, one.since_ns);
  EXPECT_EQ(ids(alarms.since(0)), (Ids{"mask", "disk_full", "low_space"}));
}

TEST_F(AlarmsTest, MemoryIsBounded) {
  for (int i = 0; i < 1000; ++i) {
    alarms.raise("mask", std::to_string(i));
    alarms.clear("mask");
  }
  const auto all = alarms.since(0);
  EXPECT_EQ(all.size(), 256u);
  EXPECT_EQ(all.back().sentence, "999");
}

TEST_F(AlarmsTest, AnUndeclaredOneIsABug) {
  EXPECT_THROW(alarms.raise("mystery", "?"), ContractViolation);
  EXPECT_THROW(alarms.clear("mystery"), ContractViolation);
}

}  // namespace
}  // namespace ptero::runtime
