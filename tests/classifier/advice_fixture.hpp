#pragma once
// An adviser, its series and somebody who hears what it says.

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include <ptero/runtime/clock.hpp>

#include "advisor.hpp"
#include "support/scratch.hpp"

namespace ptero::classifier {

inline constexpr std::int64_t ms = 1'000'000, second = 1'000 * ms;
inline constexpr double um = 1e-6;

/// A disc of 1.5 um absorbs and deflects; `depth` of 1000 counts.
inline Frame advice_pattern(FrameId id, const Position& place, int depth) {
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
    session_.emplace(series(), scan::MethodOptions{}, roi::WaitOptions{},
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
      session_->take(taken_ + 1, {}, {1, advice_pattern(taken_, place, depth_)}, {});
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
  /// The one plan under way has become stale: it is not said, the next one is.
  void expect_planned_anew() {
    tasks_.front()();
    look();
    EXPECT_EQ(said().standing, "none");
    ASSERT_EQ(tasks_.size(), 2u);
    tasks_.back()();
    look();
    EXPECT_EQ(said().standing, "proposed");
  }

  /// The last event said; every one of them is looked at on the way.
  wire::AdviceEvent said() {
    // One that was sent is there within moments; conflated ones in between are no loss.
    const std::string mark =
        std::to_string(++marks_);  // an earlier one may come twice: a greeting repeats it
    events_.publish("advice-mark", {Bytes::take(std::string(mark))});
    for (;;) {
      const auto event = sub_.receive(std::chrono::seconds(60));
      if (!event) throw std::runtime_error("no event");
      if (event->at(0).text() == "advice-mark") {
        if (event->at(1).text() == mark) return last_;
        continue;
      }
      const auto next = *wire::decode_advice_event(event->at(1));
      const bool repeated = next.id == last_.id && next.standing == last_.standing;  // a greeting does that
      last_ = next;
      if (repeated) continue;
      if (last_.standing == "none") continue;
      EXPECT_EQ(last_.revision, session_->set().revision());
      EXPECT_GT(last_.expires_utc_ns, last_.issued_utc_ns);
    }
  }

  test::Scratch scratch_;
  int marks_ = 0;
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

}  // namespace ptero::classifier
