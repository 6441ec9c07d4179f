#include <gtest/gtest.h>

#include <ptero/transport/event_publisher.hpp>
#include <thread>

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;

Parts text(const std::string& value) {
  return {Bytes::take(std::string(value))};
}

TEST(EventPublisher, LateSubscribersGetTheLastValueOfTheirTopics) {
  Context context;
  EventPublisher events(context, "inproc://events", {});
  events.publish("roi", text("old"));
  events.publish("roi", text("new"));
  events.publish("ledger", text("other"));
  std::jthread thread([&](std::stop_token stop) { events.run([&] { return !stop.stop_requested(); }); });
  Socket sub(context, SocketKind::sub);
  sub.connect("inproc://events");
  sub.subscribe("roi");
  const auto message = sub.receive(5s);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->at(0).text(), "roi");
  EXPECT_EQ(message->at(1).text(), "new");
  // The greeting may repeat the last value, and nothing else comes.
  while (const auto again = sub.receive(50ms)) {
    EXPECT_EQ(again->at(0).text(), "roi");
    EXPECT_EQ(again->at(1).text(), "new");
  }
}

TEST(EventPublisher, SubscribersSeeChanges) {
  Context context;
  EventPublisher events(context, "inproc://events", {});
  std::jthread thread([&](std::stop_token stop) { events.run([&] { return !stop.stop_requested(); }); });
  Socket sub(context, SocketKind::sub);
  sub.connect("inproc://events");
  sub.subscribe("");
  for (int i = 0; i < 3; ++i) {
    // A subscription that is still on its way misses a change but then gets it as the last value.
    events.publish("n", text(std::to_string(i)));
    // The last value may come once more in greeting.
    auto message = sub.receive(20s);
    while (message && message->at(1).text() != std::to_string(i)) message = sub.receive(20s);
    ASSERT_TRUE(message) << i;
  }
}

TEST(EventPublisher, AViewerThatDoesNotReadCostsABoundedNumberOfPicturesAndMissesNoLastWord) {
  Context context;
  EventPublisher events(context, "inproc://events", {});
  std::jthread thread([&](std::stop_token stop) { events.run([&] { return !stop.stop_requested(); }); });
  Socket stuck(context, SocketKind::sub, {.high_water_mark = 1});
  stuck.connect("inproc://events");
  stuck.subscribe("");
  const std::vector<char> picture(100'000, 'x');
  for (int i = 0; i < 100; ++i) {
    events.publish("picture", {Bytes::take(picture)});
    std::this_thread::sleep_for(2ms);
  }
  events.publish("report", text("done"));
  std::this_thread::sleep_for(50ms);
  int pictures = 0;
  std::string report;
  while (auto message = stuck.receive(3s)) {
    if (message->at(0).text() == "picture") ++pictures;
    if (message->at(0).text() == "report") report = message->at(1).text();
    if (!report.empty()) break;
  }
  EXPECT_LE(pictures, 20);
  EXPECT_EQ(report, "done");
}

}  // namespace
}  // namespace ptero::transport
