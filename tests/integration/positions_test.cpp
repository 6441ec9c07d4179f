#include <gtest/gtest.h>

#include "small_scan.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

/// A simulated detector and stage on sockets of their own, and `ptero live` that joins them.
class PositionsApart : public testing::TestWithParam<std::string> {
 protected:
  nlohmann::json live(const std::vector<std::string>& stage, const std::vector<std::string>& more) {
    const std::string detector = "ipc://" + (scratch_ / "detector").string();
    std::vector<std::string> sending{"simulate", "nanosheets", "--bind", detector, "--rate", "0"};
    for (const auto& list : {small_scan_arguments(), stage})
      sending.insert(sending.end(), list.begin(), list.end());
    std::vector<std::string> words{"live",
                                   "--source",
                                   "native:" + detector,
                                   "--out",
                                   out_(),
                                   "--json",
                                   "--roi-only",
                                   "--set",
                                   "ingest.position_x=X.VAL",
                                   "--set",
                                   "ingest.position_y=Y.VAL"};
    words.insert(words.end(), more.begin(), more.end());
    Program simulator("ptero", sending, scratch_ / "simulate.log");
    const auto ran = run("ptero", words, scratch_ / "live.log");
    EXPECT_EQ(ran.code, 0) << ran.output << simulator.output();
    EXPECT_EQ(simulator.wait(), 0) << simulator.output();
    return nlohmann::json::parse(std::ifstream(out_() + "/report.json"));
  }
  std::string out_() { return (scratch_ / ("out" + std::to_string(runs_))).string(); }

  Scratch scratch_;
  int runs_ = 0;
};

TEST_P(PositionsApart, GiveTheSameSetAsPositionsInTheFrame) {
  const auto in_frame = live({}, {});
  ++runs_;
  const std::string stage = GetParam() + "127.0.0.1:" + std::to_string(free_ports(1)[0]);
  const auto apart =
      live({"--bind-positions", stage, "--position-lag", "25", "--position-jitter", "40",
            "--position-samples", "10", "--position-settling", "17"},
           {"--positions", stage, "--set", "ingest.samples_per_frame=10", "--set", "ingest.skip_samples=17"});
  EXPECT_EQ(apart["positions"]["frames"]["joined"], 720);
  EXPECT_EQ(apart["positions"]["lost_samples"], 0);
  EXPECT_EQ(apart["ledger"]["unpositioned"], 0);
  EXPECT_EQ(apart["roi"]["set_hash"], in_frame["roi"]["set_hash"]);
  EXPECT_EQ(apart["positions"]["suspicions"].size(), 0u) << apart["positions"];
}

INSTANTIATE_TEST_SUITE_P(Streams, PositionsApart, testing::Values("panda-zmq:tcp://", "panda-tcp:"),
                         [](const auto& test) { return test.param.substr(6, 3); });

}  // namespace
}  // namespace ptero::test
