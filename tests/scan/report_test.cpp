#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <ptero/core/error.hpp>
#include <ptero/scan/report.hpp>

#include "support/scratch.hpp"

namespace ptero::test {
namespace {

TEST(Report, MergesItsPartsAndSaysWhereTheyCameFrom) {
  Scratch scratch;
  const auto text =
      scan::write_report(scratch / "", {.series_uid = "a",
                                        .source = "sim:empty",
                                        .seconds = 2,
                                        .parts = {R"({"seconds":{"scan":1}})", R"({"roi":{"mode":"off"}})"}});
  const auto report = nlohmann::json::parse(text);
  EXPECT_EQ(report, nlohmann::json::parse(slurp(scratch / "report.json")));
  EXPECT_EQ(report["seconds"], (nlohmann::json{{"scan", 1}, {"total", 2.0}}));
  EXPECT_EQ(report["roi"]["mode"], "off");
  EXPECT_EQ(report["series_uid"], "a");
  EXPECT_EQ(report["options"]["source"], "sim:empty");
  EXPECT_TRUE(report["versions"].contains("ptero"));
}

TEST(Report, HoldsTheWarningsOfAllItsPartsOnce) {
  Scratch scratch;
  const std::string part = R"({"warnings":[{"code":"b","sentence":"2"}]})";
  const auto text = scan::write_report(scratch / "", {.warnings = {{"a", "1"}}, .parts = {part, "{}", part}});
  EXPECT_EQ(nlohmann::json::parse(text)["warnings"],
            nlohmann::json::parse(R"([{"code":"a","sentence":"1"},{"code":"b","sentence":"2"}])"));
  EXPECT_EQ(nlohmann::json::parse(scan::write_report(scratch / "", {}))["warnings"], nlohmann::json::array());
}

TEST(Report, ThatCannotBeWrittenIsAnErrorWithItsPath) {
  Scratch scratch;
  std::filesystem::create_directory(scratch / "report.json");
  const auto folder = message_of<Error>([&] { scan::write_report(scratch / "", {}); });
  EXPECT_NE(folder.find((scratch / "report.json").string()), std::string::npos) << folder;

  Scratch full;
  std::filesystem::create_symlink("/dev/full", full / "report.json");
  const auto disk = message_of<Error>([&] { scan::write_report(full / "", {}); });
  EXPECT_NE(disk.find("No space left"), std::string::npos) << disk;
}

TEST(Report, BytesThatAreNotUtf8AreReplaced) {
  Scratch scratch;
  const auto text = scan::write_report(scratch / "", {.series_uid = "\xff", .source = "replay:\xff.h5"});
  EXPECT_EQ(nlohmann::json::parse(text)["options"]["source"], "replay:\xEF\xBF\xBD.h5");
}

}  // namespace
}  // namespace ptero::test
