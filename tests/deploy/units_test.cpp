#include "rules.hpp"

namespace ptero::test {
namespace {

const std::string unit = "deploy/systemd/ptero@.service";

TEST(Units, NameAServiceAndAConfigurationThatThePackageInstalls) {
  const std::string text = slurp(unit), package = slurp("cmake/Package.cmake");
  EXPECT_NE(text.find("ExecStart=/usr/bin/ptero-%i -c /etc/ptero/ptero.toml\n"), std::string::npos);
  EXPECT_NE(package.find("configs/system.toml DESTINATION /etc/ptero RENAME ptero.toml"), std::string::npos);
  EXPECT_NE(package.find(unit), std::string::npos);
}

TEST(Units, StartAgainButNotWithAWrongConfiguration) {
  const std::string text = slurp(unit);
  EXPECT_NE(text.find("Restart=on-failure\n"), std::string::npos);
  EXPECT_NE(text.find("RestartPreventExitStatus=2\n"), std::string::npos);
}

TEST(Units, AreUnderstoodBySystemdAndExposeLittle) {
  if (!has_program("systemd-analyze")) GTEST_SKIP() << "there is no systemd-analyze";
  const Scratch scratch;
  std::filesystem::copy(unit, scratch / "ptero@.service");
  const auto verified = run("/usr/bin/systemd-analyze", {"verify", "--man=no", scratch / "ptero@.service"},
                            scratch / "verify.log");
  for (const std::string wrong : {"Unknown key", "Unknown section", "Invalid", "Failed to parse"})
    EXPECT_EQ(verified.output.find(wrong), std::string::npos) << verified.output;
  const auto security =
      run("/usr/bin/systemd-analyze",
          {"security", "--offline=yes", "--no-pager", "--threshold=25", scratch / "ptero@.service"},
          scratch / "security.log");
  EXPECT_EQ(security.code, 0) << security.output;
}

}  // namespace
}  // namespace ptero::test
