#include <gtest/gtest.h>

#include <ptero/config/declared.hpp>
#include <ptero/config/document.hpp>

namespace ptero::config {
namespace {

struct Options {
  std::size_t side_px = 0;
  double step_m = 0.5;
  std::string mode = "a";
  std::vector<std::string> files;
};

const settings::Table<Options>& table() {
  static const auto made =
      settings::Table<Options>()
          .option("side_px", &Options::side_px, {.help = "of it; 0: any", .low = 8, .high = 64})
          .option("step_m", &Options::step_m, {.help = "of it", .low = 0, .high = 1, .formerly = {"pace_m"}})
          .option("mode", &Options::mode, {.help = "of it", .choices = {"a", "b"}})
          .option("files", &Options::files, {.help = "names"})
          .complete();
  return made;
}

Options read(const std::string& text) {
  Options o;
  read_declared(Document::parse(text, "x.toml").section("s"), table(), o);
  return o;
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Declared, WhatIsNotGivenStays) {
  const auto o = read("[s]\nmode = \"b\"");
  EXPECT_EQ(o.mode, "b");
  EXPECT_EQ(o.side_px, 0U);
  EXPECT_EQ(o.step_m, 0.5);
}

TEST(Declared, ReadsEveryKind) {
  const auto o = read("[s]\nside_px = 16\nstep_m = 1\nfiles = [\"x\", \"y\"]");
  EXPECT_EQ(o.side_px, 16U);
  EXPECT_EQ(o.step_m, 1.0);
  EXPECT_EQ(o.files, (std::vector<std::string>{"x", "y"}));
}

TEST(Declared, TheDefaultMayBeGivenThoughItIsOutOfRange) {
  EXPECT_EQ(read("[s]\nside_px = 0").side_px, 0U);
}

TEST(Declared, RefusalsNamePlaceKeyAndRange) {
  EXPECT_EQ(refusal("[s]\nside_px = 4"), "x.toml:2: [s] side_px = 4 is out of range; allowed is 8 to 64");
  EXPECT_NE(refusal("[s]\nstep_m = 2.5").find("allowed is 0 to 1"), std::string::npos);
  EXPECT_NE(refusal("[s]\nmode = \"c\"").find("use one of \"a\", \"b\""), std::string::npos);
  EXPECT_NE(refusal("[s]\nfiles = 3").find("a list of strings"), std::string::npos);
}

TEST(Declared, AnOldKeyIsReadAndNotBoth) {
  EXPECT_EQ(read("[s]\npace_m = 0.25").step_m, 0.25);
  EXPECT_NE(refusal("[s]\npace_m = 0.25\nstep_m = 0.25").find("pace_m: is what step_m was called"),
            std::string::npos);
}

}  // namespace
}  // namespace ptero::config
