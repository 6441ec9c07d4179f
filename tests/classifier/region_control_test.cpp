#include "region_control.hpp"

#include <gtest/gtest.h>

namespace ptero::classifier {
namespace {

class Region : public testing::Test {
 protected:
  wire::ControlAnswer ask(const wire::Control& question) {
    return control_.obey(question, {[this](roi::RegionShape shape) {
                                      told_.push_back(shape);
                                      return wire::ControlAnswer{!stubborn_, "said"};
                                    },
                                    [this](int segments) {
                                      segments_.push_back(segments);
                                      return wire::ControlAnswer{true, "later"};
                                    },
                                    [this](const roi::Mark& mark) {
                                      marks_.push_back(mark);
                                      return wire::ControlAnswer{!stubborn_, "marked"};
                                    }});
  }

  RegionControl control_{{.border = 1}, 8};
  std::vector<roi::RegionShape> told_;
  std::vector<int> segments_;
  std::vector<roi::Mark> marks_;
  bool stubborn_ = false;
};

TEST_F(Region, ChangesWhatIsNamedAndKeepsTheRest) {
  EXPECT_TRUE(ask({.action = "region", .fill_in = true}).ok);
  EXPECT_EQ(told_.back(), (roi::RegionShape{1, roi::FillIn::on}));
  EXPECT_TRUE(ask({.action = "region", .border = -3}).ok);
  EXPECT_EQ(told_.back(), (roi::RegionShape{-3, roi::FillIn::on}));
  EXPECT_EQ(control_.wanted(), told_.back());
  EXPECT_TRUE(segments_.empty());
}

TEST_F(Region, RefusesWhatItDoesNotKnowAndSaysWhatWouldBeRight) {
  EXPECT_NE(ask({.action = "explode"}).why.find("it has \"region\""), std::string::npos);
  EXPECT_FALSE(ask({.action = "region", .border = 1001}).ok);
  EXPECT_FALSE(ask({.action = "region", .border = INT64_MIN}).ok);
  EXPECT_FALSE(ask({.action = "region", .segments = 0}).ok);
  EXPECT_FALSE(ask({.action = "region", .border = 1, .segments = 257}).ok);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(control_.segments(), 8);
}

TEST_F(Region, KeepsWhatWasWantedWhenTheClassifierRefuses) {
  stubborn_ = true;
  EXPECT_FALSE(ask({.action = "region", .border = 5}).ok);
  EXPECT_EQ(control_.wanted().border, 1);
}

TEST_F(Region, RemembersSegmentsForTheNextSeries) {
  const auto alone = ask({.action = "region", .segments = 16});
  EXPECT_TRUE(alone.ok);
  EXPECT_EQ(alone.why, "later");
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(control_.segments(), 16);
  EXPECT_EQ(ask({.action = "region", .border = 2, .segments = 4}).why, "said; later");
  EXPECT_EQ(segments_, (std::vector{16, 4}));
}

TEST_F(Region, PassesOnRangesOfFramesThatAreRanges) {
  EXPECT_TRUE(ask({.action = "bad_frames", .first = 3, .last = 3, .bad = true}).ok);
  EXPECT_TRUE(ask({.action = "bad_frames", .first = 0, .last = 9, .bad = false}).ok);
  EXPECT_EQ(marks_, (std::vector<roi::Mark>{{3, 3, true}, {0, 9, false}}));
  EXPECT_FALSE(ask({.action = "bad_frames", .first = 4, .last = 3, .bad = true}).ok);
  EXPECT_FALSE(ask({.action = "bad_frames", .first = 4, .last = max_frame_id, .bad = true}).ok);
  EXPECT_FALSE(ask({.action = "bad_frames", .first = 4, .bad = true}).ok);
  EXPECT_FALSE(ask({.action = "bad_frames", .first = 4, .last = 5}).ok);
  EXPECT_EQ(marks_.size(), 2u);
}

}  // namespace
}  // namespace ptero::classifier
