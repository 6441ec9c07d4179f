#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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

/// Frames 0, 1 and 3 but for the lost one.
void expect_frames(const std::filesystem::path& raw, std::optional<FrameId> lost) {
  const scanfile::SeriesReader reader(raw);
  for (FrameId id : {0, 1, 3}) {
    ASSERT_EQ(id < reader.size() && reader.present(id), id != lost) << id;
    if (id == lost) continue;
    EXPECT_TRUE(std::ranges::equal(reader.frame(id).payload.span(), frame(id).payload.span()));
  }
}

TEST_F(Left, AnyByteChangedInAJournalCostsOneEntry) {
  const auto journal = leave("a", true);
  const std::string whole = slurp(journal);
  std::vector<std::uint64_t> begins;
  for (std::size_t at = whole.find("PTJE"); at != std::string::npos; at = whole.find("PTJE", at + 1))
    begins.push_back(at);
  ASSERT_EQ(begins.size(), 6u);
  const std::map<std::size_t, FrameId> frame_in{{1, 0}, {2, 1}, {3, 3}};
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ (1 + at % 255));
    spill(journal, bad);
    const auto entry = static_cast<std::size_t>(std::ranges::upper_bound(begins, at) - begins.begin());
    const auto account = rebuild(journal, scratch_ / "raw.h5", Existing::replace);
    EXPECT_TRUE(!account.damage.empty() || account.cut_bytes > 0) << at;
    EXPECT_EQ(account.entries, entry == 0 ? 6u : 5u) << at;
    EXPECT_EQ(account.start_is_lost, entry == 1) << at;
    const auto lost = frame_in.find(entry - 1);
    expect_frames(scratch_ / "raw.h5", lost == frame_in.end() ? std::nullopt : std::optional(lost->second));
    // With the start the announced number is gone, and with the end that of the frames that were taken.
    if (lost != frame_in.end() && lost->second == 1) {
      ASSERT_EQ(account.damage.size(), 1u);
      EXPECT_EQ(account.damage[0].frames, (std::vector<FrameId>{1, 2})) << account.damage[0].sentence;
    }
    EXPECT_TRUE(scanfile::prove_ledger(scratch_ / "raw.h5").faults.empty()) << at;
    if (HasFailure()) FAIL() << "byte " << at;
  }
}

TEST_F(Left, ADamagedJournalIsTakenUpAndKept) {
  const auto journal = leave("a", true);
  std::string bad = slurp(journal);
  const std::size_t second = bad.find("PTJE", bad.find("PTJE") + 4);
  bad[second + 40] ^= 1;
  spill(journal, bad + std::string(5000, '\xff'));
  run_once(options());
  expect_frames(journal.parent_path() / "raw.h5", FrameId{0});
  EXPECT_FALSE(std::filesystem::exists(journal));
  EXPECT_TRUE(std::filesystem::exists(journal.parent_path() / "damaged.journal"));
  EXPECT_TRUE(scanfile::prove_ledger(journal.parent_path() / "raw.h5").faults.empty());
}

TEST_F(Left, AJournalWithoutItsStartBecomesAFile) {
  const auto journal = leave("a", true);
  std::string bad = slurp(journal);
  bad[bad.find("PTJE") + 50] ^= 1;
  spill(journal, bad);
  run_once(options());
  expect_frames(journal.parent_path() / "raw.h5", std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(journal.parent_path() / "damaged.journal"));
}

TEST_F(Left, ASealedFileThatWasDamagedSinceIsMadeAgain) {
  const auto journal = leave("a", true);
  const auto raw = journal.parent_path() / "raw.h5";
  rebuild(journal, raw, Existing::refuse);
  std::string bytes = slurp(raw);
  const auto pixels = frame(1).payload;
  const std::size_t at = bytes.find(std::string(pixels.text()));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 3] ^= 1;
  spill(raw, bytes);
  run_once(options());
  expect_frames(raw, std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(journal));
  EXPECT_EQ(slurp(raw.parent_path() / "damaged-raw.h5"), bytes);
}

TEST_F(Left, AJournalWithoutAnEntryIsRemovedAndTheNextSeriesRuns) {
  for (const std::string& left :
       {std::string(), std::string("PTEROJNL"), slurp(leave("b", true)).substr(0, 21)}) {
    spill(journal_of("b"), left);
    run_once(options());
    EXPECT_FALSE(std::filesystem::exists(journal_of("b"))) << left.size();
    EXPECT_FALSE(std::filesystem::exists(journal_of("b").parent_path() / "raw.h5"));
    std::filesystem::remove_all(journal_of("b").parent_path());
    std::filesystem::create_directories(journal_of("b").parent_path());
  }
}

}  // namespace
}  // namespace ptero::ingest
