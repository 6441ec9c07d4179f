#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <ptero/journal/journal.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/services/ingest/rebuild.hpp>
#include <ptero/wire/stream.hpp>

#include "support/scratch.hpp"

namespace ptero::ingest {
using namespace ptero::test;
namespace {

constexpr Shape shape{2, 3};

SeriesInfo info(const std::string& uid) {
  SeriesInfo series{.id = 7, .uid = uid, .n_expected = 10, .frame_shape = shape};
  series.raster = RasterPlan{2, 5};
  return series;
}

Frame frame(FrameId id) {
  return {.id = id,
          .shape = shape,
          .payload = Bytes::take(std::vector<std::uint16_t>(6, static_cast<std::uint16_t>(100 + id)))};
}

/// What a killed ingest leaves: a journal of some entries, perhaps torn.
class Left : public testing::Test {
 protected:
  std::filesystem::path journal_of(const std::string& uid) const {
    return scratch_ / "data" / uid / "series.journal";
  }
  /// Frames 0, 1 and 3; a note that frame 4 was damaged.
  std::filesystem::path leave(const std::string& uid, bool ended) {
    std::filesystem::create_directories(journal_of(uid).parent_path());
    journal::JournalWriter journal(journal_of(uid), uid, journal::OpenMode::create);
    const auto append = [&](const wire::Received& note, const Parts& parts) {
      Parts entry{wire::encode(note)};
      entry.insert(entry.end(), parts.begin(), parts.end());
      journal.append(entry);
    };
    append({.t_arrival_ns = 1000, .t_utc_ns = 1'700'000'000'000'000'000}, wire::encode(info(uid)));
    for (FrameId id : {0, 1, 3})
      append({.t_arrival_ns = 2000 + static_cast<std::int64_t>(id)},
             wire::encode(wire::StreamFrame{7, frame(id)}));
    append({.t_arrival_ns = 3000, .fault = wire::StreamFault{FrameFault::size_mismatch, 4}}, {});
    if (ended) append({.t_arrival_ns = 4000}, wire::encode(wire::StreamEnd{7, 6}));
    return journal_of(uid);
  }
  IngestOptions options() const {
    IngestOptions o;
    o.source = "native:inproc://nobody";
    o.frame_link = "inproc://frames";
    o.events = "inproc://events";
    o.out = (scratch_ / "data").string();
    o.label_wait_s = 0;
    return o;
  }
  /// Starts ingest and stops it at once.
  void run_once(const IngestOptions& o) {
    transport::Context context;
    transport::Socket source(context, transport::SocketKind::push);
    source.bind("inproc://nobody");
    Ingest ingest(context, o);
    ingest.service().start();
    ingest.service().request_stop();
    ingest.service().join();
  }
  void expect_the_three_frames(const std::filesystem::path& raw) const {
    const scanfile::SeriesReader reader(raw);
    ASSERT_EQ(reader.size(), 4u);
    for (FrameId id : {0, 1, 3}) {
      EXPECT_TRUE(reader.present(id));
      EXPECT_TRUE(std::ranges::equal(reader.frame(id).payload.span(), frame(id).payload.span()));
    }
    EXPECT_FALSE(reader.present(2));
  }

  Scratch scratch_;
};

TEST_F(Left, AStopSealsWhatNobodyContinues) {
  const auto journal = leave("a", false);
  const auto raw = journal.parent_path() / "raw.h5";
  spill(raw, "torn");
  // The last entry is half there.
  std::filesystem::resize_file(journal, std::filesystem::file_size(journal) + 20);
  run_once(options());
  EXPECT_FALSE(std::filesystem::exists(journal));
  expect_the_three_frames(raw);
  const auto proof = scanfile::prove_ledger(raw);
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  EXPECT_EQ(proof.counted[FrameState::pending], 3u);
  EXPECT_EQ(proof.counted[FrameState::missing], 1u);
  EXPECT_EQ(proof.counted[FrameState::corrupt], 1u);
  EXPECT_EQ(proof.counted[FrameState::not_taken], 5u);
  EXPECT_EQ(proof.reasons.at({FrameState::corrupt, "size_mismatch"}), 1u);
}

TEST_F(Left, AnEndedSeriesIsOnlyWritten) {
  const auto journal = leave("a", true);
  run_once(options());
  const auto proof = scanfile::prove_ledger(journal.parent_path() / "raw.h5");
  EXPECT_EQ(proof.counted[FrameState::missing], 2u);  // 2 and 5: the detector used 6 ids
  EXPECT_EQ(proof.counted[FrameState::not_taken], 4u);
  EXPECT_FALSE(std::filesystem::exists(journal));
}

TEST_F(Left, ASealedFileIsNotWrittenAgain) {
  const auto journal = leave("a", true);
  const auto raw = journal.parent_path() / "raw.h5";
  rebuild(journal, raw, Existing::refuse);
  const auto written = std::filesystem::last_write_time(raw);
  run_once(options());
  EXPECT_FALSE(std::filesystem::exists(journal));
  EXPECT_EQ(std::filesystem::last_write_time(raw), written);
}

TEST_F(Left, SeveralJournalsAreAllWritten) {
  for (const char* uid : {"a", "b", "c"}) leave(uid, false);
  spill(leave("damaged", true), "no journal any more");
  run_once(options());
  for (const char* uid : {"a", "b", "c"}) expect_the_three_frames(scratch_ / "data" / uid / "raw.h5");
  EXPECT_TRUE(std::filesystem::exists(journal_of("damaged")));
}

TEST_F(Left, AFolderForOneSeriesResumesToo) {
  const auto journal = leave("a", false);
  IngestOptions flat = options();
  flat.folder_per_series = false;
  flat.out = journal.parent_path().string();
  flat.resume = false;
  EXPECT_NE(message_of<InputError>([&] { run_once(flat); }).find("ptero rebuild"), std::string::npos);
  flat.resume = true;
  run_once(flat);
  expect_the_three_frames(journal.parent_path() / "raw.h5");
  EXPECT_NE(message_of<InputError>([&] { run_once(flat); }).find("never replaced unasked"),
            std::string::npos);
}

TEST_F(Left, RebuildingByHandKeepsTheJournal) {
  const auto journal = leave("a", false);
  const auto account = rebuild(journal, scratch_ / "raw.h5", Existing::refuse);
  EXPECT_FALSE(account.ended);
  EXPECT_EQ(account.entries, 5u);
  EXPECT_EQ(account.ledger[FrameState::pending], 3u);
  EXPECT_EQ(account.ledger, read_account(journal).ledger);
  EXPECT_TRUE(std::filesystem::exists(journal));
  expect_the_three_frames(scratch_ / "raw.h5");
  EXPECT_TRUE(scanfile::prove_ledger(scratch_ / "raw.h5").faults.empty());
  EXPECT_NE(
      message_of<InputError>([&] { rebuild(journal, scratch_ / "raw.h5", Existing::refuse); }).find("exists"),
      std::string::npos);
  journal::JournalWriter(scratch_ / "empty.journal", "e", journal::OpenMode::create);
  EXPECT_NE(message_of<InputError>([&] { read_account(scratch_ / "empty.journal"); }).find("is empty"),
            std::string::npos);
}

}  // namespace
}  // namespace ptero::ingest
