#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include <nlohmann/json.hpp>

#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using Json = nlohmann::json;

std::vector<std::string> with_dashboard(const std::string& out, std::vector<std::string> more) {
  std::vector<std::string> all{"live",  "--source", "sim:nanosheets", "--defocus", "355e-6", "--epochs", "2",
                               "--out", out,        "--dashboard",    "0"};
  const std::vector<std::string> scan{
      "--scan",     "24x30", "--scan-step",        "0.3e-6", "--pattern", "64",
      "--sim-seed", "3",     "--outer-zone-width", "70e-9"};
  all.insert(all.end(), scan.begin(), scan.end());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// As the program says it: 0 before it has.
int port_of(const Program& program) {
  std::smatch found;
  const std::string output = program.output();
  return std::regex_search(output, found, std::regex("dashboard at http://127.0.0.1:(\\d+)/"))
             ? std::stoi(found[1])
             : 0;
}

TEST(PageStays, WithTheLastPictureUntilItIsInterrupted) {
  Scratch scratch;
  Program ptero("ptero", with_dashboard((scratch / "out").string(), {}), scratch / "log");
  ASSERT_TRUE(eventually([&] { return ptero.output().find("its page stays at") != std::string::npos; }, 120))
      << ptero.output();
  const std::string output = ptero.output();
  // The results are there already, as without a page.
  EXPECT_NE(output.find("results"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(scratch / "out/report.json"));
  const int port = port_of(ptero);
  const auto state = Json::parse(telemetry::get(port, "/api/state").body);
  EXPECT_EQ(state["over"], true);
  EXPECT_EQ(state["ledger"]["ended"], true);
  EXPECT_EQ(state["ledger"]["arrived"], 24 * 30);
  EXPECT_EQ(state["series_uid"], Json::parse(telemetry::get(port, "/api/series").body)[0]["series_uid"]);
  for (const char* picture : {"/api/map", "/api/frame", "/api/snapshot", "/api/probe"})
    EXPECT_EQ(telemetry::get(port, picture).status, 200) << picture;
  ptero.kill(SIGINT);
  EXPECT_EQ(ptero.wait(), 0) << ptero.output();
}

TEST(PageStays, NotWhereTheEndIsAskedFor) {
  Scratch scratch;
  Program option("ptero", with_dashboard((scratch / "a").string(), {"--exit-at-end"}), scratch / "log");
  EXPECT_EQ(option.wait(), 0) << option.output();
  Program key("ptero", with_dashboard((scratch / "b").string(), {"--set", "live.exit_at_end=true"}),
              scratch / "log2");
  EXPECT_EQ(key.wait(), 0) << key.output();
}

TEST(PageStays, NotWhereTheScanWasInterrupted) {
  Scratch scratch;
  Program ptero("ptero", with_dashboard((scratch / "out").string(), {"--rate", "30"}), scratch / "log");
  ASSERT_TRUE(eventually([&] { return ptero.output().find(" frames | ") != std::string::npos; }));
  ptero.kill(SIGINT);
  EXPECT_EQ(ptero.wait(), 0) << ptero.output();
  EXPECT_EQ(ptero.output().find("its page stays"), std::string::npos);
}

/// A program that was moved without its page says where it looked, at its start and to who asks.
TEST(PageStays, IsMissedByAProgramCopiedAlone) {
  Scratch scratch;
  const auto alone = scratch / "alone/bin/ptero";
  std::filesystem::create_directories(alone.parent_path());
  std::filesystem::copy_file(bin() / "ptero", alone);
  Program ptero(alone.string(), with_dashboard((scratch / "out").string(), {"--rate", "30"}),
                scratch / "log");
  ASSERT_TRUE(eventually([&] { return port_of(ptero) != 0; }));
  const std::string beside = (scratch / "alone/bin/dashboard").string();
  const std::string shared = (scratch / "alone/share/ptero/dashboard").string();
  if (telemetry::get(port_of(ptero), "/").body.starts_with("<!doctype"))
    GTEST_SKIP() << "a page is installed here";
  for (const auto& said : {ptero.output(), telemetry::get(port_of(ptero), "/").body}) {
    EXPECT_NE(said.find("there is no page in " + beside), std::string::npos) << said;
    EXPECT_NE(said.find(shared), std::string::npos) << said;
    EXPECT_NE(said.find("--set dashboard.web=FOLDER"), std::string::npos) << said;
  }
}

TEST(PageStays, IsFoundByAProgramCopiedWithIt) {
  Scratch scratch;
  const auto copy = scratch / "opt/bin/ptero";
  std::filesystem::create_directories(copy.parent_path());
  std::filesystem::copy_file(bin() / "ptero", copy);
  const auto page = scratch / "opt/share/ptero/dashboard/index.html";
  std::filesystem::create_directories(page.parent_path());
  std::ofstream(page) << "<!doctype html>here it is";
  Program ptero(copy.string(), with_dashboard((scratch / "out").string(), {"--rate", "30"}), scratch / "log");
  ASSERT_TRUE(eventually([&] { return port_of(ptero) != 0; }));
  EXPECT_EQ(telemetry::get(port_of(ptero), "/").body, "<!doctype html>here it is");
}

}  // namespace
}  // namespace ptero::test
