#include <gtest/gtest.h>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/watchdog.hpp>

#include "support/eventually.hpp"

namespace ptero::runtime {
namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A stage that does what it is told, one word at a time.
class Obedient {
 public:
  Obedient() {
    service.add_stage("dig", [this](std::stop_token, Heartbeat& beat) {
      while (const auto order = orders_.pop()) {
        (*order)(beat);
        done_.push(true);
      }
    });
    service.start();
  }
  ~Obedient() { finish(); }
  void tell(std::function<void(Heartbeat&)> order) {
    orders_.push(std::move(order));
    done_.pop();
  }

  void finish() {
    orders_.close();
    service.join();
  }

  Service service{"mine"};

 private:
  BoundedQueue<std::function<void(Heartbeat&)>> orders_{1};
  BoundedQueue<bool> done_{1};
};

/// Looks are taken by hand: the watchdog's own thread sleeps for a day, and a standstill is what is longer.
class WatchdogTest : public testing::Test {
 protected:
  static constexpr WatchdogOptions by_hand{.give_up_after_s = 0.05, .look_every_s = 86'400};
  static constexpr WatchdogOptions only_rings{.give_up_after_s = 3600, .look_every_s = 86'400};
  static void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

  Alarms alarms{{{Watchdog::alarm, Severity::critical}}};
  Obedient stage;
  std::atomic<int> given_up = 0;
  Watchdog watchdog{{{&stage.service, &alarms}}, by_hand, [this](const Silence&) { ++given_up; }};
  std::optional<Silence> look() { return watchdog.look(steady_now_ns()); }
  /// The alarm alone: how long a machine takes between two lines is its own affair.
  void ring() { EXPECT_FALSE(Watchdog({{&stage.service, &alarms}}, only_rings, {}).look(steady_now_ns())); }
};

TEST_F(WatchdogTest, AStageThatBeatsIsLeftAlone) {
  stage.tell([](Heartbeat& beat) { beat.beat(); });
  EXPECT_FALSE(look());
  EXPECT_FALSE(alarms.is_active(Watchdog::alarm));
}

TEST_F(WatchdogTest, ASilentStageRingsUntilItAnswersAndIsGivenUpInTheEnd) {
  stage.tell([](Heartbeat& beat) { beat.busy("digging", 0.01); });
  sleep_ms(20);
  ring();
  ASSERT_TRUE(alarms.is_active(Watchdog::alarm));
  EXPECT_EQ(alarms.active()[0].sentence, "stage dig gives no sign of life (digging)");
  EXPECT_EQ(stage.service.unhealthy_stages(), (std::vector<std::string>{"dig"}));
  sleep_ms(60);
  const auto gone = look();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->service, "mine");
  EXPECT_EQ(gone->stage, "dig");
  EXPECT_GT(gone->seconds, 0.06);
  stage.tell([](Heartbeat& beat) { beat.beat(); });
  EXPECT_FALSE(look());
  EXPECT_FALSE(alarms.is_active(Watchdog::alarm));
  EXPECT_TRUE(stage.service.unhealthy_stages().empty());
}

TEST_F(WatchdogTest, AnnouncedWorkMayTakeAsLongAsItSaid) {
  stage.tell([](Heartbeat& beat) { beat.busy("digging", 3600); });
  EXPECT_FALSE(watchdog.look(steady_now_ns()));
  EXPECT_EQ(stage.service.health()[0].doing, "digging");
  EXPECT_EQ(stage.service.health()[0].limit_ns, 3600 * second);
  stage.tell([](Heartbeat& beat) { beat.waiting("for rain"); });
  EXPECT_EQ(stage.service.health()[0].limit_ns, Heartbeat::no_limit);
  EXPECT_FALSE(look());
  EXPECT_FALSE(alarms.is_active(Watchdog::alarm));
  stage.tell([](Heartbeat& beat) { beat.beat(); });
  EXPECT_EQ(stage.service.health()[0].doing, "");
  EXPECT_EQ(stage.service.health()[0].limit_ns, Heartbeat::usual_limit_ns);
}

TEST_F(WatchdogTest, AProcessThatStoodStillIsNoStagesSilence) {
  // Within its limit no machine may stand still between two instructions.
  stage.tell([](Heartbeat& beat) { beat.busy("digging", 0.3); });
  sleep_ms(400);
  const auto now = steady_now_ns();
  watchdog.look(now - 2 * 86'400 * second);  // the last look before the standstill
  EXPECT_FALSE(watchdog.look(now));
  EXPECT_FALSE(alarms.is_active(Watchdog::alarm));
  sleep_ms(350);
  ring();
  EXPECT_TRUE(alarms.is_active(Watchdog::alarm)) << "silence after it counts again";
}

TEST_F(WatchdogTest, AFinishedStageIsNotSilent) {
  stage.tell([](Heartbeat& beat) { beat.busy("digging", 0.01); });
  stage.finish();
  sleep_ms(80);
  EXPECT_FALSE(look());
  EXPECT_FALSE(alarms.is_active(Watchdog::alarm));
}

TEST_F(WatchdogTest, ItsThreadGivesUpOnce) {
  stage.tell([](Heartbeat& beat) { beat.busy("digging", 0.01); });
  std::atomic<int> times = 0;
  const Watchdog quick({{&stage.service, nullptr}}, {.give_up_after_s = 0.02, .look_every_s = 0.005},
                       [&](const Silence& silence) {
                         EXPECT_EQ(silence.stage, "dig");
                         ++times;
                       });
  EXPECT_TRUE(test::eventually([&] { return times == 1; }));
  sleep_ms(50);
  EXPECT_EQ(times, 1);
  EXPECT_EQ(given_up, 0);
}

TEST_F(WatchdogTest, WithoutATimeItOnlyRings) {
  stage.tell([](Heartbeat& beat) { beat.busy("digging", 0.01); });
  Watchdog patient({{&stage.service, &alarms}}, {.give_up_after_s = 0, .look_every_s = 86'400},
                   [](const Silence&) {});
  sleep_ms(80);
  EXPECT_FALSE(patient.look(steady_now_ns()));
  EXPECT_TRUE(alarms.is_active(Watchdog::alarm));
}

}  // namespace
}  // namespace ptero::runtime
