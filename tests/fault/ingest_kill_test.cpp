// Promise 5, for ingest: killed at random moments, again and again, while it starts, records, resumes and
// seals, every frame it has offered downstream is in the file it leaves in the end, and what it lost is
// counted. 6 kills; PTERO_FULL=1: 100. PTERO_TEST_SEED=N repeats a run.
#include <gtest/gtest.h>

#include <cstring>
#include <iostream>
#include <random>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "endless_detector.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

class IngestKill : public testing::Test {
 protected:
  IngestKill() {
    transport::Context context;
    transport::Socket free(context, transport::SocketKind::router);
    free.bind("tcp://127.0.0.1:*");
    link_ = free.endpoint();
  }
  Program start() {
    return Program(
        "ptero-ingest",
        {"--set", "ingest.source=native:" + detector_.endpoint(), "--set", "ingest.frame_link=" + link_,
         "--set", "ingest.events=tcp://127.0.0.1:*", "--set", "ingest.http_port=0", "--set",
         "ingest.label_wait_s=0", "--set", "ingest.out=" + (scratch_ / "data").string()},
        scratch_ / "ingest.log");
  }
  static bool took_up(Program& ingest) { return ingest.output().find("is taken up") != std::string::npos; }
  void kill_within(Program& doomed, int most_us) {
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution(0, most_us)(random_)));
    doomed.kill(SIGKILL);
    EXPECT_EQ(doomed.wait(), 128 + SIGKILL) << doomed.output();
  }
  std::filesystem::path folder() const { return scratch_ / "data" / detector_.uid(); }
  bool sealed() const {
    return std::filesystem::exists(folder() / "raw.h5") &&
           !std::filesystem::exists(folder() / "series.journal");
  }
  /// The socket may not have noticed yet that the process it was connected to is gone: an end that went there
  /// is lost, so it is said until it was heard.
  bool sealed_by_an_end() {
    if (!sealed()) detector_.send_end();
    return sealed();
  }

  Scratch scratch_;
  Detector detector_;
  std::string link_;
  std::mt19937 random_{seed()};
};

TEST_F(IngestKill, EveryFrameOfferedIsInTheFile) {
  const int kills = std::getenv("PTERO_FULL") != nullptr ? 100 : 6;
  Watcher watcher(link_);
  detector_.start();
  for (int kill = 0; kill < kills; ++kill) {
    auto doomed = start();
    // A detector says start once: killed while it is in the socket, ingest never hears it.
    ASSERT_TRUE(kill > 0 || eventually([&] { return !watcher.offered().empty(); })) << doomed.output();
    // What ends three processes one after the other while they take it up is put aside; and something is
    // offered by others than the first one.
    if (kill % 3 == 2) {
      const auto before = watcher.offered().size();
      ASSERT_TRUE(eventually([&] { return took_up(doomed); })) << doomed.output();
      ASSERT_TRUE(eventually([&] { return watcher.offered().size() > before; })) << doomed.output();
    }
    kill_within(doomed, 500'000);
  }
  const std::uint64_t used = detector_.stop();
  int kills_at_the_end = 0;
  for (; kills_at_the_end < kills / 5 && !sealed(); ++kills_at_the_end) {
    auto doomed = start();
    detector_.send_end();
    ASSERT_TRUE(kills_at_the_end % 3 != 2 || eventually([&] { return took_up(doomed); })) << doomed.output();
    kill_within(doomed, 100'000);
  }
  auto ingest = start();
  ASSERT_TRUE(eventually([&] { return sealed_by_an_end(); })) << ingest.output();

  const auto offered = watcher.offered();
  EXPECT_EQ(watcher.holes(), 0) << "the entries of one series, without a hole, over all processes";
  const auto proof = scanfile::prove_ledger(folder() / "raw.h5");
  EXPECT_TRUE(proof.sealed);
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  EXPECT_EQ(proof.counted.total(), detector_.announced());
  EXPECT_EQ(proof.counted[FrameState::expected], 0u);
  std::cout << kills << " kills and " << kills_at_the_end << " while it seals: " << used
            << " frames taken by the detector, " << offered.size() << " offered downstream, "
            << proof.counted[FrameState::missing] << " missing\n";
  EXPECT_GT(offered.size(), unsigned(kills / 3));

  scanfile::SeriesReader reader(folder() / "raw.h5");
  std::uint64_t lost = 0, wrong = 0;
  for (FrameId id : offered) {
    if (!reader.present(id)) {
      ++lost;
      continue;
    }
    std::uint32_t pixel = 0;
    std::memcpy(&pixel, reader.frame(id).payload.data(), sizeof pixel);
    wrong += pixel != id;
  }
  EXPECT_EQ(lost, 0u) << "offered, and not in the file";
  EXPECT_EQ(wrong, 0u) << "in the file with the pixels of another frame";
}

}  // namespace
}  // namespace ptero::test
