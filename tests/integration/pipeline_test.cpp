#include <gtest/gtest.h>

#include <ptero/product/product.hpp>
#include <ptero/scan/roi_outputs.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "batch_answer.hpp"
#include "small_scan.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

TEST(Pipeline, ASimulatedScanLeavesEveryResultAndACompleteLedger) {
  Scratch scratch;
  const auto report = run_live(live_options((scratch / "out").string()));
  for (const char* file : {"raw.h5", "roi.csv", "roi.png", "phase.png", "product.h5", "report.json"})
    EXPECT_TRUE(std::filesystem::exists(scratch / "out" / file)) << file;
  EXPECT_FALSE(std::filesystem::exists(scratch / "out/series.journal"));
  EXPECT_EQ(sum(report["ledger"]), 720u);
  EXPECT_EQ(report["ledger"]["selected"].get<int>() + report["ledger"]["background"].get<int>(), 720);
  EXPECT_GT(report["roi"]["fraction"].get<double>(), 0.1);
  EXPECT_LT(report["roi"]["fraction"].get<double>(), 0.9);
  EXPECT_EQ(report["reconstruction"]["frames"]["in_image"], report["ledger"]["selected"]);
  EXPECT_EQ(product::read_product(scratch / "out/product.h5").positions.size(),
            report["ledger"]["selected"].get<std::size_t>());
  EXPECT_TRUE(scanfile::prove_ledger(scratch / "out/raw.h5").faults.empty());
}

TEST(Pipeline, TheOnlineSetIsTheBatchSetInBothModes) {
  for (const auto mode : {roi::Mode::paper, roi::Mode::robust}) {
    Scratch scratch;
    auto options = live_options((scratch / "out").string());
    options.classifier.method.roi.mode = mode;
    options.reconstructor.solver.enabled = false;
    const auto method = options.classifier.method;
    const auto report = run_live(options);
    const auto batch = batch_answer(scratch / "out/raw.h5", method);
    EXPECT_EQ(report["roi"]["set_hash"], batch.set_hash);
    EXPECT_EQ(report["roi"]["selected"].get<std::size_t>(), batch.count(roi::Label::selected));
  }
}

TEST(Pipeline, EveryFaultOfTheSenderIsInTheLedger) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.reconstructor.solver.enabled = false;
  options.send.faults = {.drop = 0.03, .duplicate = 0.03, .swap = 0.05, .corrupt = 0.03, .seed = 9};
  const auto plan = synth::plan_faults(720, options.send.faults);
  const auto report = run_live(options);
  const auto& ledger = report["ledger"];
  EXPECT_EQ(sum(ledger), 720u);
  EXPECT_EQ(ledger["missing"].get<std::size_t>(), plan.dropped.size());
  EXPECT_EQ(ledger["corrupt"].get<std::size_t>(), plan.corrupted.size());
  EXPECT_GT(plan.dropped.size() * plan.corrupted.size() * plan.duplicated.size(), 0u)
      << "the plan is too tame";
  const auto labels = labels_in(scratch / "out/roi.csv");
  for (FrameId id : plan.dropped) EXPECT_FALSE(labels.contains(id));
  EXPECT_EQ(labels.size(), 720 - plan.dropped.size() - plan.corrupted.size());
}

TEST(Pipeline, TheSetDoesNotDependOnTheSpeed) {
  std::string hash;
  for (const double rate : {0.0, 900.0}) {
    Scratch scratch;
    auto options = live_options((scratch / "out").string());
    options.reconstructor.solver.enabled = false;
    options.send.rate_hz = rate;
    const std::string now = run_live(options)["roi"]["set_hash"];
    if (hash.empty()) hash = now;
    EXPECT_EQ(hash, now);
  }
}

TEST(Pipeline, EveryScrapeSumsToTheNumberOfFramesAndHealthAnswers) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.send.rate_hz = 600;
  options.reconstructor.solver.epochs = 1;
  int scrapes = 0;
  run_live(options, [&](const live::Progress& progress, live::Live& live) {
    if (progress.ledger.empty()) return;
    const int port = std::stoi(live.url().substr(live.url().rfind(':') + 1));
    EXPECT_EQ(telemetry::get(port, "/healthz").status, 200);
    // On a machine that does nothing for seconds a stage is silent, and then no longer.
    EXPECT_TRUE(eventually([&] { return telemetry::get(port, "/readyz").status == 200; }));
    const auto page = telemetry::get(port, "/metrics").body;
    double total = 0;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("ptero_ledger_frames{")) total += std::stod(line.substr(line.rfind(' ')));
    EXPECT_EQ(total, 720);
    ++scrapes;
  });
  EXPECT_GT(scrapes, 0);
}

TEST(Pipeline, CompressedFramesAreStoredAsTheyCameAndGiveTheSameSet) {
  std::string hash;
  for (const Codec codec : {Codec::none, Codec::bslz4, Codec::lz4}) {
    Scratch scratch;
    auto options = live_options((scratch / "out").string());
    options.reconstructor.solver.enabled = false;
    options.send.codec = codec;
    const auto report = run_live(options);
    if (hash.empty()) hash = report["roi"]["set_hash"];
    EXPECT_EQ(report["roi"]["set_hash"], hash) << name_of(codec);
    EXPECT_FALSE(report.contains("raw_file_refused"));
    EXPECT_TRUE(scanfile::prove_ledger(scratch / "out/raw.h5").faults.empty()) << name_of(codec);
    const auto stored = scanfile::SeriesReader(scratch / "out/raw.h5").frame(17);
    const auto sent = synth::Simulator(small_scan()).frame(17);
    EXPECT_EQ(stored.payload, sent.payload) << name_of(codec);
  }
}

TEST(Pipeline, AnEmptyFieldSelectsEverythingAndSaysSo) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.source = "sim:empty";
  options.reconstructor.solver.enabled = false;
  const auto report = run_live(options);
  EXPECT_EQ(report["roi"]["flags"], nlohmann::json::array({"no_contrast"}));
  EXPECT_EQ(report["ledger"]["selected"].get<int>(), 720);
}

TEST(Pipeline, FramesWithoutAPositionAreUnpositionedNotGuessed) {
  Scratch scratch;
  {
    auto options = live_options((scratch / "first").string());
    options.reconstructor.solver.enabled = false;
    run_live(options);
  }
  // The first 100 frames' worth of positions only; no plan to fall back on.
  SKIP_WITHOUT_H5PY();
  run_python(
      "h = h5py.File(f + '/first/raw.h5', 'r')\n"
      "with h5py.File(f + '/short.h5', 'w') as o:\n"
      "  o['d'] = h['entry_1/instrument_1/detector_1/data'][:]\n"
      "  p = h['entry_1/sample_1/geometry_1/translation'][:500, :2]\n"
      "  p[7] = np.nan\n"
      "  o['p'] = p\n",
      (scratch / "").string());
  auto options = live_options((scratch / "second").string());
  options.source = "replay:" + (scratch / "short.h5").string();
  options.read.data = "d";
  options.read.positions = "p";
  options.read.position_unit = scanfile::PositionUnit::m;
  options.read.count_policy = scanfile::CountPolicy::truncate;
  options.reconstructor.solver.enabled = false;
  const auto report = run_live(options);
  EXPECT_EQ(report["ledger"]["unpositioned"].get<int>(), 221);
  EXPECT_EQ(sum(report["ledger"]), 720u);
  EXPECT_EQ(labels_in(scratch / "second/roi.csv").at(7), "unpositioned");
}

}  // namespace
}  // namespace ptero::test
