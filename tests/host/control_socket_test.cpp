#include <gtest/gtest.h>

#include <thread>

#include <ptero/services/host/control_socket.hpp>

namespace ptero::host {
namespace {

using namespace std::chrono_literals;

TEST(ControlSocket, GivesEachQuestionItsAnswerInOrder) {
  transport::Context context;
  ControlSocket control(context, "inproc://control", false);
  transport::Socket asker(context, transport::SocketKind::dealer);
  asker.connect("inproc://control");
  asker.send({wire::encode(wire::Control{.action = "one", .by = "me"})});
  asker.send({Bytes::take(std::string("garbage"))});
  asker.send({Bytes::take(std::string("two")), Bytes::take(std::string("parts"))});
  asker.send({wire::encode(wire::Control{.action = "three"})});
  std::vector<std::string> asked;
  const auto act = [&](const wire::Control& question) {
    asked.push_back(question.action);
    return wire::ControlAnswer{true, "did " + question.action};
  };
  while (asked.size() < 2) control.answer(act, 1000ms);
  const auto next = [&] { return *wire::decode_control_answer(asker.receive(1000ms)->at(0)); };
  EXPECT_EQ(next().why, "did one");
  const auto garbage = next();
  EXPECT_FALSE(garbage.ok);
  EXPECT_NE(garbage.why.find("no control"), std::string::npos);
  EXPECT_EQ(next().why, "did three");
}

TEST(ControlSocket, WhoAsksThousandsOfThingsWhileTheStageIsBusyIsCutOffAndOthersAreAnswered) {
  transport::Context context;
  ControlSocket control(context, "tcp://127.0.0.1:*", false);
  {
    transport::Context own;
    transport::Socket flood(own, transport::SocketKind::dealer, {.high_water_mark = 0});
    flood.connect(control.endpoint());
    for (int i = 0; i < 5000; ++i) flood.send({wire::encode(wire::Control{.action = "many"})});
  }
  std::this_thread::sleep_for(2s);  // the stage is busy, for longer than a heartbeat of libzmq
  transport::Socket asker(context, transport::SocketKind::dealer);
  asker.connect(control.endpoint());
  asker.send({wire::encode(wire::Control{.action = "one"})});
  int many = 0;
  bool one = false;
  for (int tries = 0; tries < 600 && !one; ++tries)
    control.answer(
        [&](const wire::Control& question) {
          question.action == "many" ? void(++many) : void(one = true);
          return wire::ControlAnswer{true, ""};
        },
        100ms);
  EXPECT_TRUE(one);
  EXPECT_LT(many, 2500) << "of each connection 500 at most, and none of one that was cut off";
  EXPECT_TRUE(asker.receive(10s));
}

TEST(ControlSocket, WithoutAnEndpointNobodyCanAsk) {
  transport::Context context;
  ControlSocket control(context, "", false);
  EXPECT_FALSE(control.bound());
  EXPECT_EQ(control.endpoint(), "");
  control.answer([](const wire::Control&) { return wire::ControlAnswer{}; }, 1000ms);
}

}  // namespace
}  // namespace ptero::host
