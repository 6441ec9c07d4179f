#include <gtest/gtest.h>

#include <ptero/transport/socket.hpp>
#include <ptero/wire/events.hpp>

#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::host {
namespace {

/// What follows `key=` in a log, up to the next space; empty when it was not said yet.
std::string said(const std::string& log, const std::string& key) {
  const auto at = log.find(key + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + key.size() + 1;
  return log.substr(begin, log.find_first_of(" \n", begin) - begin);
}

class WatchdogProcess : public testing::Test {
 protected:
  void start(const std::vector<std::string>& keys) {
    std::vector<std::string> words;
    for (const auto& key : keys) words.insert(words.end(), {"--set", "hanging." + key});
    words.insert(words.end(), {"--set", "hanging.kept=\"" + (scratch_ / "kept").string() + "\""});
    program_ = std::make_unique<test::Program>("../tests/hanging_service", words, scratch_ / "log");
    ASSERT_TRUE(test::eventually([&] { return !said(log(), "http").empty(); })) << log();
    const auto url = said(log(), "http");
    port_ = std::stoi(url.substr(url.rfind(':') + 1));
  }
  std::string log() const { return program_->output(); }
  std::string last_line() const {
    auto text = log();
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }
  telemetry::Answer ready() const { return telemetry::get(port_, "/readyz"); }

  test::Scratch scratch_;
  std::unique_ptr<test::Program> program_;
  int port_ = 0;
};

TEST_F(WatchdogProcess, AHangTurnsItRedAndRings) {
  start({"watchdog_exit_s=0"});
  transport::Context context;
  transport::Socket viewer(context, transport::SocketKind::sub);
  viewer.connect(said(log(), "events"));
  viewer.subscribe("alarms.");
  EXPECT_TRUE(test::eventually([&] { return ready().status == 503; })) << log();
  EXPECT_NE(ready().body.find("dig"), std::string::npos) << ready().body;
  EXPECT_EQ(telemetry::get(port_, "/healthz").status, 200);
  bool rang = false;
  EXPECT_TRUE(test::eventually([&] {
    const auto event = viewer.receive(std::chrono::milliseconds(50));
    if (!event) return false;
    const auto alarms = wire::decode_alarms_event(event->at(1));
    for (const auto& alarm : alarms->alarms)
      rang |= alarm.id == "stage_silent" && alarm.severity == "critical" &&
              alarm.sentence == "stage dig gives no sign of life (digging)";
    return rang;
  })) << log();
  EXPECT_FALSE(program_->ended()) << log();
}

TEST_F(WatchdogProcess, AHangEndsTheProcess) {
  start({"watchdog_exit_s=0.5"});
  EXPECT_EQ(program_->wait(), 1) << log();
  EXPECT_NE(last_line().find("stage=dig"), std::string::npos) << log();
  EXPECT_NE(last_line().find("error"), std::string::npos) << log();
  // The other stages were stopped in order before.
  EXPECT_EQ(test::slurp(scratch_ / "kept"), "kept");
}

TEST_F(WatchdogProcess, WhatOnlyTakesLongIsNotEnded) {
  start({"silent_after_s=60.0", "hang_s=1.5", "watchdog_exit_s=0.1"});
  EXPECT_EQ(ready().status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  EXPECT_EQ(ready().status, 200);
  program_->kill(SIGTERM);
  EXPECT_EQ(program_->wait(), 0) << log();
  EXPECT_EQ(log().find("no sign of life"), std::string::npos) << log();
}

TEST_F(WatchdogProcess, AHangDuringTheStopEndsTheProcessToo) {
  start({"watchdog_exit_s=1"});
  program_->kill(SIGTERM);
  EXPECT_EQ(program_->wait(), 1) << log();
  EXPECT_NE(last_line().find("stage=dig"), std::string::npos) << log();
}

TEST_F(WatchdogProcess, AStoppedProcessIsNotAHangingOne) {
  start({"silent_after_s=2.0", "hang_s=4.0", "watchdog_exit_s=0.2"});
  EXPECT_EQ(ready().status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(400));  // it digs by now
  program_->kill(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(3000));
  program_->kill(SIGCONT);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_FALSE(program_->ended()) << log();
  program_->kill(SIGTERM);
  EXPECT_EQ(program_->wait(), 0) << log();
}

}  // namespace
}  // namespace ptero::host
