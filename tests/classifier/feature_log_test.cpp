#include "feature_log.hpp"
#include "log_options.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <ptero/core/error.hpp>

#include "support/scratch.hpp"

namespace ptero::classifier {
namespace {

LoggedFrame some_frame(std::uint64_t sequence) {
  LoggedFrame logged{.sequence = sequence};
  auto& record = logged.step.record;
  record.id = sequence * 3;
  if (sequence % 2 == 0) record.position = Position{1e-7 * double(sequence), -2e-7};
  if (sequence % 3 == 0) record.monitor = 0.1 * double(sequence);
  record.features.whole = {1e5 + double(sequence), 1.0 / 3, -0.0};
  for (int s = 0; s < 8; ++s) record.features.segments.push_back({double(s), 128.25, NAN});
  record.features.flagged_pixels = sequence;
  logged.step.label = sequence % 2 ? roi::Label::selected : roi::Label::pending;
  logged.step.confidence = 0.25f;
  for (std::uint64_t i = 0; i < sequence % 4; ++i)
    logged.step.waited.push_back({i, roi::Label::background, 0.5f});
  return logged;
}

/// Equal to the bit, NaN included.
void expect_same(const LogEntry& a, const LogEntry& b) {
  EXPECT_EQ(encode(a), encode(b));
}

class Log : public testing::Test {
 protected:
  FeatureLog open(const std::string& options = "{}", const std::string& start = "start") {
    return FeatureLog(path_, {"uid", test::parts_of({"note", start}), options});
  }
  void write(std::uint64_t count) {
    auto log = open();
    log.append(roi::PatternCentre{126, 128.2});
    for (std::uint64_t i = 1; i <= count; ++i) log.append(some_frame(i));
  }
  static std::size_t read_all(FeatureLog& log) {
    std::size_t n = 0;
    while (log.next_past()) ++n;
    return n;
  }
  std::size_t entries(const std::string& options = "{}", const std::string& start = "start") {
    auto log = open(options, start);
    return read_all(log);
  }

  test::Scratch scratch_;
  std::filesystem::path path_ = scratch_ / "series/roi.journal";
};

TEST_F(Log, EntriesComeBackToTheBit) {
  const LogEntry all[] = {roi::PatternCentre{126, 128.2},
                          some_frame(1),
                          some_frame(6),
                          some_frame(7),
                          LoggedFault{9, 42},
                          roi::RegionShape{-3, roi::FillIn::on},
                          roi::Mark{5, 70'000},
                          roi::Mark{5, 5, false},
                          LoggedSegments{16}};
  for (const auto& entry : all) {
    const auto back = decode_log_entry(encode(entry));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->index(), entry.index());
    expect_same(*back, entry);
  }
  const auto frame = std::get<LoggedFrame>(*decode_log_entry(encode(some_frame(6))));
  EXPECT_EQ(frame.sequence, 6u);
  EXPECT_EQ(frame.step.record.id, 18u);
  EXPECT_EQ(frame.step.record.position->x_m, 6e-7);
  EXPECT_EQ(frame.step.record.monitor, 0.1 * 6);
  EXPECT_EQ(frame.step.waited.size(), 2u);
}

TEST_F(Log, ACutEntryIsNone) {
  for (const LogEntry& entry : {LogEntry(some_frame(7)), LogEntry(roi::PatternCentre{}),
                                LogEntry(LoggedFault{}), LogEntry(roi::Mark{}), LogEntry(LoggedSegments{})}) {
    const Bytes whole = encode(entry);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto cut = Bytes::take(std::string(whole.text().substr(0, size)));
      // What is cut after a whole label that waited is an entry with one label less.
      const bool between_waited =
          std::holds_alternative<LoggedFrame>(entry) && (whole.size() - size) % 13 == 0;
      EXPECT_TRUE(!decode_log_entry(cut) || between_waited) << size;
    }
  }
  EXPECT_FALSE(decode_log_entry(Bytes::take(std::string("\x08 something"))));
}

TEST_F(Log, AnEarlierRunIsReadBackAndContinued) {
  write(5);
  {
    auto log = open();
    const auto first = log.next_past();
    ASSERT_TRUE(first);
    EXPECT_EQ(std::get<roi::PatternCentre>(*first).col, 128.2);
    for (std::uint64_t i = 1; i <= 5; ++i) expect_same(*log.next_past(), some_frame(i));
    EXPECT_FALSE(log.next_past());
    log.append(some_frame(6));
  }
  EXPECT_EQ(entries(), 7u);
}

TEST_F(Log, SaysWhoseItIs) {
  EXPECT_FALSE(FeatureLog::owner_of(path_));
  write(2);
  const auto owner = FeatureLog::owner_of(path_);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->options, "{}");
  EXPECT_EQ(owner->start, test::parts_of({"note", "start"}));
  test::spill(path_, "no journal");
  EXPECT_FALSE(FeatureLog::owner_of(path_));
}

// A series goes on with the segments that it began with, whatever was asked for since.
TEST_F(Log, SaysWithHowManySegmentsItBegan) {
  scan::MethodOptions configured, wanted;
  configured.roi.segments = 8;
  wanted.roi.segments = 16;
  const Parts start = test::parts_of({"note", "start"});
  const auto begun = [&](const scan::MethodOptions& now) {
    return segments_begun_with(path_, start, now, {});
  };
  EXPECT_FALSE(begun(configured));
  open(log_options(wanted, configured, {})).append(LoggedSegments{24});
  EXPECT_EQ(begun(configured), 16);
  EXPECT_FALSE(segments_begun_with(path_, test::parts_of({"note", "other"}), configured, {}));
  auto other = configured;
  other.roi.segments = 4;
  EXPECT_FALSE(begun(other)) << "somebody has configured other segments since";
  other = configured;
  other.roi.border = 1;
  EXPECT_FALSE(begun(other));
}

// What a person said is there when a kill comes right behind the answer.
TEST_F(Log, IsSettledWhenItSaysSo) {
  auto log = open();
  log.append(roi::Mark{5, 9});
  log.settle();
  EXPECT_EQ(journal::JournalReader(path_).size(), 2u);
}

// As a kill leaves it: at every length the whole entries count, and it goes on behind them.
TEST_F(Log, AKillCutsTheLastEntryAlone) {
  write(3);
  const std::string whole = test::slurp(path_);
  std::size_t most = 0;
  for (std::size_t size = whole.size(); size > whole.size() - 400; size -= 7) {
    test::spill(path_, whole.substr(0, size));
    {
      auto log = open();
      const auto n = read_all(log);
      EXPECT_TRUE(n == 2 || n == 3 || n == 4) << n;
      most = std::max(most, n);
      log.append(some_frame(9));
    }
    EXPECT_GE(entries(), 3u);
  }
  EXPECT_EQ(most, 4u);
}

TEST_F(Log, OfOtherOptionsOrAnotherSeriesItIsThrownAway) {
  write(3);
  EXPECT_EQ(entries(R"({"segments":4})"), 0u);
  EXPECT_EQ(entries(), 0u) << "the log of the other options took its place";
  write(3);
  EXPECT_EQ(entries("{}", "a later start of the same name"), 0u);
  test::spill(path_, "no journal at all");
  EXPECT_EQ(entries(), 0u);
  test::spill(path_, "");
  write(2);
  EXPECT_EQ(entries(), 3u);
}

TEST_F(Log, WithAnyEntryButTheLastDamagedItIsThrownAway) {
  write(3);
  const std::string whole = test::slurp(path_);
  std::vector<std::size_t> begins;
  for (std::size_t at = whole.find("PTJE"); at != std::string::npos; at = whole.find("PTJE", at + 1))
    begins.push_back(at);
  ASSERT_EQ(begins.size(), 5u) << "whose it is, the centre, three frames";
  for (std::size_t at = begins[0]; at < begins[4]; ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    test::spill(path_, bad);
    auto log = open();
    ASSERT_EQ(read_all(log), 0u) << "byte " << at;
  }
}

TEST_F(Log, DamageIsAnErrorAndANewLogCanBeBegun) {
  write(50);
  std::string bytes = test::slurp(path_);
  bytes[bytes.size() / 2] ^= 0x40;
  test::spill(path_, bytes);
  auto log = open();
  try {
    EXPECT_LT(read_all(log), 51u) << "the damage is in a header, and the log was begun anew at once";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("damaged"), std::string::npos);
    log.discard(error.what());
  }
  EXPECT_FALSE(log.next_past());
  log.append(some_frame(1));
}

TEST_F(Log, WhereItCannotBeWrittenTheClassifierGoesOnWithoutIt) {
  test::spill(scratch_ / "series", "a file where the folder should be");
  auto log = open();
  EXPECT_FALSE(log.next_past());
  log.append(some_frame(1));
  log.remove();
}

TEST_F(Log, IsGoneOnceItIsRemoved) {
  write(2);
  auto log = open();
  log.remove();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace ptero::classifier
