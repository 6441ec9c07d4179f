#include <gtest/gtest.h>

#include <regex>

#include <ptero/transport/socket.hpp>

#include "small_scan.hpp"
#include "support/program.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

/// Each mistake a user can make ends the program with exit code 2 and one sentence that says what, where and
/// what would be right.
class BadInput : public testing::Test {
 protected:
  void expect_refused(const std::string& program, const std::vector<std::string>& arguments,
                      const std::vector<std::string>& says) {
    const auto ran = run(program, arguments, scratch_ / "log");
    EXPECT_EQ(ran.code, 2) << ran.output;
    EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1)
        << "more than one sentence: " << ran.output;
    for (const auto& text : says)
      EXPECT_NE(ran.output.find(text), std::string::npos) << text << "\n" << ran.output;
  }
  std::string path(const std::string& name) const { return (scratch_ / name).string(); }

  Scratch scratch_;
};

TEST_F(BadInput, AWrongPath) {
  expect_refused("ptero", {"batch", path("none.h5"), "--out", path("o")}, {path("none.h5"), "no such file"});
  expect_refused("ptero", {"live", "--source", "replay:" + path("none.h5"), "--out", path("o")},
                 {path("none.h5")});
  expect_refused("ptero", {"inspect", path("none.h5")}, {path("none.h5")});
  expect_refused("ptero-ingest", {"-c", path("none.toml")}, {path("none.toml")});
}

TEST_F(BadInput, ATruncatedFile) {
  SKIP_WITHOUT_H5PY();
  run_python("h5py.File(f, 'w')['d'] = np.ones((50, 16, 16), 'u2')", path("whole.h5"));
  const std::string whole = slurp(scratch_ / "whole.h5");
  ASSERT_GT(whole.size(), 20'000u);
  spill(scratch_ / "cut.h5", whole.substr(0, whole.size() / 2));
  expect_refused("ptero", {"batch", path("cut.h5"), "--out", path("o")}, {path("cut.h5"), "truncated"});
  expect_refused("ptero", {"live", "--source", "replay:" + path("cut.h5"), "--out", path("o")},
                 {path("cut.h5"), "truncated"});
  spill(scratch_ / "text.h5", "this is no HDF5 file");
  expect_refused("ptero", {"batch", path("text.h5"), "--out", path("o")}, {path("text.h5"), "HDF5"});
}

TEST_F(BadInput, FramesAndPositionsThatDifferInNumber) {
  SKIP_WITHOUT_H5PY();
  run_python("h = h5py.File(f, 'w'); h['d'] = np.ones((50, 16, 16), 'u2'); h['p'] = np.zeros((49, 2))",
             path("a.h5"));
  expect_refused("ptero",
                 {"batch", path("a.h5"), "--positions", "p", "--position-unit", "um", "--out", path("o")},
                 {"50", "49", "p"});
}

TEST_F(BadInput, NanPositionsCostTheirFramesAlone) {
  SKIP_WITHOUT_H5PY();
  run_python(
      "h = h5py.File(f, 'w'); h['d'] = np.random.poisson(50, (60, 16, 16)).astype('u2')\n"
      "p = np.stack(np.meshgrid(np.arange(10.), np.arange(6.)), -1).reshape(-1, 2); p[5] = np.nan; p[9, 1] = "
      "np.nan\n"
      "h['p'] = p",
      path("a.h5"));
  const auto ran = run("ptero",
                       {"batch", path("a.h5"), "--positions", "p", "--position-unit", "um", "--out",
                        path("o"), "--json", "--roi-only"},
                       scratch_ / "log");
  EXPECT_EQ(ran.code, 0) << ran.output;
  const auto report = nlohmann::json::parse(std::ifstream(scratch_ / "o/report.json"));
  EXPECT_EQ(report["ledger"]["unpositioned"].get<int>(), 2);
  EXPECT_EQ(sum(report["ledger"]), 60u);
  EXPECT_EQ(labels_in(scratch_ / "o/roi.csv").at(5), "unpositioned");
}

TEST_F(BadInput, ATypoInTheConfiguration) {
  spill(scratch_ / "a.toml", "[ingest]\n# where frames come from\nsorce = \"native:tcp://127.0.0.1:5570\"\n");
  const std::vector<std::string> says{path("a.toml") + ":3", "[ingest]", "sorce", "did you mean 'source'"};
  expect_refused("ptero-ingest", {"-c", path("a.toml")}, says);
  expect_refused("ptero", {"live", "-c", path("a.toml"), "--out", path("o")}, says);
  spill(scratch_ / "b.toml", "[classifier]\nsegments = \"eight\"\n");
  expect_refused("ptero-classifier", {"-c", path("b.toml")}, {path("b.toml") + ":2", "segments"});
  expect_refused("ptero-reconstructor", {"--set", "reconstructor.epoch=3"},
                 {"command line", "epoch", "epochs"});
}

TEST_F(BadInput, APortInUse) {
  transport::Context context;
  transport::Socket taken(context, transport::SocketKind::pull);
  taken.bind("tcp://127.0.0.1:*");
  const std::string endpoint = taken.endpoint();
  expect_refused("ptero-ingest",
                 {"--set", "ingest.frame_link=" + endpoint, "--set", "ingest.out=" + path("o")},
                 {endpoint, "in use", "another port"});
  expect_refused("ptero", {"simulate", "empty", "--scan", "2x2", "--bind", endpoint}, {endpoint, "in use"});
  const std::string port = endpoint.substr(endpoint.rfind(':') + 1);
  expect_refused("ptero",
                 {"live", "--source", "sim:empty", "--out", path("o2"), "--set", "live.http_port=" + port},
                 {port, "in use"});
}

TEST_F(BadInput, AnAddressOthersCanReach) {
  expect_refused("ptero-ingest",
                 {"--set", "ingest.frame_link=tcp://0.0.0.0:0", "--set", "ingest.out=" + path("o")},
                 {"0.0.0.0", "insecure = true"});
}

TEST_F(BadInput, ARunIsNeverRecordedOverAnother) {
  std::filesystem::create_directory(scratch_ / "o");
  spill(scratch_ / "o/raw.h5", "precious");
  expect_refused("ptero", {"live", "--source", "sim:empty", "--out", path("o")},
                 {path("o") + "/raw.h5", "exists"});
  EXPECT_EQ(slurp(scratch_ / "o/raw.h5"), "precious");
}

TEST_F(BadInput, WhatThisBuildCannotDo) {
  expect_refused("ptero", {"simulate", "moon", "--bind", "tcp://127.0.0.1:*"}, {"moon", "nanosheets"});
  expect_refused("ptero", {"live", "--source", "simplon3:tcp://127.0.0.1:9999", "--out", path("o")},
                 {"simplon3", "simplon1"});
  expect_refused("ptero-reconstructor", {"--set", "reconstructor.backend=cuda"}, {"CUDA"});
}

TEST_F(BadInput, WrongArgumentsShowTheUsage) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"batch"}, {"batch", "a.h5", "--centre", "12"}, {"frobnicate"}, {"simulate", "empty"}}) {
    const auto ran = run("ptero", words, scratch_ / "log");
    EXPECT_EQ(ran.code, 2) << ran.output;
    EXPECT_FALSE(ran.output.empty());
  }
  EXPECT_EQ(run("ptero", {"live", "--help"}, scratch_ / "log").code, 0);
}

}  // namespace
}  // namespace ptero::test
