#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ptero/core/contract.hpp>
#include <ptero/core/crc32c.hpp>
#include <ptero/core/error.hpp>
#include <ptero/journal/journal.hpp>
#include <random>
#include <thread>

#include "support/scratch.hpp"

namespace ptero::journal {
using namespace ptero::test;
namespace {

class Journal : public testing::Test {
 protected:
  Scratch scratch;
  const std::filesystem::path path = scratch / "series.journal";

  void write(int entries, OpenMode mode = OpenMode::create) {
    JournalWriter writer(path, "uid-1", mode);
    for (int i = 0; i < entries; ++i) {
      const std::string number = std::to_string(writer.size());
      writer.append(parts_of({"head " + number, std::string(50, 'x'), ""}));
    }
  }
};

TEST_F(Journal, PartsComeBackInOrder) {
  write(3);
  const JournalReader reader(path);
  EXPECT_EQ(reader.series_uid(), "uid-1");
  ASSERT_EQ(reader.size(), 3u);
  EXPECT_EQ(reader.tail_bytes(), 0u);
  for (std::uint64_t i : {2, 0, 1})
    EXPECT_EQ(reader.read(i), parts_of({"head " + std::to_string(i), std::string(50, 'x'), ""}));
  EXPECT_THROW((void)reader.read(3), ContractViolation);
}

TEST_F(Journal, BytesAreTheDocumentedOnes) {
  JournalWriter(path, "s1", OpenMode::create).append(parts_of({"ab", ""}));
  const unsigned char expected[] = {
      0x50, 0x54, 0x45, 0x52, 0x4f, 0x4a, 0x4e, 0x4c, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
      0x00, 0x73, 0x31, 0x9f, 0x16, 0x75, 0xaf, 0x50, 0x54, 0x4a, 0x45, 0x02, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x96, 0x97, 0x34, 0xc4, 0x5c, 0xac, 0xce, 0x12, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x61, 0x62,
  };
  EXPECT_EQ(slurp(path), std::string(reinterpret_cast<const char*>(expected), sizeof expected));
}

TEST_F(Journal, ResumeContinuesTheNumbering) {
  write(2);
  write(2, OpenMode::resume);
  const JournalReader reader(path);
  ASSERT_EQ(reader.size(), 4u);
  EXPECT_EQ(reader.read(3)[0].text(), "head 3");
}

TEST_F(Journal, TornLastEntryEndsTheListAtEveryByte) {
  write(3);
  const std::string whole = slurp(path);
  const std::uint64_t last = whole.size() - (32 + 3 * 8 + 6 + 50);
  for (std::uint64_t length = last; length < whole.size(); ++length) {
    spill(path, whole.substr(0, length));
    const JournalReader reader(path);
    ASSERT_EQ(reader.size(), 2u) << length;
    EXPECT_EQ(reader.tail_bytes(), length - last);
    JournalWriter writer(path, "uid-1", OpenMode::resume);
    EXPECT_EQ(writer.cut_bytes(), length - last);
    EXPECT_EQ(writer.append(parts_of({"again"})), 2u);
    EXPECT_EQ(JournalReader(path).read(2)[0].text(), "again") << length;
  }
}

TEST_F(Journal, TornFileHeaderIsStartedAgain) {
  write(0);
  const std::string whole = slurp(path);
  for (std::uint64_t length = 0; length < whole.size(); ++length) {
    spill(path, whole.substr(0, length));
    write(1, OpenMode::resume);
    EXPECT_EQ(JournalReader(path).size(), 1u) << length;
  }
}

TEST_F(Journal, ZerosAfterAPowerCutAreATail) {
  write(2);
  spill(path, slurp(path) + std::string(5000, '\0'));
  EXPECT_EQ(JournalReader(path).size(), 2u);
  write(1, OpenMode::resume);
  EXPECT_EQ(JournalReader(path).read(2)[0].text(), "head 2");
}

TEST_F(Journal, FlippedByteInTheLastEntryDropsItVisibly) {
  write(2);
  std::string bytes = slurp(path);
  bytes.back() ^= 1;
  spill(path, bytes);
  const JournalReader reader(path);
  EXPECT_EQ(reader.size(), 1u);
  EXPECT_GT(reader.tail_bytes(), 0u);
}

TEST_F(Journal, RefusesWhatIsNotItsOwn) {
  EXPECT_NE(message_of<InputError>([&] { JournalReader r(scratch / "none"); }).find("No such file"),
            std::string::npos);
  write(1);
  EXPECT_NE(message_of<InputError>([&] { write(1); }).find("already exists"), std::string::npos);
  EXPECT_NE(message_of<InputError>([&] {
              JournalWriter w(path, "uid-2", OpenMode::resume);
            }).find("uid-1, not uid-2"),
            std::string::npos);
  spill(scratch / "text", "hello, I am a text");
  EXPECT_NE(message_of<InputError>([&] { JournalReader r(scratch / "text"); }).find("not a ptero journal"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([&] {
              JournalWriter w(scratch / "text", "u", OpenMode::resume);
            }).find("not a ptero journal"),
            std::string::npos);
  EXPECT_EQ(slurp(scratch / "text"), "hello, I am a text");
  std::string later = slurp(path).substr(0, 21);
  later[8] = 9;
  const std::uint32_t crc = crc32c(std::as_bytes(std::span(later)));
  later.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  spill(scratch / "later", later);
  EXPECT_NE(message_of<InputError>([&] { JournalReader r(scratch / "later"); }).find("version 9"),
            std::string::npos);
}

TEST_F(Journal, OneWriterAFile) {
  const JournalWriter first(path, "uid-1", OpenMode::create);
  EXPECT_NE(message_of<InputError>([&] {
              JournalWriter w(path, "uid-1", OpenMode::resume);
            }).find("another process"),
            std::string::npos);
}

TEST_F(Journal, FullDiskLeavesTheFileAsItWas) {
  JournalWriter writer(path, "uid-1", OpenMode::create);
  writer.append(parts_of({"one"}));
  signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  small.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string said = message_of<Error>([&] { writer.append(parts_of({std::string(10000, 'y')})); });
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_NE(said.find("cannot append to the journal " + path.string()), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path), writer.bytes());
  EXPECT_EQ(writer.append(parts_of({std::string(10000, 'y')})), 1u);
  EXPECT_EQ(JournalReader(path).read(1)[0].size(), 10000u);
}

TEST_F(Journal, ReaderFollowsAWriterAtWork) {
  JournalWriter writer(path, "uid-1", OpenMode::create);
  JournalReader reader(path);
  std::jthread writing([&] {
    for (int i = 0; i < 500; ++i) writer.append(parts_of({std::to_string(i), std::string(i * 7, 'p')}));
  });
  std::uint64_t seen = 0;
  while (seen < 500) {
    for (const std::uint64_t size = reader.refresh(); seen < size; ++seen) {
      const Parts parts = reader.read(seen);
      ASSERT_EQ(parts[0].text(), std::to_string(seen));
      ASSERT_EQ(parts[1].size(), seen * 7);
    }
  }
}

/// A child appends and reports each sequence number once append has returned; it is killed at a random
/// moment.
TEST_F(Journal, KillLosesNothingThatWasAppended) {
  std::mt19937 random(1);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      JournalWriter writer(path, "uid-1", OpenMode::resume);
      for (;;) {
        const std::uint64_t n = writer.size();
        const Bytes body = Bytes::take(std::string(20000 + n % 977, static_cast<char>('a' + n % 26)));
        const std::uint64_t sequence = writer.append(std::vector{Bytes::take(std::to_string(n)), body});
        if (::write(pipe_ends[1], &sequence, sizeof sequence) != sizeof sequence) _exit(1);
      }
    }
    close(pipe_ends[1]);
    std::uint64_t sequence = 0;
    const auto after = 1 + random() % 60;
    for (std::uint64_t i = 0;
         i < after && ::read(pipe_ends[0], &sequence, sizeof sequence) == sizeof sequence; ++i) {
      acknowledged = sequence;
    }
    kill(child, SIGKILL);
    while (::read(pipe_ends[0], &sequence, sizeof sequence) == sizeof sequence) acknowledged = sequence;
    waitpid(child, nullptr, 0);
    close(pipe_ends[0]);

    const JournalReader reader(path);
    ASSERT_GT(reader.size(), acknowledged);
    reader.verify();
    for (std::uint64_t i = 0; i < reader.size(); ++i) {
      const Parts parts = reader.read(i);
      ASSERT_EQ(parts[0].text(), std::to_string(i));
      ASSERT_EQ(parts[1].text(), std::string(20000 + i % 977, static_cast<char>('a' + i % 26)));
    }
  }
  EXPECT_GT(acknowledged, 12u);
}

}  // namespace
}  // namespace ptero::journal
