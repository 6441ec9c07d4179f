#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <ptero/scan/summary.hpp>

namespace ptero::scan {
namespace {

nlohmann::json reconstruction() {
  const nlohmann::json frames = {{"selected", 12},
                                 {"in_image", 9},
                                 {"waiting", 0},
                                 {"left_out", {{"saturated", 1}, {"outlying_position", 2}}}};
  return {{"frames", frames}, {"iterations", 2}, {"amplitude_error", {0.5, 0.25}}, {"ssim_truth", nullptr}};
}

std::string summary_of(const nlohmann::json& r) {
  return summary(nlohmann::json{{"reconstruction", r}}.dump());
}

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

TEST(Summary, OfAReconstruction) {
  const auto text = summary_of(reconstruction());
  EXPECT_TRUE(says(text, "2 iterations, amplitude error 25.000 %")) << text;
  EXPECT_TRUE(
      says(text, "image            9 of 12 selected frames, 3 left out: 2 outlying position, 1 saturated"))
      << text;
  EXPECT_FALSE(says(text, "diverged")) << text;
  EXPECT_FALSE(says(text, "problem")) << text;
}

TEST(Summary, EachWarningIsALine) {
  const auto text = summary(R"({"warnings": [{"code": "a", "sentence": "the first"},
                                             {"code": "b", "sentence": "the second"}]})");
  EXPECT_TRUE(says(text, "warning          the first\n")) << text;
  EXPECT_TRUE(says(text, "warning          the second\n")) << text;
}

TEST(Summary, FramesWithoutAPositionAreAProblemAndAReconstructionNobodyWantedIsNone) {
  auto r = reconstruction();
  r["amplitude_error"] = nlohmann::json::array();
  r["problem"] = "switched off";
  const auto text = summary(nlohmann::json{{"ledger", {{"unpositioned", 7}}}, {"reconstruction", r}}.dump());
  EXPECT_TRUE(says(text, "7 frames have no position")) << text;
  EXPECT_TRUE(says(text, "reconstruction   switched off")) << text;
}

TEST(Summary, WhereNoFrameHasAPositionThatIsWhyThereIsNoImage) {
  auto r = reconstruction();
  r["frames"] = {{"selected", 0}, {"in_image", 0}, {"waiting", 0}, {"left_out", nlohmann::json::object()}};
  r["problem"] = "no frame was selected";
  EXPECT_EQ(
      why_failed(nlohmann::json{{"ledger", {{"unpositioned", 7}}}, {"reconstruction", r}}.dump()),
      "there is no image: no frame was selected (7 frames have no position; --positions says where they come "
      "from)");
  EXPECT_EQ(why_failed(nlohmann::json{{"reconstruction", r}}.dump()),
            "there is no image: no frame was selected");
}

TEST(Summary, FramesOfWhichNoneCanBeReadAreAFailureAlsoWithoutAReconstruction) {
  auto r = reconstruction();
  r["problem"] = "switched off";
  const auto failure_of = [&](const nlohmann::json& ledger) {
    return why_failed(nlohmann::json{{"ledger", ledger}, {"reconstruction", r}}.dump());
  };
  const auto said = failure_of({{"corrupt", 36}, {"missing", 4}, {"selected", 0}});
  ASSERT_TRUE(said);
  EXPECT_TRUE(says(*said, "none of the 40 frames can be used: 36 cannot be read")) << *said;
  EXPECT_EQ(failure_of({{"corrupt", 36}, {"background", 1}}), std::nullopt);
  EXPECT_EQ(failure_of({{"missing", 40}}), std::nullopt);  // nothing came at all
}

TEST(Summary, SaysHowManyFramesAPersonLeftOut) {
  const auto of = [](int bad) {
    return summary(nlohmann::json{{"roi",
                                   {{"fraction", 0.5},
                                    {"mode", "robust"},
                                    {"segments", 8},
                                    {"flags", nlohmann::json::array()},
                                    {"marked_bad", bad}}}}
                       .dump());
  };
  EXPECT_TRUE(says(of(75), "left out         75 frames that a person marked bad")) << of(75);
  EXPECT_FALSE(says(of(0), "marked bad")) << of(0);
}

TEST(Summary, AnErrorThatIsNoNumberIsSaidNotThrown) {
  auto r = reconstruction();
  r["amplitude_error"].push_back(nullptr);
  const auto text = summary_of(r);
  EXPECT_TRUE(says(text, "amplitude error nan")) << text;
}

TEST(Summary, AProblemDoesNotDenyTheImage) {
  auto r = reconstruction();
  r["problem"] = "stopped after 2 of 40 passes over all frames";
  const auto text = summary_of(r);
  EXPECT_TRUE(says(text, "9 of 12 selected frames")) << text;
  EXPECT_TRUE(says(text, "problem          stopped after 2 of 40")) << text;
  EXPECT_FALSE(says(text, "none")) << text;
}

TEST(Summary, SaysHowOftenItDiverged) {
  auto r = reconstruction();
  r["recoveries"] = 0;
  EXPECT_FALSE(says(summary_of(r), "diverged"));
  r["recoveries"] = 3;
  EXPECT_TRUE(says(summary_of(r), "diverged and went on 3 times")) << summary_of(r);
}

TEST(Summary, SaysWhyThereIsNoComparison) {
  auto r = reconstruction();
  r["truth_problem"] = "cannot read t.h5";
  EXPECT_TRUE(says(summary_of(r), "not compared: cannot read t.h5")) << summary_of(r);
}

}  // namespace
}  // namespace ptero::scan
