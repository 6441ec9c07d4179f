// What the Debian packages are made of, without making them: the files that are installed.
// tools/check_package makes them, and runs what they install on a copy of the machine.

#include "rules.hpp"
#include "support/http_client.hpp"
#include "support/ports.hpp"

namespace ptero::test {
namespace {

namespace fs = std::filesystem;

class Package : public testing::Test {
 protected:
  void SetUp() override {
    setenv("DESTDIR", (scratch_ / "root").c_str(), 1);
    const auto installed =
        run("/usr/bin/env", {"cmake", "--install", PTERO_BUILD, "--component", "ptero", "--prefix", "/usr"},
            scratch_ / "install.log");
    unsetenv("DESTDIR");
    ASSERT_EQ(installed.code, 0) << installed.output;
  }
  fs::path root(const std::string& path) const { return scratch_ / ("root" + path); }

  Scratch scratch_;
};

TEST_F(Package, HasWhatItsUnitsAndPagesSpeakOf) {
  for (const char* service : {"ingest", "classifier", "reconstructor", "dashboard"})
    EXPECT_TRUE(fs::exists(root("/usr/bin/ptero-" + std::string(service))));
  EXPECT_FALSE(fs::exists(root("/usr/bin/ptero-ddip"))) << "LibTorch is for another package";
  std::string said = slurp("deploy/README.md");
  for (const auto& unit : {"/usr/lib/systemd/system/ptero@.service", "/usr/lib/systemd/system/ptero.target"})
    said += slurp(root(unit));
  const auto paths = all_of(said, "((?:/usr/share|/etc)/ptero/[a-z_./]*[a-z])");
  EXPECT_GE(paths.size(), 4u);
  for (const std::string& path : paths) {
    if (path.starts_with("/etc/ptero/keys")) continue;  // made by ptero keygen
    EXPECT_TRUE(fs::exists(root(path))) << path;
  }
  const auto documents = all_of(said, "file:(/usr/share/doc/[a-z_./]*[a-z])");
  EXPECT_EQ(documents.size(), 1u);
  for (const std::string& path : documents) EXPECT_TRUE(fs::exists(root(path))) << path;
}

TEST_F(Package, KeepsThePagesOfTheManualTogether) {
  const auto manual = root("/usr/share/doc/ptero");
  for (const char* page :
       {"README.md", "copyright", "deploy/README.md", "doc/operations.md", "proto/link.md"})
    EXPECT_TRUE(fs::exists(manual / page)) << page;
  std::size_t pictures = 0;
  for (const auto& entry : fs::directory_iterator(manual / "doc"))
    if (!entry.is_directory())
      for (const std::string& picture : all_of(slurp(entry.path()), "\\]\\((pictures/[^)]*\\.png)\\)")) {
        EXPECT_EQ(fs::exists(manual / "doc" / picture), fs::exists(fs::path("doc") / picture)) << picture;
        ++pictures;
      }
  EXPECT_GT(pictures, 5u);
}

TEST_F(Package, ServesTheDashboardsPageFromWhereItIsInstalled) {
  if (!fs::exists(fs::path(PTERO_BIN) / "dashboard"))
    GTEST_SKIP() << "the page was not built (npm was not there)";
  const int port = free_ports(1)[0];
  Program dashboard(root("/usr/bin/ptero-dashboard"),
                    {"--set", "dashboard.http_port=" + std::to_string(port), "--set",
                     "dashboard.audit=\"" + (scratch_ / "audit").string() + "\""},
                    scratch_ / "dashboard.log");
  ASSERT_TRUE(eventually([&] { return telemetry::get(port, "/readyz").status == 200; }))
      << dashboard.output();
  const auto page = telemetry::get(port, "/");
  EXPECT_EQ(page.status, 200);
  const auto assets = all_of(page.body, "(?:src|href)=\"\\.?(/assets/[^\"]*)\"");
  EXPECT_GE(assets.size(), 2u) << page.body;
  for (const std::string& asset : assets) EXPECT_EQ(telemetry::get(port, asset).status, 200) << asset;
  dashboard.kill(SIGTERM);
  EXPECT_EQ(dashboard.wait(), 0);
}

}  // namespace
}  // namespace ptero::test
