#include <sys/mount.h>

#include <ptero/scanfile/inspect.hpp>

#include "joined_scan.hpp"

namespace ptero::test {
namespace {

/// A disk of few bytes.
class SmallDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(disk());
    if (mount("none", disk().c_str(), "tmpfs", 0, "size=24m") != 0)
      GTEST_SKIP() << "needs the right to mount a small disk";
    mounted_ = true;
  }
  void TearDown() override {
    scan_.reset();
    if (mounted_) umount2(disk().c_str(), MNT_DETACH);
  }
  std::filesystem::path disk() const { return scratch_ / "disk"; }
  std::filesystem::path ballast() const { return disk() / "ballast"; }
  void begin() {
    scan_ = std::make_unique<JoinedScan>([&](ingest::IngestOptions& o) { o.out = disk().string(); });
  }
  void expect_everything(std::uint64_t frames) {
    ASSERT_EQ(scan_->frames().size(), frames);
    const auto folder = disk() / "joined-1";
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(folder / "series.journal"); }, 60));
    const auto proof = scanfile::prove_ledger(folder / "raw.h5");
    EXPECT_TRUE(proof.sealed && proof.faults.empty());
    EXPECT_EQ(proof.counted[FrameState::unpositioned], frames);
    EXPECT_EQ(scan_->metric("ptero_alarm_active", "disk_full"), 0);
  }

  Scratch scratch_;
  bool mounted_ = false;
  std::unique_ptr<JoinedScan> scan_;
};

TEST_F(SmallDisk, TheDetectorWaitsAndNothingIsLost) {
  spill(ballast(), std::string(std::size_t{22} << 20, 'x'));
  begin();
  EXPECT_TRUE(eventually([&] { return scan_->ingest().alarms().is_active("disk_low"); }));
  EXPECT_TRUE(scan_->ingest().not_ready().empty());
  NamedSource source(1, 5'000);
  std::jthread detector([&] { detector::send_series(scan_->push(), source, {}, {}); });
  EXPECT_TRUE(eventually([&] { return scan_->metric("ptero_alarm_active", "disk_full") == 1; }, 60));
  EXPECT_FALSE(scan_->ingest().not_ready().empty());
  std::filesystem::remove(ballast());
  expect_everything(5'000);
  // First of all there was little room, then none for the raw file, then none at all.
  std::vector<std::string> rang;
  for (const auto& alarm : scan_->ingest().alarms().since(0)) rang.push_back(alarm.id);
  ASSERT_GE(rang.size(), 3u);
  EXPECT_EQ(rang[0], "disk_low");
  EXPECT_GE(std::count(rang.begin(), rang.end(), "raw_file_waits"), 1);
  EXPECT_GE(std::count(rang.begin(), rang.end(), "disk_full"), 1);
  EXPECT_TRUE(eventually([&] { return !scan_->ingest().alarms().is_active("disk_low"); }));
  EXPECT_TRUE(scan_->ingest().not_ready().empty());
}

TEST_F(SmallDisk, ASeriesThatStartsOnAFullDiskWaitsToo) {
  begin();
  spill(ballast(), std::string(std::size_t{25} << 20, 'x'));  // all that there is
  NamedSource source(1, 10);
  std::jthread detector([&] { detector::send_series(scan_->push(), source, {}, {}); });
  EXPECT_TRUE(eventually([&] { return scan_->metric("ptero_alarm_active", "disk_full") == 1; }, 60));
  std::filesystem::remove(ballast());
  expect_everything(10);
}

}  // namespace
}  // namespace ptero::test
