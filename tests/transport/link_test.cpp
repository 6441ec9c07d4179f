#include <gtest/gtest.h>

#include <unistd.h>

#include <deque>
#include <mutex>
#include <ptero/core/error.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/transport/link_producer.hpp>
#include <thread>

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;

/// A log of numbered texts, shared by all feeds.
struct Log {
  std::mutex mutex;
  std::vector<std::string> entries;  // empty: lost on the disk

  void append(const std::string& text) {
    const std::lock_guard lock(mutex);
    entries.push_back(text);
  }
};

class LogFeed : public Feed {
 public:
  LogFeed(Log& log, std::uint64_t next) : log_(log), next_(next) {}

  std::optional<LinkEntry> next() override {
    const std::lock_guard lock(log_.mutex);
    if (!wanted_.empty()) {
      const auto id = wanted_.front();
      wanted_.pop_front();
      return LinkEntry{id, ticket_, {Bytes::take(log_.entries[id])}};
    }
    while (next_ < log_.entries.size() && log_.entries[next_].empty()) ++next_;
    if (next_ == log_.entries.size()) return std::nullopt;
    const auto sequence = next_++;
    return LinkEntry{sequence, 0, {Bytes::take(log_.entries[sequence])}};
  }
  void want(const wire::Want& want) override {
    ticket_ = want.ticket;
    wanted_.insert(wanted_.end(), want.ids.begin(), want.ids.end());
  }

 private:
  Log& log_;
  std::uint64_t next_;
  std::uint64_t ticket_ = 0;
  std::deque<FrameId> wanted_;
};

class LinkTest : public testing::Test {
 protected:
  void start(const std::string& endpoint = "tcp://127.0.0.1:*") {
    // libzmq closes a listening socket from a thread of its own: its address is free a moment later.
    for (int attempt = 0; !producer_; ++attempt) try {
        listen(endpoint);
      } catch (const InputError&) {
        if (attempt == 200) throw;
        std::this_thread::sleep_for(10ms);
      }
    thread_ = std::jthread(
        [this](std::stop_token stop) { producer_->run([&] { return !stop.stop_requested(); }); });
  }
  void listen(const std::string& endpoint) {
    producer_.emplace(
        context_, endpoint, SocketOptions{},
        [this](const wire::Hello& hello) -> Result<std::unique_ptr<Feed>, std::string> {
          if (hello.series_uid == "unknown") return std::string("no such series");
          return std::unique_ptr<Feed>(std::make_unique<LogFeed>(log_, hello.next));
        },
        [this](const std::string& consumer, const Parts& parts) {
          const std::lock_guard lock(log_.mutex);
          delivered_.push_back(consumer + ":" + std::string(parts.at(0).text()));
        });
  }
  void stop() {
    thread_ = {};
    producer_.reset();
  }
  ~LinkTest() override { stop(); }

  LinkConsumer consumer(const std::string& name, std::uint64_t next = 0, std::uint64_t credit = 8) {
    return LinkConsumer(context_, producer_->endpoint(), {.name = name, .credit = credit, .silence = 300ms},
                        [next] { return wire::Hello{.next = next}; });
  }
  static std::vector<std::string> take(LinkConsumer& consumer, std::size_t count) {
    std::vector<std::string> out;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (out.size() < count && std::chrono::steady_clock::now() < deadline) {
      auto event = consumer.poll(100ms);
      if (event.kind == LinkConsumer::EventKind::entry) out.emplace_back(event.entry.parts.at(0).text());
    }
    return out;
  }

  Context context_;
  Log log_;
  std::vector<std::string> delivered_;
  std::optional<LinkProducer> producer_;
  std::jthread thread_;
};

TEST_F(LinkTest, TwoConsumersEachGetEverythingInOrder) {
  for (int i = 0; i < 500; ++i) log_.append(std::to_string(i));
  start();
  auto a = consumer("a");
  auto b = consumer("b", 100);
  const auto from_a = take(a, 500);
  const auto from_b = take(b, 400);
  ASSERT_EQ(from_a.size(), 500u);
  ASSERT_EQ(from_b.size(), 400u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(from_a[i], std::to_string(i));
  EXPECT_EQ(from_b.front(), "100");
}

TEST_F(LinkTest, NeverMoreInFlightThanTheCredit) {
  for (int i = 0; i < 100; ++i) log_.append("x");
  start();
  auto slow = consumer("slow", 0, 8);
  take(slow, 1);
  std::this_thread::sleep_for(200ms);  // the producer has had every chance to push more
  EXPECT_LE(producer_->entries_sent(), 8u);
  EXPECT_EQ(take(slow, 99).size(), 99u);
}

TEST_F(LinkTest, WhatTheProducerHasLostIsNotAskedForAgain) {
  for (int i = 0; i < 40; ++i) log_.append(i % 7 == 3 || i == 4 ? "" : std::to_string(i));
  std::vector<std::string> rest;
  for (const auto& text : log_.entries)
    if (!text.empty()) rest.push_back(text);
  start();
  auto a = consumer("a");
  EXPECT_EQ(take(a, rest.size()), rest);
  EXPECT_EQ(a.hellos(), 1u);
  // Whose checkpoint ends where the hole begins.
  auto b = consumer("b", 3);
  EXPECT_EQ(take(b, 1), std::vector<std::string>{"5"});
  EXPECT_EQ(b.hellos(), 1u);
}

TEST_F(LinkTest, EntriesAppendedLaterArriveAfterAWake) {
  start();
  auto a = consumer("a");
  EXPECT_EQ(a.poll(5s).kind, LinkConsumer::EventKind::session);
  log_.append("late");
  producer_->wake();
  EXPECT_EQ(take(a, 1), std::vector<std::string>{"late"});
}

TEST_F(LinkTest, WantedEntriesComeOutOfOrder) {
  for (int i = 0; i < 10; ++i) log_.append(std::to_string(i));
  start();
  auto a = consumer("a", 10);
  EXPECT_FALSE(a.want({.ids = {3}})) << "not connected yet";
  ASSERT_EQ(a.poll(5s).kind, LinkConsumer::EventKind::session);
  ASSERT_TRUE(a.want({.ticket = 7, .ids = {3, 1}}));
  EXPECT_EQ(take(a, 2), (std::vector<std::string>{"3", "1"}));
}

TEST_F(LinkTest, DeliversToTheProducer) {
  start();
  auto a = consumer("a");
  EXPECT_FALSE(a.deliver(Bytes::take(std::string("too early"))));
  ASSERT_EQ(a.poll(5s).kind, LinkConsumer::EventKind::session);
  ASSERT_TRUE(a.deliver(Bytes::take(std::string("labels"))));
  for (int i = 0; i < 100; ++i) {
    std::this_thread::sleep_for(20ms);
    const std::lock_guard lock(log_.mutex);
    if (!delivered_.empty()) break;
  }
  EXPECT_EQ(delivered_, std::vector<std::string>{"a:labels"});
}

TEST_F(LinkTest, ARefusalSaysWhy) {
  start();
  LinkConsumer a(context_, producer_->endpoint(), {.name = "a"},
                 [] { return wire::Hello{.series_uid = "unknown"}; });
  const auto event = a.poll(5s);
  EXPECT_EQ(event.kind, LinkConsumer::EventKind::refused);
  EXPECT_EQ(event.text, "no such series");
}

TEST_F(LinkTest, AProducerThatComesBackIsGreetedAgainAndResumes) {
  for (int i = 0; i < 5; ++i) log_.append(std::to_string(i));
  start();
  const auto endpoint = producer_->endpoint();
  std::uint64_t next = 0;
  LinkConsumer a(context_, endpoint, {.name = "a", .credit = 8, .silence = 300ms},
                 [&next] { return wire::Hello{.next = next}; });
  next = take(a, 5).size();
  stop();
  log_.append("5");
  start(endpoint);
  EXPECT_EQ(take(a, 1), std::vector<std::string>{"5"});
  EXPECT_GE(a.hellos(), 2u);
}

TEST_F(LinkTest, NoHelloIsQueuedForAProducerThatIsAway) {
  const std::string endpoint = "ipc:///tmp/ptero-test-" + std::to_string(getpid());
  LinkConsumer a(context_, endpoint, {.name = "a", .silence = 20ms}, [] { return wire::Hello{}; });
  for (int i = 0; i < 20; ++i) a.poll(30ms);
  Socket router(context_, SocketKind::router);
  router.bind(endpoint);
  int hellos = 0;
  for (int i = 0; i < 10; ++i) {
    a.poll(10ms);
    while (router.receive(10ms)) ++hellos;
    if (hellos > 0) break;
  }
  EXPECT_LE(hellos, 2);
}

TEST_F(LinkTest, GarbageOnTheSocketIsCountedAndCostsNothing) {
  log_.append("0");
  start();
  Socket stranger(context_, SocketKind::dealer);
  stranger.connect(producer_->endpoint());
  stranger.send({Bytes::take(std::string("garbage"))}, 2s);
  auto a = consumer("a");
  EXPECT_EQ(take(a, 1).size(), 1u);
  EXPECT_EQ(producer_->bad_messages(), 1u);
}

}  // namespace
}  // namespace ptero::transport
