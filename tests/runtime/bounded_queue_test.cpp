#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <ptero/runtime/bounded_queue.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace ptero::runtime {
namespace {

using namespace std::chrono_literals;

// A pause that lets another thread reach its wait. No outcome depends on it: too short only weakens the test.
void let_it_block() {
  std::this_thread::sleep_for(5ms);
}

TEST(BoundedQueue, KeepsOrder) {
  BoundedQueue<int> queue(3);
  for (int i : {1, 2, 3}) EXPECT_TRUE(queue.push(i));
  EXPECT_EQ(queue.depth(), 3u);
  for (int i : {1, 2, 3}) EXPECT_EQ(queue.pop(), i);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, CarriesMoveOnlyItems) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.push(std::make_unique<int>(7));
  EXPECT_EQ(**queue.pop(), 7);
}

TEST(BoundedQueue, CloseLetsConsumersDrain) {
  BoundedQueue<int> queue(4);
  queue.push(1);
  queue.push(2);
  queue.close();
  EXPECT_FALSE(queue.push(3));
  EXPECT_FALSE(queue.drained());
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop_for(1h), 2);
  EXPECT_TRUE(queue.drained());
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop_for(1h), std::nullopt);
}

TEST(BoundedQueue, CloseWakesABlockedPushAndPop) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  full.push(1);
  auto push = std::async(std::launch::async, [&] { return full.push(2); });
  auto pop = std::async(std::launch::async, [&] { return empty.pop(); });
  let_it_block();
  full.close();
  empty.close();
  EXPECT_FALSE(push.get());
  EXPECT_EQ(pop.get(), std::nullopt);
}

TEST(BoundedQueue, StopWakesABlockedPushAndPop) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  std::stop_source stop;
  full.push(1);
  auto push = std::async(std::launch::async, [&] { return full.push(2, stop.get_token()); });
  auto pop = std::async(std::launch::async, [&] { return empty.pop(stop.get_token()); });
  auto pop_for = std::async(std::launch::async, [&] { return empty.pop_for(1h, stop.get_token()); });
  let_it_block();
  stop.request_stop();
  EXPECT_FALSE(push.get());
  EXPECT_EQ(pop.get(), std::nullopt);
  EXPECT_EQ(pop_for.get(), std::nullopt);
  EXPECT_EQ(full.depth(), 1u);
}

TEST(BoundedQueue, StopGivesUpWhatIsLeft) {
  BoundedQueue<int> queue(2);
  std::stop_source stop;
  queue.push(1);
  stop.request_stop();
  EXPECT_EQ(queue.pop(stop.get_token()), std::nullopt);
  EXPECT_FALSE(queue.push(2, stop.get_token()));
  EXPECT_EQ(queue.pop(), 1);
}

TEST(BoundedQueue, BlockedPushGoesOnWhenThereIsRoom) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  auto push = std::async(std::launch::async, [&] { return queue.push(2); });
  let_it_block();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_TRUE(push.get());
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.dropped(), 0u);
}

TEST(BoundedQueue, DropOldestKeepsTheNewestAndCounts) {
  BoundedQueue<int> queue(2, Overflow::drop_oldest);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.push(i));
  EXPECT_EQ(queue.dropped(), 3u);
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_EQ(queue.pop(), 4);
}

TEST(BoundedQueue, PopForGivesUpInTime) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop_for(1ms), std::nullopt);
  EXPECT_FALSE(queue.drained());
}

TEST(BoundedQueue, BoundsBytes) {
  BoundedQueue<std::string> queue(
      10, 8, [](const std::string& s) { return s.size(); }, Overflow::drop_oldest);
  queue.push("aaa");
  queue.push("bbb");
  EXPECT_EQ(queue.bytes(), 6u);
  queue.push("ccc");
  EXPECT_EQ(queue.dropped(), 1u);
  EXPECT_EQ(queue.bytes(), 6u);
  queue.push("eight888");
  EXPECT_EQ(queue.depth(), 1u);
  EXPECT_EQ(queue.pop(), "eight888");
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(BoundedQueue, AnItemAboveTheByteBoundPassesAlone) {
  BoundedQueue<std::string> queue(10, 4, [](const std::string& s) { return s.size(); });
  EXPECT_TRUE(queue.push("far too long"));
  auto push = std::async(std::launch::async, [&] { return queue.push("b"); });
  let_it_block();
  EXPECT_EQ(queue.depth(), 1u);
  EXPECT_EQ(queue.pop(), "far too long");
  EXPECT_TRUE(push.get());
}

TEST(BoundedQueue, TwoProducersTwoConsumersLoseNothing) {
  constexpr int n = 2000;
  BoundedQueue<int> queue(4);
  auto consume = [&] {
    std::vector<int> got;
    while (auto item = queue.pop()) got.push_back(*item);
    return got;
  };
  auto a = std::async(std::launch::async, consume);
  auto b = std::async(std::launch::async, consume);
  {
    std::jthread even([&] {
      for (int i = 0; i < n; i += 2) queue.push(i);
    });
    std::jthread odd([&] {
      for (int i = 1; i < n; i += 2) queue.push(i);
    });
  }
  queue.close();
  std::multiset<int> all;
  for (auto* half : {&a, &b})
    for (int item : half->get()) all.insert(item);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(n));
  int expected = 0;
  for (int item : all) EXPECT_EQ(item, expected++);
}

}  // namespace
}  // namespace ptero::runtime
