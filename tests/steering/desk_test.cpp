#include <gtest/gtest.h>

#include <algorithm>
#include <ptero/steering/desk.hpp>
#include <random>

#include "field.hpp"

namespace ptero::steering {
namespace {

constexpr std::int64_t second = 1'000'000'000;

SteeringOptions small_field(Mode mode = Mode::propose) {
  return {.mode = mode,
          .bounds = Bounds{0, 0, 8, 8},
          .finest_step_m = 1,
          .valid_for_s = 10,
          .withdraw_before_s = 2};
}

TEST(Desk, GivesAnAdviceUntilShortlyBeforeItsExpiry) {
  Desk desk(small_field(), 40);
  EXPECT_FALSE(desk.current(0));
  desk.revise({.revision = 1}, 5 * second);
  const auto advice = desk.current(5 * second);
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->id, 40u);
  EXPECT_EQ(advice->expires_ns, 15 * second);
  EXPECT_TRUE(desk.current(13 * second - 1));
  EXPECT_FALSE(desk.lapsed(13 * second - 1));
  EXPECT_FALSE(desk.current(13 * second));
  EXPECT_TRUE(desk.lapsed(13 * second));
  EXPECT_EQ(desk.accept(40, 13 * second).reason(), Refusal::expired);
}

TEST(Desk, AcceptsOnceForAllAndRejectsForGood) {
  Desk desk(small_field());
  desk.revise({.revision = 1}, 0);
  EXPECT_EQ(desk.current(0)->standing, Standing::proposed);
  ASSERT_TRUE(desk.accept(1, 0));
  EXPECT_TRUE(desk.accept(1, 1));
  EXPECT_EQ(desk.current(2)->standing, Standing::accepted);
  EXPECT_TRUE(desk.reject(1, 3));
  EXPECT_FALSE(desk.current(4));
  EXPECT_EQ(desk.accept(1, 5).reason(), Refusal::decided);
  EXPECT_EQ(desk.accept(9, 5).reason(), Refusal::unknown);
}

TEST(Desk, ANewRevisionTakesTheOldAdviceAway) {
  Desk desk(small_field());
  desk.revise({.revision = 1}, 0);
  desk.revise({.revision = 2}, 1);
  EXPECT_EQ(desk.accept(1, 2).reason(), Refusal::unknown);
  EXPECT_EQ(desk.current(2)->id, 2u);
  // Planned before revision 2, ready after it.
  desk.put(plan({.revision = 1}, small_field()), 1, 3);
  EXPECT_EQ(desk.current(3)->revision, 2u);
  desk.put(std::nullopt, 3, 4);
  EXPECT_FALSE(desk.current(4));
}

TEST(Desk, AutomaticAdviceCountsAsAcceptedAndOffGivesNone) {
  Desk automatic(small_field(Mode::automatic));
  automatic.revise({.revision = 1}, 0);
  EXPECT_EQ(automatic.current(0)->standing, Standing::accepted);
  Desk off({.mode = Mode::off});
  off.revise({.revision = 1}, 0);
  EXPECT_FALSE(off.current(0));
}

TEST(Desk, DoesNotPassOnWhatIsUnsound) {
  const auto refuses = [](auto&& spoil) {
    Desk desk(small_field());
    auto advice = *plan({.revision = 1}, small_field());
    spoil(advice);
    desk.put(advice, 1, 0);
    return !desk.current(0);
  };
  EXPECT_FALSE(refuses([](Advice&) {}));
  EXPECT_TRUE(refuses([](Advice& a) { a.points[0].x_m = 8.001; }));
  EXPECT_TRUE(refuses([](Advice& a) { a.region = {{{0, 0}, {0, 9}, {1, 1}}}; }));
  EXPECT_TRUE(refuses([](Advice& a) { a.bounds.right_m = 9; }));
  EXPECT_TRUE(refuses([](Advice& a) { a.dose = 0; }));
  EXPECT_TRUE(refuses([](Advice& a) { a.revision = 2; }));
}

/// What must hold of whatever the desk gives, whatever happened before.
void expect_sound(const Advice& a, const SteeringOptions& o, std::uint64_t revision, std::int64_t now) {
  EXPECT_EQ(a.revision, revision);
  EXPECT_GE(now, a.issued_ns);
  EXPECT_LT(now, a.expires_ns);
  EXPECT_NE(a.standing, Standing::rejected);
  EXPECT_NE(o.mode, Mode::off);
  EXPECT_GE(a.confidence, o.least_confidence);
  EXPECT_LE(a.confidence, 1);
  EXPECT_LE(a.dose, a.dose_left);
  EXPECT_GE(a.dose, static_cast<double>(a.points.size()) * o.dose_per_exposure);
  EXPECT_EQ(a.action == Action::stop, a.points.empty());
  for (const Position& p : a.points) {
    EXPECT_TRUE(a.bounds.contains(p));
    EXPECT_TRUE(!o.bounds || o.bounds->contains(p));
  }
  for (const Ring& ring : a.region) {
    EXPECT_GE(ring.size(), 4u);
    for (const Position& p : ring) EXPECT_TRUE(a.bounds.contains(p));
  }
  for (std::size_t i = 0; i < a.skip.size(); ++i) {
    EXPECT_LE(a.skip[i].first, a.skip[i].last);
    EXPECT_TRUE(i == 0 || a.skip[i].first > a.skip[i - 1].last + 1);
  }
}

TEST(Desk, NeverGivesStaleOrOutOfBoundsAdviceWhateverHappens) {
  std::size_t given = 0, gone = 0;
  for (unsigned seed = 0; seed < 400 && !::testing::Test::HasFailure(); ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&](double low, double high) {
      return std::uniform_real_distribution<>(low, high)(random);
    };
    SteeringOptions options{.mode = static_cast<Mode>(random() % 3),
                            .finest_step_m = draw(0.3, 2),
                            .levels = static_cast<unsigned>(random() % 4),
                            .margin_m = draw(0, 3),
                            .dose_per_exposure = draw(0.1, 3),
                            .least_confidence = draw(0, 0.7),
                            .valid_for_s = draw(2.1, 20),
                            .withdraw_before_s = draw(0, 2)};
    if (seed % 3 != 0) options.bounds = Bounds{draw(-9, -1), draw(-9, -1), draw(1, 9), draw(1, 9)};
    if (seed % 2 == 0) options.dose_budget = draw(0, 300);
    Desk desk(options);
    Situation situation;
    std::int64_t now = 0;
    for (int event = 0; event < 30; ++event) {
      now += static_cast<std::int64_t>(draw(0, 4) * second);
      SCOPED_TRACE("seed " + std::to_string(seed) + ", event " + std::to_string(event));
      const auto advice = desk.current(now);
      if (advice) expect_sound(*advice, options, situation.revision, now);
      (advice ? given : gone) += 1;
      switch (random() % 4) {
        case 0:  // frames come, some outside the bounds, some at one place
          for (int i = 0; i < 12; ++i)
            situation.seen.push_back({{draw(-12, 12), std::round(draw(-12, 12))},
                                      random() % 3 == 0,
                                      static_cast<float>(draw(0, 1))});
          situation.planned = {{random() % 50, {draw(-12, 12), draw(-12, 12)}}};
          break;
        case 1:
          if (advice && desk.accept(advice->id, now)) situation.dose_spent += advice->dose;
          break;
        case 2:
          EXPECT_TRUE(!advice || desk.reject(advice->id, now).ok());
          break;
        default:
          if (random() % 2 == 0) ++situation.revision;
          situation.stage = Position{draw(-9, 9), draw(-9, 9)};
          desk.revise(situation, now);
      }
    }
  }
  // Neither an empty desk nor a full one all the time would prove anything.
  EXPECT_GT(given, 1000u);
  EXPECT_GT(gone, 1000u);
}

}  // namespace
}  // namespace ptero::steering
