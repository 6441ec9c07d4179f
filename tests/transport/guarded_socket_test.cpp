// What is bound against those who connect: floods, subscriptions without end, peers that hang up. The
// strangers are raw libzmq, as somebody else's programs are.
#include <gtest/gtest.h>

#include <mutex>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/transport/guarded_socket.hpp>
#include <zmq.hpp>

#include "support/eventually.hpp"

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;

constexpr PeerLimits small{.messages_per_s = 1, .messages = 100, .bytes_per_s = 1, .bytes = 1 << 20};

/// What the context told of peers that were cut off.
class Refusals {
 public:
  OnRefused note() {
    return [this](const Refusal& refusal) {
      const std::lock_guard lock(mutex_);
      if (refusal.reason == RefusalReason::too_much) all_.push_back(refusal);
    };
  }
  std::vector<Refusal> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Refusal> all_;
};

class Stranger {
 public:
  Stranger(const std::string& endpoint, zmq::socket_type type) : socket(context, type) {
    socket.set(zmq::sockopt::sndhwm, 0);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::heartbeat_ivl, 50);
    socket.set(zmq::sockopt::heartbeat_timeout, 60'000);
    socket.connect(endpoint);
  }
  void say(const std::string& text) { socket.send(zmq::buffer(text), zmq::send_flags::none); }

  zmq::context_t context;
  zmq::socket_t socket;
};

class Door : public testing::Test {
 protected:
  explicit Door(const PeerLimits& limits = small) : door_(context_, SocketKind::router, {}, limits) {
    door_.bind("tcp://127.0.0.1:*");
  }
  std::string next() {
    const bool there = test::eventually([&] { return door_.wait(10ms); });
    return there ? std::string(door_.receive()->parts.at(1).text()) : "";
  }
  Refusals refusals_;
  Context context_{CurveFiles{}, refusals_.note()};
  GuardedSocket door_;
};

TEST_F(Door, AFloodIsCutOffCountedAndNamedWhileNobodyReads) {
  Stranger flood(door_.endpoint(), zmq::socket_type::dealer);
  for (int i = 0; i < 5000; ++i) flood.say("x");
  ASSERT_TRUE(test::eventually([&] { return door_.cut_offs() > 0; }));
  const auto told = refusals_.all();
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(told[0].peer.starts_with("127.0.0.1:")) << told[0].peer;
  EXPECT_NE(told[0].what.find("100 messages"), std::string::npos) << told[0].what;
}

TEST_F(Door, LargeMessagesAreCountedInBytes) {
  Stranger flood(door_.endpoint(), zmq::socket_type::dealer);
  for (int i = 0; i < 20; ++i) flood.say(std::string(100'000, 'x'));
  ASSERT_TRUE(test::eventually([&] { return door_.cut_offs() > 0; }));
  EXPECT_NE(refusals_.all().at(0).what.find("bytes"), std::string::npos);
}

TEST_F(Door, ConnectionsTakeTurns) {
  Stranger many(door_.endpoint(), zmq::socket_type::dealer), one(door_.endpoint(), zmq::socket_type::dealer);
  for (int i = 0; i < 50; ++i) many.say("many");
  ASSERT_EQ(next(), "many");
  one.say("one");
  ASSERT_TRUE(test::eventually([&] {
    // Whatever waits of the other, this one is among the next two.
    const auto a = next(), b = next();
    return a == "one" || b == "one";
  }));
}

TEST_F(Door, AMessageOfManyPartsIsNotTaken) {
  Stranger stranger(door_.endpoint(), zmq::socket_type::dealer);
  for (int i = 0; i < 1000; ++i)
    stranger.socket.send(zmq::str_buffer("part"), i < 999 ? zmq::send_flags::sndmore : zmq::send_flags::none);
  EXPECT_TRUE(test::eventually([&] { return door_.cut_offs() > 0; }));
}

TEST_F(Door, AnAnswerReachesWhoAsked) {
  Stranger asker(door_.endpoint(), zmq::socket_type::dealer);
  asker.say("question");
  ASSERT_TRUE(test::eventually([&] { return door_.wait(10ms); }));
  const auto asked = door_.receive();
  EXPECT_EQ(door_.send({asked->parts[0], Bytes::take(std::string("answer"))}), Socket::Sent::yes);
  zmq::message_t answer;
  ASSERT_TRUE(asker.socket.recv(answer));
  EXPECT_EQ(answer.to_string(), "answer");
  EXPECT_EQ(door_.send({Bytes::take(std::string("nobody")), Bytes()}), Socket::Sent::no_such_peer);
}

/// A queue that is full, heartbeats, and an end that hangs up: that ended the process in libzmq 4.3.4.
void hang_up_behind_a_busy_stage(const std::string& endpoint, zmq::socket_type type) {
  {
    Stranger stranger(endpoint, type);
    for (int i = 0; i < 5000; ++i) {
      stranger.say(type == zmq::socket_type::xsub ? "\1topic" + std::to_string(i) : "some words");
      if (i == 4500) std::this_thread::sleep_for(200ms);  // questions for a sign of life among them
    }
    std::this_thread::sleep_for(200ms);
  }
  // The heartbeats of the end that is bound, were there any, come within this time.
  std::this_thread::sleep_for(1500ms);
}

TEST_F(Door, WhoHangsUpBehindAFullQueueHarmsNobody) {
  hang_up_behind_a_busy_stage(door_.endpoint(), zmq::socket_type::dealer);
  Stranger asker(door_.endpoint(), zmq::socket_type::dealer);
  asker.say("question");
  EXPECT_TRUE(test::eventually([&] {
    while (auto got = door_.receive())
      if (got->parts.at(1).text() == "question") return true;
    return false;
  }));
}

TEST(Events, WhoHangsUpBehindAFullQueueHarmsNobody) {
  Context context;
  EventPublisher events(context, "tcp://127.0.0.1:*", {});  // its stage is busy: nobody runs it
  hang_up_behind_a_busy_stage(events.endpoint(), zmq::socket_type::xsub);
  std::jthread stage([&](std::stop_token stop) { events.run([&] { return !stop.stop_requested(); }); });
  events.publish("roi", {Bytes::take(std::string("value"))});
  Socket viewer(context, SocketKind::sub);
  viewer.connect(events.endpoint());
  viewer.subscribe("roi");
  EXPECT_TRUE(viewer.receive(20s));
}

TEST(Events, SubscriptionsWithoutEndAreCutOffAndOthersGoOn) {
  Refusals refusals;
  Context context(CurveFiles{}, refusals.note());
  EventPublisher events(context, "tcp://127.0.0.1:*", {});
  std::jthread stage([&](std::stop_token stop) { events.run([&] { return !stop.stop_requested(); }); });
  Stranger greedy(events.endpoint(), zmq::socket_type::xsub);
  // A few at a time, as one that knows of rates would.
  for (int i = 0; i < 1100; ++i) greedy.say("\1topic" + std::to_string(i));
  ASSERT_TRUE(test::eventually([&] { return !refusals.all().empty(); }));
  EXPECT_NE(refusals.all()[0].what.find("subscriptions"), std::string::npos) << refusals.all()[0].what;
  Stranger chatty(events.endpoint(), zmq::socket_type::xsub);
  chatty.say("let us talk");
  ASSERT_TRUE(test::eventually([&] { return refusals.all().size() > 1; }));
  events.publish("roi", {Bytes::take(std::string("value"))});
  Socket viewer(context, SocketKind::sub);
  viewer.connect(events.endpoint());
  viewer.subscribe("roi");
  EXPECT_TRUE(viewer.receive(20s));
}

}  // namespace
}  // namespace ptero::transport
