#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/services/host/self_report.hpp>
#include <ptero/wire/events.hpp>

#include "support/eventually.hpp"

namespace ptero::host {
namespace {

/// A service of one stage that fails when told to, and somebody who subscribes to its events.
class SelfReportTest : public testing::Test {
 protected:
  SelfReportTest() {
    service_.add_stage("work", [this](std::stop_token stop, runtime::Heartbeat& beat) {
      beat.busy("digging", 60);
      while (!stop.stop_requested() && !fail_) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (fail_) throw std::runtime_error("broken");
    });
    viewer_.connect("inproc://events");
    viewer_.subscribe("");
    publishing_ = std::jthread([this](std::stop_token stop) {
      events_.run([&] {
        self_.publish(service_, events_);
        return !stop.stop_requested();
      });
    });
  }
  ~SelfReportTest() override { publishing_ = {}; }

  /// The next event of this topic that fulfils a condition.
  template <class Decode, class Condition>
  auto await(std::string_view topic, Decode decode, Condition condition) {
    std::decay_t<decltype(decode(Bytes()).value())> found;
    EXPECT_TRUE(test::eventually([&] {
      const auto event = viewer_.receive(std::chrono::milliseconds(100));
      if (!event || event->at(0).text() != topic) return false;
      found = decode(event->at(1)).value();
      return condition(found);
    }));
    return found;
  }

  transport::Context context_;
  telemetry::Metrics metrics_{"ingest"};
  std::atomic<double> load_ = 0;
  SelfReport self_{"ingest", metrics_, [this] { return load_.load(); }};
  transport::EventPublisher events_{context_, "inproc://events", {}};
  transport::Socket viewer_{context_, transport::SocketKind::sub};
  std::atomic<bool> fail_ = false;
  runtime::Service service_{"ingest"};
  std::jthread publishing_;
};

TEST_F(SelfReportTest, AnAlarmEventIsAlwaysTheWholeList) {
  const auto alarms = [&](std::size_t size) {
    return await("alarms.ingest", wire::decode_alarms_event,
                 [&](const wire::AlarmsEvent& e) { return e.alarms.size() == size; });
  };
  EXPECT_EQ(alarms(0).service, "ingest");
  self_.alarms().raise("backlog", "eight hours are over");
  self_.alarms().raise("disk_full", "a stone; bring a longer bar");
  const auto both = alarms(2);
  EXPECT_EQ(both.alarms[0].id, "disk_full");
  EXPECT_EQ(both.alarms[0].severity, "critical");
  EXPECT_EQ(both.alarms[0].sentence, "a stone; bring a longer bar");
  EXPECT_LT(std::abs(both.alarms[0].since_utc_ns - runtime::utc_now_ns()), 60'000'000'000);
  EXPECT_EQ(both.alarms[1].severity, "warning");
  self_.alarms().clear("disk_full");
  EXPECT_EQ(alarms(1).alarms[0].id, "backlog");
}

TEST_F(SelfReportTest, HealthTellsWhatEachStageDoes) {
  using Health = wire::HealthEvent;
  service_.start();
  const auto digging = await("health.ingest", wire::decode_health_event,
                             [](const Health& e) { return e.stages.at(0).doing == "digging"; });
  EXPECT_TRUE(digging.ready);
  EXPECT_EQ(digging.stages[0].stage, "work");
  EXPECT_EQ(digging.stages[0].state, "running");
  fail_ = true;
  service_.join();
  const auto broken = await("health.ingest", wire::decode_health_event,
                            [](const Health& e) { return e.stages.at(0).state == "failed"; });
  EXPECT_FALSE(broken.ready);
}

TEST_F(SelfReportTest, OverloadWalksTheLevelUpAndDownAgain) {
  const auto level = [&](std::uint64_t wanted) {
    return await("health.ingest", wire::decode_health_event,
                 [&](const wire::HealthEvent& e) { return e.level == wanted; });
  };
  const auto metric = [&](int wanted) {
    return metrics_.text().find("ptero_degradation_level{service=\"ingest\"} " + std::to_string(wanted)) !=
           std::string::npos;
  };
  EXPECT_EQ(level(0).load, 0);
  load_ = 0.9;
  for (std::uint64_t step : {1, 2, 3}) EXPECT_EQ(level(step).load, 0.9);
  EXPECT_TRUE(metric(3));
  EXPECT_TRUE(self_.at_least(runtime::Degradation::iterations));
  EXPECT_TRUE(self_.not_ready(service_).empty()) << "behind is not broken";
  load_ = 0;
  for (std::uint64_t step : {2, 1, 0}) level(step);
  EXPECT_TRUE(metric(0));
}

TEST_F(SelfReportTest, OnlyACriticalAlarmMakesItNotReady) {
  EXPECT_TRUE(self_.not_ready(service_).empty());
  self_.alarms().raise("backlog", "eight hours are over");
  EXPECT_TRUE(self_.not_ready(service_).empty());
  self_.alarms().raise("disk_full", "a stone");
  EXPECT_EQ(self_.not_ready(service_), (std::vector<std::string>{"a stone"}));
}

TEST_F(SelfReportTest, EveryAlarmIsASeriesOfTheMetric) {
  self_.alarms().raise("backlog", "eight hours are over");
  const auto page = metrics_.text();
  for (const char* line : {"ptero_alarm_active{alarm=\"backlog\",service=\"ingest\"} 1",
                           "ptero_alarm_active{alarm=\"disk_full\",service=\"ingest\"} 0",
                           "ptero_alarm_active{alarm=\"stage_silent\",service=\"ingest\"} 0"})
    EXPECT_NE(page.find(line), std::string::npos) << line << "\n" << page;
}

TEST_F(SelfReportTest, TheReportHoldsWhatRangDuringTheSeries) {
  self_.alarms().raise("backlog", "of the series before");
  self_.alarms().clear("backlog");
  const auto began = runtime::steady_now_ns();
  self_.alarms().raise("disk_full", "a stone");
  self_.alarms().clear("disk_full");
  self_.alarms().raise("backlog", "eight hours are over");
  const auto report = nlohmann::json::parse(self_.with_alarms(R"({"roi":{"fraction":0.27}})", began));
  EXPECT_EQ(report["roi"]["fraction"], 0.27);
  const auto& rang = report["alarms"]["ingest"];
  ASSERT_EQ(rang.size(), 2u);
  EXPECT_EQ(rang[0]["id"], "disk_full");
  EXPECT_TRUE(rang[0].contains("seconds"));
  EXPECT_EQ(rang[1]["sentence"], "eight hours are over");
  EXPECT_FALSE(rang[1].contains("seconds")) << "it still rings";
}

}  // namespace
}  // namespace ptero::host
