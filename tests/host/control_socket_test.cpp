#include <gtest/gtest.h>

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
  const auto obey = [&](const wire::Control& question) {
    asked.push_back(question.action);
    return wire::ControlAnswer{true, "did " + question.action};
  };
  while (asked.size() < 2) control.answer(obey, 1000ms);
  const auto next = [&] { return *wire::decode_control_answer(asker.receive(1000ms)->at(0)); };
  EXPECT_EQ(next().why, "did one");
  const auto garbage = next();
  EXPECT_FALSE(garbage.ok);
  EXPECT_NE(garbage.why.find("no control"), std::string::npos);
  EXPECT_EQ(next().why, "did three");
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
