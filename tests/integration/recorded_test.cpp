#include <gtest/gtest.h>

#include "small_scan.hpp"
#include "support/program.hpp"
#include "support/recorded.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

nlohmann::json report_in(const std::filesystem::path& folder) {
  return nlohmann::json::parse(std::ifstream(folder / "report.json"));
}

TEST(Recorded, BatchAndLiveSelectTheSame598PercentOfTheRotavirusCutOut) {
  SKIP_WITHOUT(rotavirus);
  Scratch scratch;
  const std::vector<std::string> options{"--positions", "raster:48x48", "--centre", "126,128.2", "--roi-mode",
                                         "paper",       "--segments",   "1",        "--roi-only"};
  const auto run_it = [&](std::vector<std::string> words, const std::string& out) {
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--out", (scratch / out).string()});
    const auto ran = run("ptero", words, scratch / "log");
    EXPECT_EQ(ran.code, 0) << ran.output;
  };
  run_it({"batch", recorded(rotavirus).string()}, "batch");
  run_it({"live", "--source", "replay:" + recorded(rotavirus).string()}, "live");
  const auto batch = labels_in(scratch / "batch/roi.csv");
  EXPECT_EQ(batch.size(), 2304u);
  EXPECT_EQ(
      std::count_if(batch.begin(), batch.end(), [](const auto& item) { return item.second == "selected"; }),
      1378);
  EXPECT_EQ(batch, labels_in(scratch / "live/roi.csv"));
  EXPECT_EQ(report_in(scratch / "batch")["roi"]["set_hash"], report_in(scratch / "live")["roi"]["set_hash"]);
}

TEST(Recorded, TheSiemensStarReachesOneAndAHalfPercent) {
  SKIP_WITHOUT(siemens);
  Scratch scratch;
  const auto ran = run("ptero",
                       {"batch", recorded(siemens).string(), "--data", "patterns", "--positions",
                        "positions_px", "--position-unit", "px", "--position-axes", "yx", "--probe", "probe",
                        "--no-roi", "--out", (scratch / "out").string()},
                       scratch / "log");
  ASSERT_EQ(ran.code, 0) << ran.output;
  const auto errors = report_in(scratch / "out")["reconstruction"]["amplitude_error"];
  EXPECT_LE(errors.size(), 40u);
  EXPECT_LE(errors.back().get<double>(), 0.015);
}

TEST(Recorded, TheNearFieldScanHasNothingToFind) {
  SKIP_WITHOUT(petra);
  Scratch scratch;
  const auto ran =
      run("ptero", {"batch", recorded(petra).string(), "--roi-only", "--out", (scratch / "out").string()},
          scratch / "log");
  ASSERT_EQ(ran.code, 0) << ran.output;
  EXPECT_EQ(report_in(scratch / "out")["roi"]["flags"], nlohmann::json::array({"no_contrast"}));
}

}  // namespace
}  // namespace ptero::test
