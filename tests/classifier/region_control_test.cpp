#include "region_control.hpp"

#include <gtest/gtest.h>

namespace ptero::classifier {
namespace {

using namespace std::chrono_literals;

class Region : public testing::Test {
 protected:
  Region() : control_(context_, "inproc://control", {}, {.border = 1}) { asker_.connect("inproc://control"); }

  wire::ControlAnswer ask(const Bytes& question) {
    asker_.send({question});
    std::optional<Parts> answer;
    for (int i = 0; i < 200 && !answer; ++i) {
      control_.answer([this](roi::RegionShape shape) {
        told_.push_back(shape);
        return wire::ControlAnswer{!stubborn_, "said"};
      });
      answer = asker_.receive(10ms);
    }
    EXPECT_TRUE(answer);
    return *wire::decode_control_answer(answer->at(0));
  }

  transport::Context context_;
  RegionControl control_;
  transport::Socket asker_{context_, transport::SocketKind::dealer};
  std::vector<roi::RegionShape> told_;
  bool stubborn_ = false;
};

TEST_F(Region, ChangesWhatIsNamedAndKeepsTheRest) {
  EXPECT_TRUE(ask(wire::encode(wire::Control{.action = "region", .fill_in = true})).ok);
  EXPECT_EQ(told_.back(), (roi::RegionShape{1, roi::FillIn::on}));
  EXPECT_TRUE(ask(wire::encode(wire::Control{.action = "region", .border = -3})).ok);
  EXPECT_EQ(told_.back(), (roi::RegionShape{-3, roi::FillIn::on}));
  EXPECT_EQ(control_.wanted(), told_.back());
}

TEST_F(Region, RefusesWhatItDoesNotKnowAndSaysWhatWouldBeRight) {
  EXPECT_NE(ask(wire::encode(wire::Control{.action = "explode"})).why.find("it has \"region\""),
            std::string::npos);
  EXPECT_FALSE(ask(wire::encode(wire::Control{.action = "region", .border = 1001})).ok);
  EXPECT_FALSE(ask(wire::encode(wire::Control{.action = "region", .border = INT64_MIN})).ok);
  EXPECT_FALSE(ask(Bytes::take(std::string("garbage"))).ok);
  EXPECT_TRUE(told_.empty());
}

TEST_F(Region, KeepsWhatWasWantedWhenTheClassifierRefuses) {
  stubborn_ = true;
  EXPECT_FALSE(ask(wire::encode(wire::Control{.action = "region", .border = 5})).ok);
  EXPECT_EQ(control_.wanted().border, 1);
}

}  // namespace
}  // namespace ptero::classifier
