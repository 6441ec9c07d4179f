// Promise 6: a recorded series gives the same first labels, the same revisions and the same set, however fast
// it comes and on however many threads its features are made.
#include <gtest/gtest.h>

#include <iostream>
#include <ptero/journal/journal.hpp>
#include <ptero/roi/roi_set.hpp>

#include "pipeline.hpp"
#include "scan.hpp"
#include "support/folders.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

/// What the classifier has to say of a series.
struct Verdict {
  std::map<FrameId, std::string> labels;
  std::string set_hash;
  double revision = 0;
  /// Its checkpoint without the entry that says whose it is: features, first labels and their confidence in
  /// the order they were given. The first labels depend on the revision in force, which makes its moment
  /// show.
  std::vector<std::string> first_labels;
};

/// As many entries as there are frames; the last ones are written beside the stream.
std::vector<std::string> first_labels_in(const std::filesystem::path& dir, std::uint64_t frames) {
  EXPECT_TRUE(eventually([&] { return journal::JournalReader(dir / "roi.journal").size() >= frames + 2; }));
  std::vector<std::string> entries;
  const journal::JournalReader log(dir / "roi.journal");
  for (std::uint64_t i = 1; i < frames + 2; ++i) {
    std::string entry;
    for (const auto& part : log.read(i)) entry += part.text();
    entries.push_back(std::move(entry));
  }
  return entries;
}

Verdict verdict_of(Pipeline& pipeline, const std::filesystem::path& dir) {
  Verdict out;
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(dir / "roi.png"); })) << pipeline.output();
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(dir / "roi.csv"); }));
  out.labels = labels_in(dir / "roi.csv");
  roi::RoiSet set;
  for (const auto& [id, label] : out.labels)
    if (label == "selected") set.insert(id);
  out.set_hash = set.hash();
  out.revision = pipeline.metrics("classifier", {"ptero_classifier_revision"});
  return out;
}

TEST(Determinism, ReplaysAtAnySpeedGiveTheSameLabelsAndRevisions) {
  const Scratch scratch;
  const Scan scan(30, 40);
  const auto raw = scratch / "recorded" / "data" / scan.info().uid / "raw.h5";
  Verdict recorded;
  {
    Pipeline pipeline(scratch / "recorded", {});
    pipeline.start("ingest");
    pipeline.start("classifier");
    ScanSender sender(scan, pipeline.detector(), 0);
    sender.start();
    recorded = verdict_of(pipeline, raw.parent_path());
    recorded.first_labels = first_labels_in(raw.parent_path(), scan.size());
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(raw.parent_path() / "series.journal"); }));
    EXPECT_EQ(pipeline.stop(), "");
  }
  ASSERT_GT(recorded.first_labels.size(), scan.size());
  ASSERT_EQ(recorded.labels.size(), scan.size());
  ASSERT_GT(recorded.revision, 3);
  std::cout << "set " << recorded.set_hash << ", revision " << recorded.revision << "\n";

  struct Replay {
    int rate_hz, threads;
  };
  for (const auto& [rate_hz, threads] : {Replay{600, 1}, Replay{2500, 4}, Replay{0, 3}}) {
    const auto folder = scratch / ("replay-" + std::to_string(rate_hz));
    Pipeline pipeline(folder, {{"classifier", "feature_threads = " + std::to_string(threads) + "\n"}});
    pipeline.start("ingest");
    pipeline.start("classifier");
    const auto sent = run(
        "ptero", {"replay", raw.string(), "--bind", pipeline.detector(), "--rate", std::to_string(rate_hz)},
        scratch / "replay.log");
    ASSERT_EQ(sent.code, 0) << sent.output;
    ASSERT_TRUE(eventually([&] { return !folders_in(pipeline.data()).empty(); }));
    const auto dir = folders_in(pipeline.data()).front();
    auto verdict = verdict_of(pipeline, dir);
    verdict.first_labels = first_labels_in(dir, scan.size());
    EXPECT_EQ(verdict.set_hash, recorded.set_hash);
    EXPECT_EQ(verdict.labels, recorded.labels);
    EXPECT_EQ(verdict.revision, recorded.revision);
    EXPECT_TRUE(verdict.first_labels == recorded.first_labels) << rate_hz << " Hz, " << threads << " threads";
  }
}

}  // namespace
}  // namespace ptero::test
