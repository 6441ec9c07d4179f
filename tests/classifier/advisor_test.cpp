#include "advisor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include <ptero/runtime/clock.hpp>

#include "support/scratch.hpp"

namespace ptero::classifier {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ms = 1'000'000, second = 1'000 * ms;
constexpr double um = 1e-6;

/// A disc of 1.5 um absorbs and deflects; `depth` of 1000 counts.
Frame pattern(FrameId id, const Position& place, int depth) {
  std::mt19937 random(unsigned(id) + 1);
  const bool inside = std::hypot(place.x_m - 5 * um, place.y_m - 5 * um) < 1.5 * um;
  std::vector<std::uint16_t> pixels(256);
  for (std::size_t i = 0; i < 256; ++i)
    pixels[i] =
        std::uint16_t(1000 + random() % 100 - (inside ? depth : 0) + (inside && i % 16 > 8 ? depth / 2 : 0));
  return {.id = id,
          .shape = {16, 16},
          .dtype = Dtype::u16,
          .payload = Bytes::take(std::move(pixels)),
          .position = place};
}

/// An adviser and its series, both on a clock of their own. Whatever is planned is planned at once, or when
/// the test says so.
class Advice : public testing::Test {
 protected:
  using Options = steering::SteeringOptions;
  static Options options(steering::Mode mode = steering::Mode::propose) {
    return {.mode = mode,
            .bounds = steering::Bounds{0, 0, 8 * um, 8 * um},
            .finest_step_m = 0.25 * um,
            .levels = 2,
            .valid_for_s = 10,
            .withdraw_before_s = 1};
  }

  Advice() {
    sub_.connect("inproc://events");
    sub_.subscribe(std::string(wire::topic_advice));
  }
  /// A classifier that has just come up, also in the middle of a series.
  void start(const Options& options) {
    advisor_.reset();
    session_.reset();
    advisor_.emplace(
        options, roi::RoiOptions{},
        [this](std::function<void()> task) {
          if (later_)
            tasks_.push_back(std::move(task));
          else
            task();
        },
        events_, metrics_);
    session_.emplace(series(), MethodOptions{}, roi::WaitOptions{},
                     SessionTools{roi::inline_executor(), pool_, latency_},
                     std::make_unique<FeatureLog>(scratch_ / "roi.journal",
                                                  LogOwner{"s", test::parts_of({"start"}), "{}"}));
    const auto resume_at = session_->restore();
    taken_ = resume_at ? *resume_at - 1 : 0;
    session_->tell(std::make_shared<Selection>("s", test::parts_of({"start"}), 1 << 20));
    advisor_->begin("s", 0);
    look();
    look();
  }
  static SeriesInfo series() {
    SeriesInfo info{.uid = "s", .frame_shape = {16, 16}, .dtype = Dtype::u16};
    info.centre_row = info.centre_col = 8;
    return info;
  }

  void look(std::int64_t later_ns = 0) {
    now_ += later_ns;
    advisor_->look(*session_, now_);
  }
  void measure(const std::vector<Position>& places) {
    for (const Position& place : places) {
      session_->take(taken_ + 1, {}, {1, pattern(taken_, place, depth_)}, {});
      ++taken_;
      session_->flush();
    }
  }
  /// Frames have paused: planned anew on all of them.
  void pause() {
    look();
    look(600 * ms);
    look();
  }
  wire::ControlAnswer decide(std::string_view action, std::uint64_t id) {
    auto answer = advisor_->decide({.action = std::string(action), .advice = id}, now_);
    look();
    return answer.value();
  }
  wire::ControlAnswer accept(std::uint64_t id) { return decide(wire::action_accept_advice, id); }

  /// The last event said; every one of them is looked at on the way.
  wire::AdviceEvent said() {
    // One that was sent is there within moments; conflated ones in between are no loss.
    events_.publish("advice-mark", {Bytes::take(std::string("mark"))});
    for (;;) {
      const auto event = sub_.receive(5s);
      if (!event) throw std::runtime_error("no event");
      if (event->at(0).text() == "advice-mark") return last_;
      last_ = *wire::decode_advice_event(event->at(1));
      if (last_.standing == "none") continue;
      EXPECT_EQ(last_.revision, session_->set().revision());
      EXPECT_GT(last_.expires_utc_ns, last_.issued_utc_ns);
    }
  }

  test::Scratch scratch_;
  transport::Context context_;
  transport::EventPublisher events_{context_, "inproc://events", {}};
  transport::Socket sub_{context_, transport::SocketKind::sub};
  std::jthread publisher_{
      [this](std::stop_token stop) { events_.run([&] { return !stop.stop_requested(); }); }};
  telemetry::Metrics metrics_;
  telemetry::LatencyRecorder latency_;
  FeaturePool pool_{1};
  std::optional<SeriesSession> session_;
  std::optional<Advisor> advisor_;
  bool later_ = false;
  std::vector<std::function<void()>> tasks_;
  std::uint64_t taken_ = 0;
  int depth_ = 150;
  std::int64_t now_ = 1000 * second;
  wire::AdviceEvent last_;
};

TEST_F(Advice, OffSaysNothingAndAcceptsNothing) {
  start({.mode = steering::Mode::off});
  measure({{0, 0}, {1 * um, 0}});
  pause();
  EXPECT_EQ(said().id, 0u);
  const auto answer = accept(1);
  EXPECT_FALSE(answer.ok);
  EXPECT_NE(answer.why.find("steering is off"), std::string::npos);
  EXPECT_FALSE(advisor_->decide({.action = "region"}, now_));  // another's
}

TEST_F(Advice, AProposalIsFollowedOnlyAfterSomebodyAcceptsIt) {
  start(options());
  const auto first = said();
  EXPECT_EQ(first.standing, "proposed");
  EXPECT_EQ(first.series_uid, "s");
  EXPECT_EQ(first.points.size(), 81u);
  EXPECT_DOUBLE_EQ(first.step_m, 1 * um);
  EXPECT_FALSE(accept(first.id + 1).ok);
  EXPECT_EQ(said().standing, "proposed");
  EXPECT_TRUE(accept(first.id).ok);
  EXPECT_EQ(said().standing, "accepted");
  EXPECT_EQ(said().id, first.id);
  EXPECT_TRUE(decide(wire::action_reject_advice, first.id).ok);
  EXPECT_EQ(said().standing, "none");
  EXPECT_NE(accept(first.id).why.find("decided"), std::string::npos);
}

TEST_F(Advice, AutomaticAdviceLeadsToTheDiscAndToAStop) {
  start(options(steering::Mode::automatic));
  std::size_t passes = 0;
  for (; said().action == "measure"; ++passes) {
    ASSERT_EQ(said().standing, "accepted");
    ASSERT_LT(passes, 20u);
    measure(said().points);
    pause();
  }
  EXPECT_GE(passes, 3u);
  EXPECT_EQ(said().standing, "accepted");
  EXPECT_LT(taken_, 33u * 33 / 2);
  const auto inside = [](const Position& p) {
    return std::hypot(p.x_m - 5 * um, p.y_m - 5 * um) < 1.45 * um;
  };
  std::size_t measured = 0, due = 0;
  for (std::size_t row = 0; row < session_->table().size(); ++row)
    measured += inside(*session_->table().row(row).position);
  for (int place = 0; place < 33 * 33; ++place)
    due += inside({place % 33 * 0.25 * um, place / 33 * 0.25 * um});
  EXPECT_EQ(measured, due);
}

TEST_F(Advice, ARevisionTakesBackWhatWasSaidBeforeItAtOnce) {
  start(options());
  const auto first = said();
  ASSERT_TRUE(accept(first.id).ok);
  ASSERT_EQ(said().standing, "accepted");
  later_ = true;  // the next plan takes its time
  measure(first.points);
  ASSERT_GT(session_->set().revision(), 0u);
  look();
  EXPECT_EQ(said().standing, "none");
  EXPECT_NE(accept(first.id).why.find("unknown"), std::string::npos);
  ASSERT_EQ(tasks_.size(), 1u);
  tasks_.front()();
  look();
  EXPECT_EQ(said().standing, "proposed");
  EXPECT_GT(said().id, first.id);
  EXPECT_DOUBLE_EQ(said().step_m, 0.5 * um);
}

TEST_F(Advice, APlanThatIsReadyAfterTheNextRevisionIsNeverSaid) {
  start(options());
  const auto first = said();
  later_ = true;
  measure(first.points);
  look();
  const auto revision = session_->set().revision();
  ASSERT_EQ(tasks_.size(), 1u);
  measure({first.points.begin(), first.points.begin() + 40});  // once more, until there is a revision
  ASSERT_GT(session_->set().revision(), revision);
  tasks_.front()();
  look();
  EXPECT_EQ(said().standing, "none");
  ASSERT_EQ(tasks_.size(), 2u);  // planned anew
  tasks_.back()();
  look();
  EXPECT_EQ(said().standing, "proposed");
}

// The scan waits for advice: no frame comes, so no revision does.
TEST_F(Advice, MarkedFramesTakeBackAtOnceWhatCountedThemAlsoInAPause) {
  start(options());
  measure(said().points);
  pause();
  const auto with_all = said();
  ASSERT_EQ(with_all.standing, "proposed");
  ASSERT_FALSE(with_all.points.empty());
  ASSERT_TRUE(accept(with_all.id).ok);
  const auto revision = session_->set().revision();
  later_ = true;  // the next plan takes its time
  const roi::Mark sample{session_->set().ids().front(), session_->set().ids().back()};
  ASSERT_GT(session_->mark(sample), 0u);
  look();
  EXPECT_EQ(said().standing, "none");
  EXPECT_FALSE(accept(with_all.id).ok);
  ASSERT_EQ(tasks_.size(), 1u);
  tasks_.front()();
  look();
  EXPECT_NE(said().points, with_all.points);
  // Taken back, and nothing else has happened: the same advice under another id.
  session_->mark({sample.first, sample.last, false});
  look();
  ASSERT_EQ(tasks_.size(), 2u);
  tasks_.back()();
  look();
  EXPECT_EQ(said().standing, "proposed");
  EXPECT_GT(said().id, with_all.id);
  EXPECT_EQ(said().points, with_all.points);
  EXPECT_EQ(session_->set().revision(), revision);
}

TEST_F(Advice, APlanMadeBeforeAMarkIsNeverSaid) {
  start(options());
  measure(said().points);
  later_ = true;
  pause();
  ASSERT_EQ(tasks_.size(), 1u);
  ASSERT_GT(session_->mark({session_->set().ids().front(), session_->set().ids().front()}), 0u);
  tasks_.front()();
  look();
  EXPECT_EQ(said().standing, "none");
  ASSERT_EQ(tasks_.size(), 2u);  // planned anew
  tasks_.back()();
  look();
  EXPECT_EQ(said().standing, "proposed");
}

TEST_F(Advice, AnotherRegionIsAdvisedUponAtOnceAlsoInAPause) {
  start(options());
  measure(said().points);
  pause();
  const auto before = said();
  session_->reshape({2, roi::FillIn::off});
  look();
  look();
  EXPECT_EQ(said().standing, "proposed");
  EXPECT_GT(said().id, before.id);
  EXPECT_GT(said().points.size(), before.points.size());
  // Words that change nothing leave it alone.
  const auto after = said();
  session_->reshape({2, roi::FillIn::off});
  session_->mark({100'000, 100'001});
  look();
  look();
  EXPECT_EQ(said().id, after.id);
}

TEST_F(Advice, IsTakenBackASecondBeforeItExpiresAndGivenAnewWhileTheScanGoesOn) {
  start(options());
  const auto first = said();
  EXPECT_EQ(first.expires_utc_ns - first.issued_utc_ns, 10 * second);
  look(9 * second - 1);
  EXPECT_EQ(said().id, first.id);
  later_ = true;
  look(1);
  EXPECT_EQ(said().standing, "none");
  EXPECT_NE(accept(first.id).why.find("expired"), std::string::npos);
  ASSERT_EQ(tasks_.size(), 1u);
  tasks_.front()();
  look();
  EXPECT_GT(said().id, first.id);
  EXPECT_EQ(said().points, first.points);
}

TEST_F(Advice, NothingIsSaidBelowTheLeastConfidence) {
  auto sure = options(steering::Mode::automatic);
  sure.least_confidence = 1;
  depth_ = 8;  // hardly to be seen
  start(sure);
  measure(said().points);
  pause();
  EXPECT_EQ(said().standing, "none");
  start(options(steering::Mode::automatic));
  pause();
  EXPECT_EQ(said().standing, "accepted");
  EXPECT_GT(said().confidence, 0.1);
  EXPECT_LT(said().confidence, 1);
}

TEST_F(Advice, KeepsToTheDoseBudgetOfTheSeries) {
  auto dear = options(steering::Mode::automatic);
  dear.dose_per_exposure = 2;
  dear.dose_budget = 200;
  start(dear);
  EXPECT_EQ(said().points.size(), 81u);
  EXPECT_DOUBLE_EQ(said().dose, 162);
  EXPECT_DOUBLE_EQ(said().dose_left, 200);
  measure(said().points);
  pause();
  EXPECT_DOUBLE_EQ(said().dose_left, 38);
  EXPECT_LE(said().dose, 38);
  EXPECT_EQ(said().points.size(), 19u);
  measure(said().points);
  pause();
  EXPECT_EQ(said().action, "stop");
}

TEST_F(Advice, TheFirstPassGoesOnWhileFramesAreFewOrShowNothing) {
  start(options(steering::Mode::automatic));
  const auto first = said();
  measure({first.points.begin(), first.points.begin() + 3});
  pause();  // of a slow detector
  EXPECT_EQ(said().standing, "accepted");
  EXPECT_EQ(said().points.size(), 78u);
  // The upper rows alone are empty.
  std::vector<Position> above;
  for (const Position& p : first.points)
    if (p.y_m < 3 * um) above.push_back(p);
  measure(above);
  pause();
  EXPECT_EQ(said().standing, "accepted");
  EXPECT_EQ(said().action, "measure");
  EXPECT_DOUBLE_EQ(said().step_m, 1 * um);
}

TEST_F(Advice, AnEmptyFieldGetsNoAdviceBeyondTheFirstPassAndNoEnd) {
  auto elsewhere = options(steering::Mode::automatic);
  elsewhere.bounds = steering::Bounds{20 * um, 20 * um, 28 * um, 28 * um};
  start(elsewhere);
  measure(said().points);
  pause();
  EXPECT_EQ(said().standing, "none");
}

TEST_F(Advice, ARestartInTheMiddleGoesOnWithTheFramesThereWereAndNewIds) {
  start(options());
  const auto first = said();
  measure(first.points);
  pause();
  const auto second_pass = said();
  ASSERT_TRUE(accept(second_pass.id).ok);
  std::this_thread::sleep_for(2ms);  // ids begin with the time
  start(options());
  EXPECT_EQ(taken_, 81u);
  EXPECT_NE(said().id, second_pass.id);
  EXPECT_FALSE(accept(second_pass.id).ok);  // what was accepted is to be accepted again
  pause();
  EXPECT_EQ(said().standing, "proposed");
  EXPECT_GT(said().id, second_pass.id);
  EXPECT_EQ(said().points, second_pass.points);
}

TEST_F(Advice, AnotherSeriesTakesBackWhatWasSaidOfTheLast) {
  start(options(steering::Mode::automatic));
  ASSERT_EQ(said().standing, "accepted");
  later_ = true;
  advisor_->begin("t", 0);
  EXPECT_EQ(said().standing, "none");
  EXPECT_EQ(said().series_uid, "t");
}

}  // namespace
}  // namespace ptero::classifier
