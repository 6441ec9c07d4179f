#include <gtest/gtest.h>

#include <atomic>
#include <ptero/core/contract.hpp>
#include <ptero/journal/series_log.hpp>
#include <thread>

#include "support/scratch.hpp"

namespace ptero::journal {
using namespace ptero::test;
namespace {

Parts entry(std::uint64_t n) {
  return parts_of({std::to_string(n), std::string(1000, static_cast<char>('a' + n % 26))});
}

TEST(SeriesLog, OldEntriesComeFromTheFile) {
  const Scratch scratch;
  SeriesLog log(scratch / "j", "uid", OpenMode::create, 5000);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(log.append(entry(i)), i);
  EXPECT_LE(log.ring_bytes_used(), 5000u);
  EXPECT_GE(log.ring_bytes_used(), 4000u);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(log.read(i), entry(i)) << i;
  EXPECT_FALSE(log.read(20));
}

TEST(SeriesLog, NewestEntriesAreSharedNotCopied) {
  const Scratch scratch;
  SeriesLog log(scratch / "j", "uid", OpenMode::create, 5000);
  const Parts parts = entry(0);
  log.append(parts);
  EXPECT_EQ((*log.read(0))[1].data(), parts[1].data());
}

TEST(SeriesLog, WithoutItsRingEverythingComesFromTheFile) {
  const Scratch scratch;
  SeriesLog log(scratch / "j", "uid", OpenMode::create, 5000);
  for (std::uint64_t i = 0; i < 3; ++i) log.append(entry(i));
  log.release_ring();
  EXPECT_EQ(log.ring_bytes_used(), 0u);
  log.append(entry(3));
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(log.read(i), entry(i)) << i;
}

TEST(SeriesLog, AnEntryLargerThanTheRingIsInTheFile) {
  const Scratch scratch;
  SeriesLog log(scratch / "j", "uid", OpenMode::create, 10);
  log.append(entry(0));
  EXPECT_EQ(log.ring_bytes_used(), 0u);
  EXPECT_EQ(log.read(0), entry(0));
}

TEST(SeriesLog, ResumesFromItsJournal) {
  const Scratch scratch;
  SeriesLog(scratch / "j", "uid", OpenMode::create, 5000).append(entry(0));
  SeriesLog log(scratch / "j", "uid", OpenMode::resume, 5000);
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(log.append(entry(1)), 1u);
  EXPECT_EQ(log.read(0), entry(0));
  EXPECT_EQ(log.read(1), entry(1));
}

TEST(SeriesLog, ListenersHearEveryAppendAndTheClose) {
  const Scratch scratch;
  SeriesLog log(scratch / "j", "uid", OpenMode::create, 5000);
  int heard = 0;
  const std::size_t id = log.add_listener([&] { ++heard; });
  log.append(entry(0));
  log.append(entry(1));
  log.close();
  log.close();
  EXPECT_EQ(heard, 3);
  EXPECT_TRUE(log.closed());
  log.remove_listener(id);
  EXPECT_THROW(log.append(entry(2)), ContractViolation);
  EXPECT_EQ(heard, 3);
}

TEST(SeriesLog, ReadersFollowTheAppender) {
  const Scratch scratch;
  SeriesLog log(scratch / "j", "uid", OpenMode::create, 8000);
  constexpr std::uint64_t entries = 1000;
  std::atomic<int> bad = 0;
  const auto follow = [&](std::uint64_t start) {
    for (std::uint64_t next = start; next < entries;) {
      const auto parts = log.read(next);
      if (!parts) {
        std::this_thread::yield();
        continue;
      }
      if (*parts != entry(next)) ++bad;
      ++next;
    }
  };
  {
    std::jthread quick(follow, 0);
    std::jthread late(follow, 0);
    for (std::uint64_t i = 0; i < entries; ++i) log.append(entry(i));
    std::jthread replay(follow, 0);
  }
  EXPECT_EQ(bad, 0);
}

}  // namespace
}  // namespace ptero::journal
