#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <ptero/core/error.hpp>
#include <ptero/steering/desk.hpp>
#include <ptero/steering/follower.hpp>
#include <random>
#include <set>

#include "field.hpp"

namespace ptero::steering {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr Bounds field{0, 0, 8, 8};

/// To (1, 1), (2, 2), (3, 3); accepted at 10 s, expires at 20 s.
Advice walk(std::uint64_t id = 1) {
  return {.id = id,
          .standing = Standing::accepted,
          .issued_ns = 10 * second,
          .expires_ns = 20 * second,
          .bounds = field,
          .points = {{1, 1}, {2, 2}, {3, 3}}};
}
Advice end(std::uint64_t id, std::int64_t issued_ns) {
  return {.id = id,
          .action = Action::stop,
          .standing = Standing::accepted,
          .issued_ns = issued_ns,
          .expires_ns = issued_ns + 10 * second,
          .bounds = field};
}

using Kind = Order::Kind;

TEST(Follower, GoesWhereTheAdviceSaysAndLeavesOutWhatWasMeasured) {
  Follower follower({.reach = field});
  EXPECT_EQ(follower.next(0).kind, Kind::wait);
  follower.hear(walk());
  EXPECT_EQ(follower.next(10 * second).place, (Position{1, 1}));
  EXPECT_EQ(follower.next(10 * second).place, (Position{1, 1}));  // asked again on arrival
  follower.measured({1, 1}, 11 * second);
  Advice newer = walk(2);
  newer.points = {{1, 1}, {3, 3}};
  follower.hear(newer);
  const Order order = follower.next(12 * second);
  EXPECT_EQ(order.place, (Position{3, 3}));
  EXPECT_EQ(order.advice, 2u);
  follower.measured({3, 3}, 12 * second);
  EXPECT_EQ(follower.next(12 * second).kind, Kind::wait);
  EXPECT_EQ(follower.exposures(), 2u);
}

TEST(Follower, DoesNotFollowWhatExpiredWasTakenBackOrAwaitsAWord) {
  Follower follower({.reach = field});
  follower.hear(walk());
  EXPECT_EQ(follower.next(20 * second - 1).kind, Kind::measure);
  EXPECT_EQ(follower.next(20 * second).kind, Kind::wait);
  follower.hear(std::nullopt);
  EXPECT_EQ(follower.next(11 * second).kind, Kind::wait);
  Advice proposed = walk(2);
  proposed.standing = Standing::proposed;
  follower.hear(proposed);
  EXPECT_TRUE(follower.undecided());
  EXPECT_EQ(follower.next(11 * second).kind, Kind::wait);
  follower.hear(walk(2));
  EXPECT_FALSE(follower.undecided());
  EXPECT_EQ(follower.next(11 * second).kind, Kind::measure);
  Advice rejected = walk(2);
  rejected.standing = Standing::rejected;
  follower.hear(rejected);
  EXPECT_EQ(follower.next(11 * second).kind, Kind::wait);
}

TEST(Follower, AdviceThatWasReplacedOrTakenBackIsNotFollowedAgain) {
  Follower follower({.reach = field});
  Advice old = walk(4);
  old.points = {{7, 7}};
  follower.hear(old);
  EXPECT_EQ(follower.next(11 * second).place, (Position{7, 7}));
  follower.hear(walk(5));
  follower.hear(old);
  EXPECT_EQ(follower.next(11 * second).place, (Position{1, 1}));
  follower.hear(std::nullopt);
  follower.hear(old);
  EXPECT_EQ(follower.next(11 * second).kind, Kind::wait);
  follower.hear(walk(5));
  EXPECT_EQ(follower.next(11 * second).kind, Kind::wait);
}

// A classifier that starts again takes its ids from its clock, which may have been set back.
TEST(Follower, AdviceOfAnotherClassifierCountsWhateverItsId) {
  Follower follower({.reach = field, .unheard_within_s = 1});
  follower.hear(walk(1'000'000));
  follower.measured({1, 1}, 11 * second);
  follower.hear(std::nullopt);
  Advice smaller = walk(7);
  smaller.points = {{4, 4}};
  follower.hear(smaller);
  EXPECT_EQ(follower.next(12 * second).place, (Position{4, 4}));
  // Also where the last one took nothing back.
  Advice smallest = walk(3);
  smallest.points = {{5, 5}};
  follower.hear(smallest);
  EXPECT_EQ(follower.next(12 * second).advice, 3u);
  EXPECT_EQ(follower.next(12 * second).place, (Position{5, 5}));
  follower.hear(end(2, 13 * second));
  EXPECT_EQ(follower.next(13 * second).kind, Kind::stop);
}

TEST(Follower, TheStageStaysWithinItsReachAndTheAdvicesBounds) {
  Follower follower({.reach = {0, 0, 2.5, 2.5}});
  Advice advice = walk();
  advice.points.insert(advice.points.begin(), {std::numeric_limits<double>::quiet_NaN(), 1});
  advice.bounds = {1.5, 0, 8, 8};
  follower.hear(advice);
  EXPECT_EQ(follower.next(11 * second).place, (Position{2, 2}));
  follower.measured({2, 2}, 11 * second);
  EXPECT_EQ(follower.next(11 * second).kind, Kind::wait);
  EXPECT_EQ(follower.beyond_reach(), 3u);
}

TEST(Follower, StopsOnlyWhereTheAdviceKnowsOfTheLastExposure) {
  Follower follower({.reach = field, .unheard_within_s = 1});
  follower.hear(walk());
  follower.measured({1, 1}, 11 * second);
  follower.hear(end(2, 11 * second + second / 2));
  EXPECT_EQ(follower.next(13 * second).kind, Kind::wait);
  follower.hear(end(3, 12 * second));
  EXPECT_EQ(follower.next(13 * second).kind, Kind::stop);
  EXPECT_EQ(follower.next(22 * second).kind, Kind::wait);
  Follower idle({.reach = field});
  idle.hear(end(1, 0));
  EXPECT_EQ(idle.next(0).kind, Kind::stop);
}

TEST(Follower, NoMoreThanTheMostExposures) {
  Follower follower({.reach = field, .most_exposures = 2});
  follower.hear(walk());
  follower.measured({1, 1}, 11 * second);
  EXPECT_EQ(follower.next(11 * second).kind, Kind::measure);
  follower.measured({2, 2}, 11 * second);
  EXPECT_EQ(follower.next(11 * second).kind, Kind::stop);
}

TEST(Follower, OptionsThatCannotWorkAreRefused) {
  EXPECT_THROW(Follower({.reach = {0, 0, 0, 1}}), InputError);
  EXPECT_THROW(Follower({.reach = field, .same_place_m = 0}), InputError);
}

/// A desk as a classifier has it, and beside it somebody who makes things up.
class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {}

  double draw(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  Position anywhere() { return {draw(-12, 12), draw(-12, 12)}; }

  Advice made_up(std::int64_t now, std::uint64_t newest) {
    Advice a{.id = pick(3) == 0 ? pick(30) : newest + pick(3) - (newest > 0 ? 1 : 0),
             .action = pick(8) == 0 ? Action::stop : Action::measure,
             .standing = pick(2) == 0 ? Standing::accepted : static_cast<Standing>(pick(3)),
             .issued_ns = now - static_cast<std::int64_t>(draw(0, 3) * second),
             .expires_ns = now + static_cast<std::int64_t>(draw(-3, 6) * second),
             .bounds = {draw(-9, 0), draw(-9, 0), draw(0, 9), draw(0, 9)}};
    for (unsigned i = pick(20); i > 0; --i) a.points.push_back(anywhere());
    return a;
  }

 private:
  std::mt19937 random_;
};

TEST(Follower, NeverLeavesItsBoundsNorFollowsWhatMayNotBeFollowedWhateverHappens) {
  std::size_t moves = 0, waits = 0, stops = 0, restarts = 0;
  for (unsigned seed = 0; seed < 400 && !::testing::Test::HasFailure(); ++seed) {
    RandomHistory history(seed);
    const Bounds reach{history.draw(-9, -1), history.draw(-9, -1), history.draw(1, 9), history.draw(1, 9)};
    Follower follower({.reach = reach, .unheard_within_s = history.draw(0, 2)});
    SteeringOptions options{.mode = static_cast<Mode>(history.pick(3)),
                            .bounds = Bounds{-9, -9, 9, 9},
                            .finest_step_m = history.draw(0.5, 2),
                            .levels = history.pick(3),
                            .valid_for_s = history.draw(2.1, 20)};
    // Each classifier that starts again finds its clock set back, and counts below all before it.
    std::uint64_t first_id = 1'000'000'000;
    Desk desk(options, first_id);
    Situation situation;
    std::optional<Advice> heard;  // what counts: the one heard last that was not over before
    std::set<std::uint64_t> over;
    std::int64_t now = 0;
    const auto tell = [&](const std::optional<Advice>& advice) {
      follower.hear(advice);
      if (advice && over.contains(advice->id)) return;
      if (heard && (!advice || advice->id != heard->id)) over.insert(heard->id);
      heard = advice;
    };
    for (int event = 0; event < 60; ++event) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", event " + std::to_string(event));
      now += static_cast<std::int64_t>(history.draw(0, 2) * second);
      switch (history.pick(9)) {
        case 0:
          if (seed % 2 == 0) tell(history.made_up(now, heard ? heard->id : 0));
          break;
        case 1:
          if (seed % 2 == 1) tell(desk.current(now));
          break;
        case 2:
          if (seed % 2 == 0) break;
          if (const auto advice = desk.current(now)) (void)desk.accept(advice->id, now);
          tell(desk.current(now));
          break;
        case 3:
          ++situation.revision;
          desk.revise(situation, now);
          break;
        case 4:
          if (seed % 2 == 0) break;
          desk = Desk(options, first_id -= 1000);
          desk.revise(situation, now);
          if (history.pick(2) == 0) tell(std::nullopt);
          if (const auto advice = desk.current(now)) {
            tell(advice);
            ASSERT_TRUE(heard && heard->id == advice->id);
            ++restarts;
          }
          break;
        default: {
          const Order order = follower.next(now);
          (order.kind == Kind::measure ? moves : order.kind == Kind::wait ? waits : stops) += 1;
          // What may be followed is followed, whoever said it.
          if (heard && heard->standing == Standing::accepted && now < heard->expires_ns) {
            EXPECT_EQ(order.advice, heard->id);
          }
          if (order.kind == Kind::wait) break;
          ASSERT_TRUE(heard);
          EXPECT_EQ(order.advice, heard->id);
          EXPECT_EQ(heard->standing, Standing::accepted);
          EXPECT_LT(now, heard->expires_ns);
          if (order.kind == Kind::stop) {
            EXPECT_EQ(heard->action, Action::stop);
            break;
          }
          EXPECT_TRUE(reach.contains(order.place));
          EXPECT_TRUE(heard->bounds.contains(order.place));
          EXPECT_NE(std::find(heard->points.begin(), heard->points.end(), order.place), heard->points.end());
          EXPECT_TRUE(std::none_of(situation.seen.begin(), situation.seen.end(),
                                   [&](const Seen& s) { return s.position == order.place; }));
          situation.seen.push_back({order.place, history.pick(3) == 0, 0.5F});
          situation.stage = order.place;
          follower.measured(order.place, now);
        }
      }
    }
  }
  EXPECT_GT(moves, 1000u);
  EXPECT_GT(waits, 1000u);
  EXPECT_GT(stops, 20u);
  EXPECT_GT(restarts, 100u);
}

}  // namespace
}  // namespace ptero::steering
