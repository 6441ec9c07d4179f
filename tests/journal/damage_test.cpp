// Whatever a disk does to a journal: the damage is found out and told, and every entry that it spared comes
// back.
#include <gtest/gtest.h>

#include <algorithm>
#include <ptero/core/error.hpp>
#include <ptero/journal/series_log.hpp>
#include <random>

#include "support/scratch.hpp"

namespace ptero::journal {
using namespace ptero::test;
namespace {

class Damaged : public testing::Test {
 protected:
  /// `entries` entries of 0 to 3 parts and up to `longest` bytes a part.
  void write(std::uint64_t entries, std::size_t longest, unsigned seed) {
    std::mt19937 random(seed);
    JournalWriter writer(path, "uid-1", OpenMode::create);
    begins.push_back(writer.bytes());
    for (std::uint64_t i = 0; i < entries; ++i) {
      std::vector<std::string> texts{"entry " + std::to_string(i)};
      for (std::size_t part = random() % 3; part > 0; --part) {
        std::string text(random() % longest, '\0');
        for (char& c : text) c = static_cast<char>(random());
        texts.push_back(std::move(text));
      }
      written.push_back(parts_of(texts));
      writer.append(written.back());
      begins.push_back(writer.bytes());
    }
    whole = slurp(path);
  }

  /// Which entry a byte belongs to; nullopt: the header of the file.
  std::optional<std::uint64_t> entry_at(std::uint64_t byte) const {
    if (byte < begins[0]) return std::nullopt;
    return static_cast<std::uint64_t>(std::ranges::upper_bound(begins, byte) - begins.begin()) - 1;
  }

  /// Every entry but the lost ones is there as it was written, a lost one never is; numbers agree.
  void expect_all_but(const std::vector<std::uint64_t>& lost) const {
    const JournalReader reader(path);
    reader.verify();
    std::uint64_t found = 0;
    for (std::uint64_t i = 0; i < written.size(); ++i) {
      const bool is_lost = std::ranges::find(lost, i) != lost.end();
      const auto parts = i < reader.size() ? reader.find(i) : std::nullopt;
      ASSERT_EQ(parts.has_value(), !is_lost) << "entry " << i;
      if (parts) {
        ASSERT_EQ(*parts, written[i]) << i;
        ++found;
      }
    }
    ASSERT_EQ(found + lost.size(), written.size());
  }

  /// What the reader says about damage covers this byte.
  static void expect_told(const JournalReader& reader, std::uint64_t byte, std::uint64_t file_bytes) {
    reader.verify();
    const auto holes = reader.holes();
    const bool in_a_hole = std::ranges::any_of(holes, [&](const Hole& hole) {
      return byte >= hole.first_byte && byte < hole.first_byte + hole.bytes;
    });
    ASSERT_TRUE(in_a_hole || byte + reader.tail_bytes() >= file_bytes) << "byte " << byte;
  }

  /// The numbers in holes are the lost ones; what is lost behind the last whole entry is a tail.
  void expect_told_by_number(const std::vector<std::uint64_t>& lost) const {
    const JournalReader reader(path);
    reader.verify();
    const auto holes = reader.holes();
    const std::uint64_t tail = std::filesystem::file_size(path) - reader.tail_bytes();
    for (std::uint64_t i = 0; i < written.size(); ++i) {
      const bool told = std::ranges::any_of(holes, [&](const Hole& hole) {
        return i >= hole.first_sequence && i < hole.first_sequence + hole.entries;
      });
      const bool is_lost = std::ranges::find(lost, i) != lost.end();
      if (i < reader.size())
        ASSERT_EQ(told, is_lost) << "entry " << i;
      else
        ASSERT_TRUE(is_lost && begins[i] >= tail) << "entry " << i;
    }
  }

  Scratch scratch;
  const std::filesystem::path path = scratch / "series.journal";
  std::vector<Parts> written;
  std::vector<std::uint64_t> begins;  // of the entries, and the end
  std::string whole;
};

TEST_F(Damaged, AnyByteChangedCostsItsEntryAlone) {
  write(8, 40, 1);
  std::mt19937 random(2);
  for (std::uint64_t at = 0; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ (1 + random() % 255));
    spill(path, bad);
    const auto entry = entry_at(at);
    expect_all_but(entry ? std::vector{*entry} : std::vector<std::uint64_t>{});
    const JournalReader reader(path);
    expect_told(reader, at, bad.size());
    EXPECT_EQ(reader.header_is_damaged(), !entry) << at;
    if (HasFatalFailure()) FAIL() << "byte " << at;
  }
}

TEST_F(Damaged, AnyTailIsToldAndCostsNothing) {
  write(6, 300, 3);
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    std::string tail(1 + random() % 9000, round % 3 == 0 ? '\0' : '\xff');
    if (round % 3 == 2)
      for (char& c : tail) c = static_cast<char>(random());
    spill(path, whole + tail);
    expect_all_but({});
    EXPECT_EQ(JournalReader(path).tail_bytes(), tail.size());
    JournalWriter writer(path, "uid-1", OpenMode::resume);
    EXPECT_EQ(writer.cut_bytes(), tail.size());
    EXPECT_EQ(writer.append(parts_of({"next"})), 6u);
    EXPECT_EQ(JournalReader(path).read(6)[0].text(), "next");
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

TEST_F(Damaged, ATornLastEntryBeforeAnyTailIsLeftOut) {
  write(6, 300, 5);
  std::mt19937 random(6);
  for (std::uint64_t length = begins[5]; length < whole.size(); ++length) {
    std::string tail(1 + random() % 5000, length % 2 == 0 ? '\0' : '\xff');
    spill(path, whole.substr(0, length) + tail);
    // What is torn away may be what the tail puts in its place.
    if (slurp(path).starts_with(whole)) continue;
    expect_all_but({5});
    JournalWriter writer(path, "uid-1", OpenMode::resume);
    EXPECT_EQ(writer.size(), 5u) << length;
    EXPECT_EQ(writer.cut_bytes(), length + tail.size() - begins[5]) << length;
    if (HasFatalFailure()) FAIL() << "length " << length;
  }
}

TEST_F(Damaged, StretchesThatAreOverwrittenCostTheEntriesTheyTouch) {
  write(40, 700, 7);
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    std::string bad = whole;
    std::vector<bool> touched(whole.size());
    for (std::size_t stretches = 1 + random() % 3; stretches > 0; --stretches) {
      const std::size_t at = random() % whole.size();
      const std::size_t length = std::min<std::size_t>(1 + random() % 4096, whole.size() - at);
      for (std::size_t i = at; i < at + length; ++i) {
        const char fill = stretches == 1 ? '\0' : stretches == 2 ? '\xff' : static_cast<char>(random());
        touched[i] = touched[i] || fill != bad[i];
        bad[i] = fill;
      }
    }
    std::vector<std::uint64_t> lost;
    for (std::uint64_t i = 0; i < written.size(); ++i)
      if (std::any_of(touched.begin() + begins[i], touched.begin() + begins[i + 1], [](bool t) { return t; }))
        lost.push_back(i);
    if (lost.size() == written.size()) continue;
    spill(path, bad);
    expect_all_but(lost);
    expect_told_by_number(lost);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

TEST_F(Damaged, AResumedJournalKeepsItsDamageAndGoesOn) {
  write(10, 200, 9);
  std::string bad = whole;
  bad[begins[4] + 10] ^= 1;
  spill(path, bad);
  {
    SeriesLog log(path, "uid-1", OpenMode::resume, 1000);
    EXPECT_EQ(log.entries(), 9u);
    EXPECT_EQ(log.append(parts_of({"next"})), 10u);
    EXPECT_EQ(log.following(4), 5u);
    EXPECT_EQ(log.entries_from(3), 7u);
    EXPECT_EQ(log.read(4), Parts{});
    EXPECT_EQ(log.read(3), written[3]);
    ASSERT_EQ(log.holes().size(), 1u);
    EXPECT_EQ(text_of(log.holes()[0]),
              "bytes " + std::to_string(begins[4]) + " to " + std::to_string(begins[5] - 1) + ", entry 4");
  }
  const JournalReader reader(path);
  EXPECT_EQ(reader.read(10)[0].text(), "next");
  EXPECT_NE(message_of<Error>([&] { (void)reader.read(4); }).find("entry 4"), std::string::npos);
}

TEST_F(Damaged, ADamagedHeaderIsWrittenAgain) {
  write(3, 50, 10);
  for (std::size_t at = 0; at < begins[0]; ++at) {
    std::string bad = whole;
    bad[at] ^= 0x41;
    spill(path, bad);
    EXPECT_TRUE(is_journal(path)) << at;
    JournalWriter(path, "uid-1", OpenMode::resume);
    EXPECT_EQ(slurp(path), whole) << at;
  }
}

TEST_F(Damaged, NumbersAreNotUsedAgainAfterTheMachineWasStarted) {
  write(5, 50, 11);
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 365 * 20));
  const std::uint64_t next = 5 + JournalWriter::skipped_numbers;
  {
    SeriesLog log(path, "uid-1", OpenMode::resume, 1000);
    EXPECT_EQ(log.append(parts_of({"next"})), next);
    EXPECT_EQ(log.entries(), 6u);
    EXPECT_EQ(log.following(5), next);
    EXPECT_EQ(log.read(5), Parts{});
    EXPECT_EQ(log.entries_from(5), 1u);
  }
  const JournalReader reader(path);
  reader.verify();
  EXPECT_EQ(reader.entries(), 6u);
  EXPECT_EQ(reader.following(5), next);
  EXPECT_TRUE(reader.holes().empty());
  EXPECT_EQ(SeriesLog(path, "uid-1", OpenMode::resume, 1000).size(), next + 1);
}

/// What a file system may leave of bytes that were not synced: pages as they were written, of zeros, or not
/// at all; the file as long as it was at any moment in between.
TEST_F(Damaged, APowerCutCostsNothingThatWasSynced) {
  constexpr std::size_t page = 4096;
  write(200, 3000, 12);
  std::mt19937 random(13);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t synced = random() % written.size();
    const std::size_t kept = begins[synced];
    std::string left = whole.substr(0, kept + random() % (whole.size() - kept + 1));
    for (std::size_t at = kept / page * page; at < left.size(); at += page) {
      if (random() % 2 == 0) continue;
      const std::size_t from = std::max(at, kept);
      for (std::size_t i = from; i < std::min(at + page, left.size()); ++i) left[i] = '\0';
    }
    spill(path, left);
    std::vector<std::uint64_t> lost;
    for (std::uint64_t i = synced; i < written.size(); ++i)
      if (left.size() < begins[i + 1] ||
          !std::equal(left.begin() + begins[i], left.begin() + begins[i + 1], whole.begin() + begins[i]))
        lost.push_back(i);
    expect_all_but(lost);
    expect_told_by_number(lost);
    SeriesLog log(path, "uid-1", OpenMode::resume, 1000);
    const std::uint64_t next = log.append(parts_of({"next"}));
    EXPECT_EQ(log.read(next), parts_of({"next"}));
    for (std::uint64_t i = 0; i < synced; ++i) EXPECT_EQ(log.read(i), written[i]);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

}  // namespace
}  // namespace ptero::journal
