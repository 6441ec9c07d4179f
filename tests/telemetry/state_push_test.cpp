#include <gtest/gtest.h>
#include <sys/socket.h>

#include <ptero/telemetry/http_server.hpp>

#include "support/eventually.hpp"
#include "support/web_socket_client.hpp"

namespace ptero::telemetry {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::WebSocketClient;

constexpr auto text = StatePush::Kind::text;

struct Pushing {
  explicit Pushing(std::size_t clients = 8)
      : server({.threads = 16, .timeout_ms = 300}), push(server.add_push("/ws", {clients})) {}
  HttpServer server;
  StatePush& push;
};

TEST(StatePush, GivesTheNewestValuesToWhoeverComes) {
  Pushing p;
  p.push.publish("a", "a1", text);
  p.push.publish("a", "a2", text);
  p.push.publish("b", std::string("\0\1", 2), StatePush::Kind::binary);
  WebSocketClient client(p.server.port(), "/ws");
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.next(), "a2");
  EXPECT_EQ(client.next(), std::string("\0\1", 2));
  p.push.publish("a", "a3", text);
  EXPECT_EQ(client.next(), "a3");
}

TEST(StatePush, SendsLargeValuesWhole) {
  Pushing p;
  std::string large(5'000'000, 'x');
  large.back() = 'y';
  p.push.publish("picture", large, StatePush::Kind::binary);
  WebSocketClient client(p.server.port(), "/ws");
  EXPECT_EQ(client.next(), large);
}

TEST(StatePush, SendsNumbersBeforePictures) {
  Pushing p;
  p.push.publish("picture", "p", StatePush::Kind::binary);
  p.push.publish("another", "q", StatePush::Kind::binary);
  p.push.publish("state", "s", text);
  WebSocketClient client(p.server.port(), "/ws");
  EXPECT_EQ(client.next(), "s");
  EXPECT_EQ(client.next(), "p");
  EXPECT_EQ(client.next(), "q");
}

TEST(StatePush, SendsOnlyTheTopicsThatAreWanted) {
  Pushing p;
  WebSocketClient client(p.server.port(), "/ws");
  client.say("b,c");
  // Until that was heard there may be an "a" or two.
  int in_a_row = 0;
  for (int i = 0; i < 1000 && in_a_row < 10; ++i) {
    p.push.publish("a", "a", text);
    p.push.publish("b", "b", text);
    in_a_row = client.next() == "b" ? in_a_row + 1 : 0;
  }
  EXPECT_EQ(in_a_row, 10);
}

TEST(StatePush, RefusesOneClientTooManyAndTakesItWhenThereIsRoom) {
  Pushing p(2);
  p.push.publish("a", "a", text);
  WebSocketClient first(p.server.port(), "/ws");
  {
    WebSocketClient second(p.server.port(), "/ws");
    EXPECT_TRUE(second.connected());
    EXPECT_FALSE(WebSocketClient(p.server.port(), "/ws").connected());
    EXPECT_EQ(p.push.stats().refused, 1u);
  }
  EXPECT_TRUE(eventually([&] { return WebSocketClient(p.server.port(), "/ws").connected(); }));
}

// The stalled ones read nothing. Nothing is kept for them but the newest value, and in the end they are cut
// off; the one that reads misses nothing for their sake.
TEST(StatePush, AStalledClientCostsTheOthersNothing) {
  Pushing p;
  std::vector<std::unique_ptr<WebSocketClient>> stalled;
  for (int i = 0; i < 3; ++i) stalled.push_back(std::make_unique<WebSocketClient>(p.server.port(), "/ws"));
  WebSocketClient reads(p.server.port(), "/ws");
  ASSERT_TRUE(eventually([&] { return p.push.stats().clients == 4; }));
  for (int i = 0; i < 60; ++i) {
    const std::string value = std::to_string(i) + std::string(1'000'000, ' ');
    p.push.publish("picture", value, StatePush::Kind::binary);
    EXPECT_EQ(reads.next(), value);
    const auto now = p.push.stats();
    EXPECT_LE(now.waiting_values, 2u) << "the one being sent, and the newest";
    EXPECT_LE(now.waiting_bytes, 2 * value.size());
    EXPECT_LE(now.held_bytes, (1 + now.clients) * value.size());
  }
  EXPECT_TRUE(eventually([&] { return p.push.stats().clients == 1; }));
  const auto stats = p.push.stats();
  EXPECT_EQ(stats.cut_off, 3u);
  EXPECT_GT(stats.skipped, 0u);
}

TEST(StatePush, EndsWithTheServerAlthoughClientsAreThere) {
  auto p = std::make_unique<Pushing>();
  p->push.publish("a", "a", text);
  WebSocketClient client(p->server.port(), "/ws");
  EXPECT_EQ(client.next(), "a");
  p.reset();
  EXPECT_EQ(client.next(), "");
}

}  // namespace
}  // namespace ptero::telemetry
