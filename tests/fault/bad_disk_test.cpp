#include "bad_disk.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include <ptero/scanfile/inspect.hpp>

#include "ingest/joined_scan.hpp"

namespace ptero::test {
namespace {

/// An ingest on a bad disk, and who listens to its events.
class BadDiskTest : public testing::Test {
 protected:
  void begin(std::size_t queue_bytes) {
    scan_ = std::make_unique<JoinedScan>([&](ingest::IngestOptions& o) {
      o.out = (scratch_ / "data").string();
      o.queue_bytes = queue_bytes;
    });
    viewer_ = std::make_unique<transport::Socket>(scan_->context(), transport::SocketKind::sub);
    viewer_->connect("inproc://events");
    viewer_->subscribe("report.");
  }
  bool rings(const char* alarm) { return scan_->ingest().alarms().is_active(alarm); }
  /// Each once, however often: a sender that stumbles lets the backlog go and come again.
  std::set<std::string> rang() {
    std::set<std::string> ids;
    for (const auto& alarm : scan_->ingest().alarms().since(0)) ids.insert(alarm.id);
    ids.erase("detector_distance");  // the source does not say it
    return ids;
  }
  void expect_everything(std::uint64_t frames) {
    const auto got = scan_->frames();
    ASSERT_EQ(got.size(), frames);
    for (const auto& [id, one] : got) ASSERT_EQ(one.pixel, id);
    const auto folder = scratch_ / "data/joined-1";
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(folder / "series.journal"); }, 60));
    const auto proof = scanfile::prove_ledger(folder / "raw.h5");
    EXPECT_TRUE(proof.sealed && proof.faults.empty());
    std::cout << "ledger: " << frames << " sent,";
    for (FrameState state : all_frame_states)
      if (proof.counted[state] > 0) std::cout << " " << name_of(state) << " " << proof.counted[state];
    std::cout << "\n";
    // Every frame in its own row, as a reader finds it.
    scanfile::SeriesReader reader(folder / "raw.h5");
    ASSERT_EQ(reader.size(), frames);
    for (FrameId id = 0; id < frames; id += 37) {
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, reader.frame(id).payload.data(), sizeof pixel);
      ASSERT_EQ(pixel, id);
    }
  }

  Scratch scratch_;
  BadDisk disk_;
  std::unique_ptr<JoinedScan> scan_;
  std::unique_ptr<transport::Socket> viewer_;
};

TEST_F(BadDiskTest, ASlowDiskRingsBeforeTheDetectorHasToWait) {
  constexpr std::size_t queue_bytes = 128 << 10;
  begin(queue_bytes);
  BadDisk::journal_write_takes_ms = 3;
  NamedSource source(1, 2'000);
  std::atomic<bool> sent = false;
  std::jthread detector([&] {
    detector::send_series(scan_->push(), source, {}, {});
    sent = true;
  });
  EXPECT_TRUE(eventually([&] { return rings("backlog"); }));
  EXPECT_FALSE(sent) << "the detector does not wait";
  while (!sent) {
    EXPECT_LE(scan_->metric("ptero_ingest_queue_bytes"), double(queue_bytes));
    EXPECT_TRUE(scan_->ingest().not_ready().empty()) << "slow is not broken";
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  expect_everything(2'000);
  EXPECT_TRUE(eventually([&] { return !rings("backlog"); }));
  EXPECT_EQ(rang(), (std::set<std::string>{"backlog", "no_positions"})) << "its frames carry none";
}

TEST_F(BadDiskTest, ARawFileThatCannotBeWrittenIsMadeAnewFromTheJournal) {
  begin(std::size_t{64} << 20);
  NamedSource source(1, 3'000);
  std::jthread detector([&] { detector::send_series(scan_->push(), source, {.rate_hz = 1500}, {}); });
  ASSERT_TRUE(eventually([&] { return scan_->metric("ptero_ingest_frames_total") > 500; }));
  BadDisk::refuses_hdf5 = true;
  ASSERT_TRUE(eventually([&] { return rings("raw_file"); }));
  EXPECT_GT(BadDisk::refusals, 0);
  EXPECT_TRUE(scan_->ingest().not_ready().empty()) << "frames are journalled all the same";
  const auto journalled = scan_->metric("ptero_ingest_frames_total");
  EXPECT_TRUE(eventually([&] {
    const auto now = scan_->metric("ptero_ingest_frames_total");
    return now > journalled || now == 3'000;
  }));
  BadDisk::refuses_hdf5 = false;
  expect_everything(3'000);
  EXPECT_TRUE(eventually([&] { return !rings("raw_file"); }));
  // The report says what happened.
  std::string report;
  EXPECT_TRUE(eventually([&] {
    const auto event = viewer_->receive(std::chrono::milliseconds(100));
    if (event) report = wire::decode_report_event(event->at(1))->json;
    return !report.empty();
  }));
  std::set<std::string> reported;
  const auto whole = nlohmann::json::parse(report);
  for (const auto& alarm : whole["alarms"]["ingest"]) reported.insert(alarm["id"]);
  EXPECT_TRUE(reported.contains("raw_file")) << report;
}

TEST_F(BadDiskTest, AStopLeavesTheJournalForTheNextStart) {
  begin(std::size_t{64} << 20);
  BadDisk::refuses_hdf5 = true;
  NamedSource source(1, 500);
  std::jthread detector([&] { detector::send_series(scan_->push(), source, {}, {}); });
  ASSERT_TRUE(eventually([&] { return rings("raw_file"); }));
  ASSERT_EQ(scan_->frames().size(), 500u);
  viewer_.reset();
  scan_.reset();
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "data/joined-1/series.journal"));
  BadDisk::refuses_hdf5 = false;
  begin(std::size_t{64} << 20);
  expect_everything(500);
}

}  // namespace
}  // namespace ptero::test
