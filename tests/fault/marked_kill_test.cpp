// What a person says to the classifier survives the classifier: frames marked bad, and segments for the
// series that follows, with a SIGKILL right behind each answer.
#include <gtest/gtest.h>

#include <ptero/roi/roi_set.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/wire/control.hpp>

#include "pipeline.hpp"
#include "scan.hpp"
#include "support/eventually.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

wire::ControlAnswer ask(const std::string& endpoint, const wire::Control& control) {
  transport::Context context;
  transport::Socket socket(context, transport::SocketKind::dealer, {.linger = 0ms});
  socket.connect(endpoint);
  socket.send({wire::encode(control)}, 2000ms);
  const auto answer = socket.receive(10'000ms);
  return answer ? *wire::decode_control_answer(answer->at(0)) : wire::ControlAnswer{false, "no answer"};
}

/// What one run left behind.
struct Outcome {
  std::map<FrameId, std::string> labels;
  scanfile::LedgerProof proof;
};

/// Marks frames at a place in the scan that is known, and kills the classifier behind the answer or does not.
Outcome run(const std::filesystem::path& folder, const Scan& scan, bool kill) {
  const std::string control = "tcp://127.0.0.1:" + std::to_string(free_ports(1)[0]);
  Pipeline pipeline(folder, {{"classifier", "control = \"" + control + "\"\nsegments = 2\n"}});
  for (const auto* service : {"ingest", "classifier"}) pipeline.start(service);
  ScanSender sender(scan, pipeline.detector(), 600);
  sender.start(400);  // nobody can be asked about a series that is over
  const auto labelled = [&] {
    return pipeline.metrics("classifier",
                            {"ptero_classifier_frames_total", "ptero_classifier_resumed_frames"});
  };
  const auto say = [&](double after, const wire::Control& word) {
    EXPECT_TRUE(eventually([&] { return labelled() >= after; })) << pipeline.output();
    const auto answer = ask(control, word);
    EXPECT_TRUE(answer.ok) << answer.why;
    if (!kill) return;
    EXPECT_EQ(pipeline.kill("classifier"), 128 + SIGKILL);
    pipeline.start("classifier");
  };
  say(100, {.action = "bad_frames", .by = "test", .first = 20, .last = 59, .bad = true});
  say(200, {.action = "bad_frames", .by = "test", .first = 700, .last = 739, .bad = true});
  say(300, {.action = "bad_frames", .by = "test", .first = 40, .last = 49, .bad = false});
  sender.let_go();
  const auto dir = pipeline.data() / scan.info().uid;
  EXPECT_TRUE(eventually(
      [&] {
        return std::filesystem::exists(dir / "roi.png") && std::filesystem::exists(dir / "raw.h5") &&
               !std::filesystem::exists(dir / "series.journal");
      },
      120))
      << pipeline.output();
  EXPECT_EQ(pipeline.stop(), "");
  return {labels_in(dir / "roi.csv"), scanfile::prove_ledger(dir / "raw.h5")};
}

TEST(WhatAPersonSaid, SurvivesTheClassifierItWasSaidTo) {
  const Scan scan(25, 40);
  const Scratch scratch;
  const auto killed = run(scratch / "killed", scan, true);
  const auto calm = run(scratch / "calm", scan, false);
  EXPECT_EQ(killed.labels, calm.labels);
  const auto is_bad = [](FrameId id) {
    return (id >= 20 && id <= 39) || (id >= 50 && id <= 59) || (id >= 700 && id <= 739);
  };
  std::size_t selected = 0;
  for (const auto& [id, label] : killed.labels) {
    selected += label == "selected";
    EXPECT_FALSE(is_bad(id) && label == "selected") << id;
  }
  EXPECT_GT(selected, 100u);
  for (const auto& outcome : {killed, calm}) {
    EXPECT_TRUE(outcome.proof.faults.empty());
    EXPECT_EQ(outcome.proof.counted[FrameState::excluded], 70u);
    EXPECT_EQ(outcome.proof.counted[FrameState::selected], selected);
    EXPECT_EQ(outcome.proof.counted.total(), scan.size());
  }
}

}  // namespace
}  // namespace ptero::test
