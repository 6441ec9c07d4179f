// What a detector may say without ending the service or losing a frame unsaid: a whole ingest on real
// sockets.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include <ptero/journal/journal.hpp>

#include "series_scenario.hpp"

namespace ptero::test {
namespace {

using ForeignWords = SeriesScenario;

TEST_F(ForeignWords, AStartOfManyPartsCostsItsTablesAndNothingElse) {
  options_.label_wait_s = 0;
  start_ingest();
  SeriesInfo info = series(1, 20);
  for (int i = 0; i < 1100; ++i)
    info.detector.tables.push_back(
        {"t" + std::to_string(i), Dtype::u8, {1, 1}, Bytes::take(std::string("x"))});
  send(wire::encode(info));
  frames(1, 0, 20);
  end(1, 20);
  begin(2, 10);
  frames(2, 0, 10);
  end(2, 10);
  EXPECT_EQ(ledger("series-1", 20)[FrameState::missing], 0u);
  EXPECT_EQ(ledger("series-2", 10)[FrameState::missing], 0u);
  EXPECT_EQ(metric("ptero_ingest_set_aside_total"), 1);
}

TEST_F(ForeignWords, AUidWhoseFolderCannotBeMadeIsRecordedUnderAnother) {
  options_.label_wait_s = 0;
  std::filesystem::create_directories(scratch_ / "data");
  spill(scratch_ / "data/series-1", "a file is in the way");
  start_ingest();
  begin(1, 20);
  frames(1, 0, 20);
  ASSERT_TRUE(journalled(20));
  EXPECT_EQ(alarm("series_elsewhere"), 1);
  end(1, 20);
  begin(2, 10);
  frames(2, 0, 10);
  end(2, 10);
  EXPECT_EQ(ledger("series-2", 10)[FrameState::missing], 0u);
  EXPECT_EQ(alarm("series_elsewhere"), 0);
  EXPECT_EQ(series_recorded(), 2u);
}

TEST_F(ForeignWords, AFolderRemovedInTheMiddleIsMadeAgain) {
  options_.label_wait_s = 0;
  start_ingest();
  begin(1, 200);
  frames(1, 0, 100);
  ASSERT_TRUE(journalled(100));
  std::filesystem::remove_all(folder("series-1"));
  frames(1, 100, 200);
  end(1, 200);
  EXPECT_EQ(ledger("series-1", 200)[FrameState::missing], 0u);
  begin(2, 10);
  frames(2, 0, 10);
  end(2, 10);
  EXPECT_EQ(ledger("series-2", 10)[FrameState::missing], 0u);
}

TEST_F(ForeignWords, NothingAnnouncedAndTooLittleAnnouncedAreTakenWhole) {
  options_.label_wait_s = 0;
  start_ingest();
  begin(1, 0);
  frames(1, 0, 120);
  end(1, 120);
  EXPECT_EQ(ledger("series-1", 120)[FrameState::missing], 0u);
  begin(2, 100);
  frames(2, 0, 120);
  ASSERT_TRUE(journalled(240));
  EXPECT_EQ(alarm("beyond_announced"), 1);
  end(2, 120);
  EXPECT_EQ(ledger("series-2", 120)[FrameState::missing], 0u);
}

TEST_F(ForeignWords, FramesThatTheEndOvertookAreInTheFile) {
  options_.label_wait_s = 0;
  options_.end_wait_s = 60;
  start_ingest();
  begin(5, 36);
  frames(5, 0, 32);
  end(5, 36);
  frames(5, 32, 36);
  EXPECT_EQ(ledger("series-5", 36)[FrameState::missing], 0u);
}

TEST_F(ForeignWords, OneDamagedNumberCostsNeitherMemoryNorTheSeries) {
  options_.label_wait_s = 0;
  start_ingest();
  begin(1, 0);
  frames(1, 0, 50);
  frames(1, 99'999'999, 100'000'000);
  frames(1, 50, 100);
  ASSERT_TRUE(journalled(100));
  EXPECT_EQ(alarm("frame_numbers"), 1);
  end(1, 100);
  EXPECT_EQ(ledger("series-1", 100)[FrameState::missing], 0u);
  EXPECT_EQ(metric("ptero_ingest_set_aside_total"), 1);
  EXPECT_EQ(journal::JournalReader(scratch_ / "data/set-aside.journal").size(), 1u);
}

// The mark says that the last three processes were taking this up when they ended.
TEST_F(ForeignWords, AStartThatEndedAProcessIsPutAsideAndTheNextSeriesRuns) {
  options_.label_wait_s = 0;
  const auto kept = scratch_ / "data/announced.journal";
  std::filesystem::create_directories(scratch_ / "data");
  {
    journal::JournalWriter writer(kept, "announced", journal::OpenMode::create);
    Parts entry{wire::encode(wire::Received{.t_arrival_ns = 5})};
    for (const Bytes& part : wire::encode(series(1, 10))) entry.push_back(part);
    writer.append(entry);
  }
  spill(scratch_ / "data/announced.trial", kept.string() + "\n3\n");
  start_ingest();
  EXPECT_EQ(alarm("put_aside"), 1);
  begin(2, 10);
  frames(2, 0, 10);
  end(2, 10);
  EXPECT_EQ(ledger("series-2", 10)[FrameState::missing], 0u);
  EXPECT_EQ(series_recorded(), 1u);
  EXPECT_TRUE(std::filesystem::exists(kept.string() + ".put-aside"));
}

TEST_F(ForeignWords, SignedPixelsAreInTheFileAsTheyCame) {
  options_.label_wait_s = 0;
  start_ingest();
  SeriesInfo info = series(1, 3);
  info.dtype = Dtype::i32;
  send(wire::encode(info));
  for (FrameId id = 0; id < 3; ++id) {
    Frame frame{.id = id, .shape = info.frame_shape, .dtype = Dtype::i32};
    frame.payload = Bytes::take(std::vector<std::int32_t>(64, -1));
    send(wire::encode(wire::StreamFrame{1, std::move(frame), info.uid}));
  }
  end(1, 3);
  const auto counted = ledger("series-1", 3);
  EXPECT_EQ(counted[FrameState::corrupt] + counted[FrameState::missing], 0u);
  EXPECT_EQ(alarm("pixel_type"), 0);
}

// What is said about it goes into report.json, which takes no such bytes.
TEST_F(ForeignWords, ATypeThatIsNoTextCostsItsFrameAlone) {
  options_.label_wait_s = 0;
  start_ingest();
  SeriesInfo info = series(1, 3);
  info.dtype = Dtype::u16;
  send(wire::encode(info));
  for (FrameId id = 0; id < 3; ++id) {
    Frame frame{.id = id, .shape = info.frame_shape, .dtype = Dtype::u16};
    frame.payload = Bytes::take(std::vector<std::uint16_t>(64, 1));
    Parts parts = wire::encode(wire::StreamFrame{1, std::move(frame), info.uid});
    if (id == 1) {
      std::vector<std::byte> header(parts[0].span().begin(), parts[0].span().end());
      const auto at = std::ranges::search(header, std::as_bytes(std::span(std::string_view("<u2"))));
      ASSERT_FALSE(at.empty());
      *at.begin() = std::byte{0xcc};
      parts[0] = Bytes::take(std::move(header));
    }
    send(parts);
  }
  end(1, 3);
  ledger("series-1", 3);
  EXPECT_EQ(alarm("pixel_type"), 1);
}

}  // namespace
}  // namespace ptero::test
