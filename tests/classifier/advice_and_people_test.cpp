// What becomes of advice when a person marks frames or changes the region.

#include <gtest/gtest.h>

#include "advice_fixture.hpp"

namespace ptero::classifier {
namespace {

using AdviceAndPeople = Advice;

// The scan waits for advice: no frame comes, so no revision does.
TEST_F(AdviceAndPeople, MarkedFramesTakeBackAtOnceWhatCountedThemAlsoInAPause) {
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

TEST_F(AdviceAndPeople, APlanMadeBeforeAMarkIsNeverSaid) {
  start(options());
  measure(said().points);
  later_ = true;
  pause();
  ASSERT_EQ(tasks_.size(), 1u);
  ASSERT_GT(session_->mark({session_->set().ids().front(), session_->set().ids().front()}), 0u);
  expect_planned_anew();
}

TEST_F(AdviceAndPeople, AnotherRegionIsAdvisedUponAtOnceAlsoInAPause) {
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

}  // namespace
}  // namespace ptero::classifier
