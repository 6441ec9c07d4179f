// A link and those who are not its consumer, or are it twice.
#include <gtest/gtest.h>

#include <mutex>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/transport/link_producer.hpp>
#include <thread>

#include "support/eventually.hpp"

namespace ptero::transport {
namespace {

using namespace std::chrono_literals;
using Kind = LinkConsumer::EventKind;

class Endless : public Feed {
 public:
  std::optional<LinkEntry> next() override { return LinkEntry{next_++, 0, {Bytes::take(std::string("e"))}}; }
  void want(const wire::Want&) override {}

 private:
  std::uint64_t next_ = 0;
};

class LinkPeers : public testing::Test {
 protected:
  LinkConsumer consumer(const std::string& name, Context& context) {
    return LinkConsumer(context, producer_.endpoint(), {.name = name, .credit = 8, .silence = 300ms},
                        [] { return wire::Hello{}; });
  }
  static Kind first_of(LinkConsumer& consumer, Kind a, Kind b, std::string* text = nullptr) {
    Kind kind = Kind::nothing;
    test::eventually([&] {
      const auto event = consumer.poll(50ms);
      if (event.kind != a && event.kind != b) return false;
      kind = event.kind;
      if (text) *text = event.text;
      return true;
    });
    return kind;
  }
  static bool goes_on(LinkConsumer& consumer, int entries = 100) {
    return test::eventually([&] {
      entries -= consumer.poll(50ms).kind == Kind::entry;
      return entries <= 0;
    });
  }
  std::vector<std::string> delivered() {
    const std::lock_guard lock(mutex_);
    return delivered_;
  }
  std::vector<std::string> others() {
    const std::lock_guard lock(mutex_);
    return others_;
  }

  std::mutex mutex_;
  std::vector<std::string> delivered_, others_, cut_off_;
  int opened_ = 0;
  Context context_{CurveFiles{}, [this](const Refusal& refusal) {
                     const std::lock_guard lock(mutex_);
                     cut_off_.push_back(refusal.what);
                   }};
  Context ours_, theirs_;
  LinkProducer producer_{context_,
                         "tcp://127.0.0.1:*",
                         {},
                         [this](const wire::Hello&) -> Result<std::unique_ptr<Feed>, std::string> {
                           const std::lock_guard lock(mutex_);
                           ++opened_;
                           return std::unique_ptr<Feed>(std::make_unique<Endless>());
                         },
                         [this](const std::string& consumer, const Parts&) {
                           const std::lock_guard lock(mutex_);
                           delivered_.push_back(consumer);
                         },
                         {"classifier", [this](const std::string& sentence) {
                            const std::lock_guard lock(mutex_);
                            others_.push_back(sentence);
                          }}};
  std::jthread thread_{
      [this](std::stop_token stop) { producer_.run([&] { return !stop.stop_requested(); }); }};
};

TEST_F(LinkPeers, ASecondConsumerOfANameIsRefusedWithASentenceAndTheFirstGoesOn) {
  auto first = consumer("classifier", ours_);
  ASSERT_EQ(first_of(first, Kind::session, Kind::refused), Kind::session);
  auto second = consumer("classifier", theirs_);
  std::string why;
  EXPECT_EQ(first_of(second, Kind::session, Kind::refused, &why), Kind::refused);
  EXPECT_NE(why.find("another consumer named 'classifier' is connected (from 127.0.0.1:"), std::string::npos)
      << why;
  EXPECT_NE(why.find("(name in its section)"), std::string::npos) << why;
  EXPECT_TRUE(goes_on(first));
  EXPECT_EQ(first.hellos(), 1u) << "it was not disturbed";
  auto named = consumer("classifier-2", theirs_);
  EXPECT_EQ(first_of(named, Kind::session, Kind::refused), Kind::session);
  EXPECT_TRUE(goes_on(named));
}

TEST_F(LinkPeers, TheNameIsFreeOnceItsConsumerIsGone) {
  {
    auto first = consumer("classifier", ours_);
    ASSERT_EQ(first_of(first, Kind::session, Kind::refused), Kind::session);
  }
  auto second = consumer("classifier", theirs_);
  EXPECT_TRUE(goes_on(second));
}

TEST_F(LinkPeers, HellosInSomebodyElsesNameOpenNothingAndDisturbNobody) {
  auto real = consumer("classifier", ours_);
  ASSERT_EQ(first_of(real, Kind::session, Kind::refused), Kind::session);
  Socket impostor(theirs_, SocketKind::dealer, {.high_water_mark = 0});
  impostor.connect(producer_.endpoint());
  for (std::uint64_t i = 0; i < 2000; ++i)
    impostor.send({wire::encode(wire::Hello{.consumer = "classifier", .session = i + 1, .credit = 64})});
  EXPECT_TRUE(goes_on(real, 1000));
  ASSERT_TRUE(test::eventually([&] { return producer_.refused_hellos() > 100; }));
  EXPECT_TRUE(goes_on(real, 1000));
  EXPECT_EQ(real.hellos(), 1u);
  ASSERT_TRUE(test::eventually([&] {
    const std::lock_guard lock(mutex_);
    return !cut_off_.empty();
  }));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(opened_, 1);
  EXPECT_NE(cut_off_[0].find("says hello"), std::string::npos) << cut_off_[0];
}

TEST_F(LinkPeers, WhoWantsMoreThanItCanBeGivenIsCutOff) {
  auto greedy = consumer("greedy", theirs_);
  ASSERT_EQ(first_of(greedy, Kind::session, Kind::refused), Kind::session);
  wire::Want want{.ticket = 1, .ids = {}};
  for (FrameId id = 0; id < 1'000'000; ++id) want.ids.push_back(id);
  ASSERT_TRUE(greedy.want(want));
  ASSERT_TRUE(test::eventually([&] {
    const std::lock_guard lock(mutex_);
    return !cut_off_.empty();
  }));
  EXPECT_NE(cut_off_[0].find("wants more than 65536 frames"), std::string::npos) << cut_off_[0];
}

TEST_F(LinkPeers, LabelsOfSomebodyElseAreRefusedCountedAndTold) {
  auto labeller = consumer("classifier", ours_), other = consumer("watcher", theirs_);
  ASSERT_EQ(first_of(labeller, Kind::session, Kind::refused), Kind::session);
  ASSERT_EQ(first_of(other, Kind::session, Kind::refused), Kind::session);
  ASSERT_TRUE(other.deliver(Bytes::take(std::string("labels"))));
  ASSERT_TRUE(test::eventually([&] { return !others().empty(); }));
  EXPECT_TRUE(others()[0].starts_with("'watcher' from 127.0.0.1:")) << others()[0];
  EXPECT_EQ(producer_.refused_deliveries(), 1u);
  ASSERT_TRUE(labeller.deliver(Bytes::take(std::string("labels"))));
  ASSERT_TRUE(test::eventually([&] { return !delivered().empty(); }));
  EXPECT_EQ(delivered(), std::vector<std::string>{"classifier"});
}

}  // namespace
}  // namespace ptero::transport
