#include "label_sender.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "support/eventually.hpp"
#include "support/scratch.hpp"

namespace ptero::classifier {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t frames = 50, most = 7;

/// Nothing to send; it is the labels that matter.
struct NoEntries : transport::Feed {
  std::optional<transport::LinkEntry> next() override { return std::nullopt; }
  void want(const wire::Want&) override {}
};

/// An ingest in the place of one: remembers what is delivered.
class Ingest {
 public:
  Ingest(transport::Context& context, const std::string& endpoint)
      : link_(
            context, endpoint, {},
            [](const wire::Hello&) -> Result<std::unique_ptr<transport::Feed>, std::string> {
              return std::unique_ptr<transport::Feed>(std::make_unique<NoEntries>());
            },
            [this](const std::string&, const Parts& parts) {
              const std::lock_guard lock(mutex_);
              heard_.push_back(*wire::decode_labels(parts.at(0)));
            }),
        thread_([this](std::stop_token stop) { link_.run([&] { return !stop.stop_requested(); }); }) {}

  std::vector<wire::Labels> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  bool heard_the_last() const {
    const auto all = heard();
    return !all.empty() && all.back().final;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<wire::Labels> heard_;
  transport::LinkProducer link_;
  std::jthread thread_;
};

class LabelsToIngest : public testing::Test {
 protected:
  LabelsToIngest() { session_.tell(std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20)); }
  void take(FrameId begin, FrameId end) {
    for (FrameId id = begin; id < end; ++id)
      session_.take(id + 1, {},
                    {1, Frame{.id = id,
                              .shape = {4, 4},
                              .dtype = Dtype::u16,
                              .payload = Bytes::take(std::vector<std::uint16_t>(16, 100)),
                              .position = Position{static_cast<double>(id), 0}}},
                    {});
    session_.flush();
  }
  static SeriesInfo series() {
    SeriesInfo info{.uid = "s", .frame_shape = {4, 4}, .dtype = Dtype::u16};
    info.centre_row = info.centre_col = 2;
    return info;
  }
  void wait_for_session() {
    ASSERT_TRUE(test::eventually(
        [&] { return link_.poll(50ms).kind == transport::LinkConsumer::EventKind::session; }));
  }
  /// All of the series, once each, in messages within the limit of which the last alone is final.
  static void expect_whole(const std::vector<wire::Labels>& heard) {
    std::set<FrameId> selected;
    std::size_t named = 0;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      EXPECT_EQ(heard[i].final, i + 1 == heard.size());
      EXPECT_LE(heard[i].selected.size(), most);
      EXPECT_EQ(heard[i].selected_confidence.size(), heard[i].selected.size());
      selected.insert(heard[i].selected.begin(), heard[i].selected.end());
      named += heard[i].selected.size();
    }
    EXPECT_EQ(selected.size(), frames);
    EXPECT_EQ(named, frames);
  }

  test::Scratch scratch_;
  telemetry::LatencyRecorder latency_;
  FeaturePool pool_{1};
  SeriesSession session_{
      series(),
      {.select_all = true},
      {},
      {roi::inline_executor(), pool_, latency_},
      std::make_unique<FeatureLog>(scratch_ / "roi.journal", LogOwner{"s", test::parts_of({"start"}), "{}"})};
  transport::Context context_;
  Ingest ingest_{context_, "inproc://frames"};
  transport::LinkConsumer link_{
      context_, "inproc://frames", {.name = "classifier"}, [] { return wire::Hello{}; }};
  LabelSender sender_{link_, most};
};

TEST_F(LabelsToIngest, ComeInAsManyMessagesAsTheyTake) {
  wait_for_session();
  take(0, 30);
  sender_.send(session_);
  sender_.send(session_);  // nothing new: no message
  take(30, frames);
  session_.finish();
  sender_.finish(session_);
  ASSERT_TRUE(test::eventually([&] { return ingest_.heard_the_last(); }));
  EXPECT_EQ(ingest_.heard().size(), 5u + 3u);
  expect_whole(ingest_.heard());
}

TEST_F(LabelsToIngest, AreSaidAgainAsAWholeAtTheNextSession) {
  take(0, frames);
  sender_.send(session_);  // nobody is there
  wait_for_session();
  sender_.repeat(&session_);
  ASSERT_TRUE(test::eventually([&] { return ingest_.heard().size() == 8u; }));
  for (const auto& labels : ingest_.heard()) EXPECT_FALSE(labels.final);
  session_.finish();
  sender_.finish(session_);
  ASSERT_TRUE(test::eventually([&] { return ingest_.heard_the_last(); }));
  const auto before = ingest_.heard().size();
  link_.hello();
  wait_for_session();
  sender_.repeat(nullptr);
  ASSERT_TRUE(test::eventually([&] { return ingest_.heard().size() >= before + 8; }));
  auto again = ingest_.heard();
  again.erase(again.begin(), again.begin() + static_cast<std::ptrdiff_t>(before));
  expect_whole(again);
}

}  // namespace
}  // namespace ptero::classifier
