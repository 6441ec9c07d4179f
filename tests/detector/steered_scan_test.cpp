// A simulated stage under advice, with somebody in the place of the classifier.

#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/services/detector/steered_scan.hpp>
#include <ptero/transport/event_publisher.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/stream.hpp>

#include "advice_ear.hpp"
#include "support/eventually.hpp"
#include "support/scratch.hpp"

namespace ptero::detector {
namespace {

using namespace std::chrono_literals;

constexpr double um = 1e-6;

// 9 x 9 places over 4 um.
synth::SimulatorOptions small_field() {
  synth::SimulatorOptions o;
  o.sample = synth::SampleKind::empty;
  o.grid = {9, 9, 0.5 * um, 0.5 * um, ScanOrder::raster};
  o.pattern = 16;
  o.zone_plate = {180e-6, 400e-9, 60e-6, 2e-3};
  o.uid = "steered";
  return o;
}

class SteeredScan : public testing::Test {
 protected:
  SteeredScan() { pull_.connect("inproc://frames"); }

  wire::AdviceEvent advice(std::vector<Position> points) {
    const auto now = runtime::utc_now_ns();
    return {.series_uid = "steered",
            .standing = "accepted",
            .id = ++id_,
            .issued_utc_ns = now,
            .expires_utc_ns = now + 60'000'000'000,
            .left_m = -2 * um,
            .top_m = -2 * um,
            .right_m = 2 * um,
            .bottom_m = 2 * um,
            .points = std::move(points)};
  }
  wire::AdviceEvent stop() {
    auto event = advice({});
    event.action = "stop";
    return event;
  }
  /// Until one is believed to know of the last exposure.
  void stop_it() {
    ASSERT_TRUE(test::eventually([&] {
      say(stop());
      return (last_ = next(100ms)).has_value();
    }));
  }
  void say(const wire::AdviceEvent& event) { events_.publish(wire::topic_advice, {wire::encode(event)}); }

  /// The next message of the series; nullopt: none within `wait`.
  std::optional<wire::StreamMessage> next(std::chrono::milliseconds wait = 5s) {
    const auto parts = pull_.receive(wait);
    if (!parts) return std::nullopt;
    return *wire::decode_stream(*parts, std::size_t{1} << 20);
  }
  /// The next frame's place.
  std::optional<Position> place(std::chrono::milliseconds wait = 5s) {
    const auto message = next(wait);
    const auto* frame = message ? std::get_if<wire::StreamFrame>(&*message) : nullptr;
    return frame ? frame->frame.position : std::nullopt;
  }

  void start(SteeredOptions steered = {}) {
    steered.advice = "inproc://advice";
    scan_ = std::jthread([this, steered](std::stop_token stop) {
      result_ = send_steered(context_, push_, small_field(), {}, steered, stop);
    });
    const auto begun = next();
    ASSERT_TRUE(begun);
    const auto& info = std::get<SeriesInfo>(*begun);
    EXPECT_EQ(info.uid, "steered");
    EXPECT_FALSE(info.n_expected);
    EXPECT_FALSE(info.raster);
  }
  SteeredResult result() {
    scan_.join();
    return result_;
  }

  transport::Context context_;
  transport::EventPublisher events_{context_, "inproc://advice", {}};
  transport::Socket push_ = [this] {
    transport::Socket socket(context_, transport::SocketKind::push);
    socket.bind("inproc://frames");
    return socket;
  }();
  transport::Socket pull_{context_, transport::SocketKind::pull};
  std::jthread publisher_{
      [this](std::stop_token stop) { events_.run([&] { return !stop.stop_requested(); }); }};
  std::uint64_t id_ = 1'000'000;
  std::optional<wire::StreamMessage> last_;
  SteeredResult result_;
  std::jthread scan_;
};

TEST_F(SteeredScan, GoesWhereItIsSentUntilItIsToldToStop) {
  start();
  say(advice({{-1 * um, 0}, {0.25 * um, 0.1 * um}}));
  EXPECT_EQ(place(), (Position{-1 * um, 0}));
  EXPECT_EQ(place(), (Position{0.25 * um, 0.1 * um}));  // no place of the simulation's grid
  stop_it();
  EXPECT_EQ(std::get<wire::StreamEnd>(*last_).frames, 2u);
  const auto r = result();
  EXPECT_EQ(r.end, SteeredResult::End::converged);
  EXPECT_TRUE(r.complete);
  EXPECT_NEAR(r.travel_m, std::hypot(1.25, 0.1) * um, 1e-12);
}

TEST_F(SteeredScan, IgnoresWhatItMayNotFollow) {
  start();
  auto proposed = advice({{0, 0}});
  proposed.standing = "proposed";
  say(proposed);
  EXPECT_FALSE(place(150ms));
  auto expired = advice({{0, 0}});
  expired.expires_utc_ns = expired.issued_utc_ns - 1;
  say(expired);
  EXPECT_FALSE(place(150ms));
  auto foreign = advice({{0, 0}});
  foreign.series_uid = "another";
  say(foreign);
  EXPECT_FALSE(place(150ms));
  say(advice({{3 * um, 0}, {0, 1 * um}}));  // the first beyond the advice's own bounds
  EXPECT_EQ(place(), (Position{0, 1 * um}));
  auto wide = advice({{2.5 * um, 0}, {0, -1 * um}});
  wide.right_m = 9 * um;  // within its bounds, beyond the stage's
  say(wide);
  EXPECT_EQ(place(), (Position{0, -1 * um}));
}

TEST_F(SteeredScan, AdviceTakenBackOnTheWayIsNotMeasured) {
  start({.speed_m_s = 1 * um});  // a move of 2 um takes two seconds
  say(advice({{0, 0}, {2 * um, 0}}));
  EXPECT_EQ(place(), (Position{0, 0}));
  say({.series_uid = "steered"});
  EXPECT_FALSE(place(2500ms));
  say(advice({{0, 0}, {1 * um, 0}}));
  EXPECT_EQ(place(), (Position{1 * um, 0}));
}

TEST_F(SteeredScan, WithoutAdviceTheSeriesEndsAfterAWhileUnlessAProposalWaits) {
  start({.patience_s = 1});
  say(advice({{0, 0}}));
  ASSERT_TRUE(place());  // from here on it hears what is said
  auto proposed = advice({{0, 1 * um}});
  proposed.standing = "proposed";
  say(proposed);
  EXPECT_FALSE(next(1500ms));
  say({.series_uid = "steered"});
  const auto last = next();
  ASSERT_TRUE(last);
  EXPECT_EQ(std::get<wire::StreamEnd>(*last).frames, 1u);
  EXPECT_EQ(result().end, SteeredResult::End::no_advice);
}

// The clock was set back while no classifier was there: ids and times of the next one are smaller.
TEST_F(SteeredScan, FollowsAClassifierThatCountsFromBelowTheLast) {
  start();
  say(advice({{0, 0}}));
  EXPECT_EQ(place(), (Position{0, 0}));
  id_ = 5;
  say(advice({{0, 1 * um}}));
  EXPECT_EQ(place(), (Position{0, 1 * um}));
  stop_it();
  EXPECT_EQ(result().end, SteeredResult::End::converged);
}

constexpr std::int64_t second = 1'000'000'000, hour = 3600 * second;

/// Issued at 10 h UTC for a minute, said at an advice's `heard` UTC, when the steady clock shows 100 s.
std::optional<steering::Advice> heard_at(std::int64_t heard_utc_ns) {
  return advice_of({.standing = "accepted",
                    .id = 1,
                    .issued_utc_ns = 10 * hour,
                    .expires_utc_ns = 10 * hour + 60 * second},
                   100 * second, heard_utc_ns);
}

TEST(AdviceTimes, AreThoseOfAClockThatNobodySets) {
  const auto at_once = heard_at(10 * hour);
  EXPECT_EQ(at_once->issued_ns, 100 * second);
  EXPECT_EQ(at_once->expires_ns, 160 * second);
  const auto late = heard_at(10 * hour + 20 * second);
  EXPECT_EQ(late->issued_ns, 80 * second);
  EXPECT_EQ(late->expires_ns, 140 * second);
  EXPECT_LT(heard_at(11 * hour)->expires_ns, 100 * second);
}

TEST(AdviceTimes, AClockThatWasSetBackMakesNoAdviceLastLonger) {
  const auto set_back = heard_at(9 * hour);
  EXPECT_EQ(set_back->issued_ns, 100 * second);
  EXPECT_EQ(set_back->expires_ns, 160 * second);
}

TEST(AdviceTimes, ThatCannotBeAreNoAdvice) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto of = [](std::int64_t issued, std::int64_t expires) {
    return advice_of({.standing = "accepted", .issued_utc_ns = issued, .expires_utc_ns = expires},
                     100 * second, 10 * hour);
  };
  EXPECT_FALSE(of(2, 1));
  EXPECT_FALSE(of(-1, most));
  EXPECT_FALSE(of(-most, most));
  EXPECT_EQ(of(10 * hour, most)->expires_ns, 100 * second + 24 * hour);
}

TEST_F(SteeredScan, AStopFromOutsideSendsNoEnd) {
  start();
  scan_.request_stop();
  const auto r = result();
  EXPECT_EQ(r.end, SteeredResult::End::stopped);
  EXPECT_FALSE(r.complete);
  EXPECT_FALSE(next(50ms));
}

TEST(SteeredOptions, WhatCannotBeSentIsNamed) {
  const auto complaint = [](const SendOptions& send, const SteeredOptions& steered) {
    return test::message_of<InputError>([&] { check_steered(send, steered); });
  };
  EXPECT_EQ(complaint({}, {}), "");
  EXPECT_NE(complaint({.protocol = Protocol::simplon1}, {}).find("native"), std::string::npos);
  EXPECT_NE(complaint({.faults = {.drop = 0.1}}, {}).find("faults"), std::string::npos);
  EXPECT_NE(complaint({}, {.speed_m_s = 0}).find("speed"), std::string::npos);
}

}  // namespace
}  // namespace ptero::detector
