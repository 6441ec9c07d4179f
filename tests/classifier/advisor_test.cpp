#include <gtest/gtest.h>

#include <thread>

#include "advice_fixture.hpp"

namespace ptero::classifier {
namespace {

using namespace std::chrono_literals;

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
  expect_planned_anew();
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
