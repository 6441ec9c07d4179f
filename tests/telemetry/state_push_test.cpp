#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
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

struct Piece {
  explicit Piece(const std::string& message) {
    if (message.size() < 16) return;
    std::memcpy(head, message.data(), sizeof head);
    bytes = message.substr(16);
  }
  std::uint32_t size() const { return head[0]; }
  std::uint32_t at() const { return head[1]; }
  std::uint32_t version() const { return head[2]; }
  std::uint32_t level() const { return head[3]; }
  std::uint32_t head[4] = {};
  std::string bytes;
};

/// The next value, piece by piece, each answered.
struct Taken {
  explicit Taken(WebSocketClient& client) {
    do {
      const Piece piece(client.next());
      if (piece.bytes.empty()) return;
      EXPECT_EQ(piece.at(), value.size());
      value += piece.bytes;
      size = piece.size();
      version = piece.version();
      level = piece.level();
      client.say("ack");
    } while (value.size() < size);
  }
  std::string value;
  std::uint32_t size = 0, version = 0, level = 0;
};

TEST(StatePush, NumbersGoBetweenThePiecesOfAPicture) {
  Pushing p;
  WebSocketClient client(p.server.port(), "/ws?pieces");
  std::string large(3'000'000, 'x');
  large.back() = 'y';
  p.push.publish("picture", large, StatePush::Kind::binary);
  Piece piece(client.next());
  EXPECT_EQ(piece.size(), large.size());
  EXPECT_LT(piece.bytes.size(), large.size() / 10);
  // As long as it has not answered it is sent no other piece, but every state.
  for (int i = 0; i < 20; ++i) {
    p.push.publish("state", std::to_string(i), text);
    EXPECT_EQ(client.next(), std::to_string(i));
  }
  std::string got = piece.bytes;
  while (got.size() < large.size()) {
    client.say("ack");
    piece = Piece(client.next());
    ASSERT_FALSE(piece.bytes.empty());
    ASSERT_EQ(piece.at(), got.size());
    got += piece.bytes;
  }
  EXPECT_EQ(got, large);
}

std::string by_level(const std::string& value, int level) {
  return value.substr(0, value.size() / 10) + std::to_string(level);
}

TEST(StatePush, WhatIsNotKnownToBeTakenIsSentSmallerAndAgainAsItIs) {
  Pushing p;
  WebSocketClient client(p.server.port(), "/ws?pieces");
  const std::string value(200'000, 'x');
  p.push.publish("picture", value, StatePush::Kind::binary, by_level);
  const Taken first(client);
  EXPECT_EQ(first.level, static_cast<std::uint32_t>(StatePush::levels));
  EXPECT_EQ(first.value, by_level(value, StatePush::levels));
  // Better and better, until it is whole; how soon depends on how fast the answers came.
  for (std::uint32_t before = first.level; before > 0;) {
    const Taken again(client);
    ASSERT_LT(again.level, before);
    EXPECT_EQ(again.version, first.version);
    EXPECT_EQ(again.value, again.level == 0 ? value : by_level(value, static_cast<int>(again.level)));
    before = again.level;
  }
  // Then it has it, and is sent nothing more.
  p.push.publish("state", "s", text);
  EXPECT_EQ(client.next(), "s");
}

TEST(StatePush, WhatIsSentAgainStandsBackForWhatIsNew) {
  Pushing p;
  WebSocketClient client(p.server.port(), "/ws?pieces");
  const std::string value(3'000'000, 'x');
  p.push.publish("picture", value, StatePush::Kind::binary, by_level);
  const Taken first(client);
  Piece again(client.next());
  EXPECT_EQ(again.version(), first.version);
  EXPECT_EQ(again.at(), 0u);
  ASSERT_LT(again.bytes.size(), again.size());
  p.push.publish("another", "small", StatePush::Kind::binary);
  client.say("ack");
  const Taken next(client);
  EXPECT_EQ(next.value, "small");
  // It begins anew afterwards.
  again = Piece(client.next());
  EXPECT_EQ(again.version(), first.version);
  EXPECT_EQ(again.at(), 0u);
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
