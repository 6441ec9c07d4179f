#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <ptero/core/error.hpp>
#include <ptero/services/host/folder_lock.hpp>

#include "support/scratch.hpp"

namespace ptero::host {
namespace {

std::string refusal(const std::filesystem::path& folder, const std::string& service) {
  try {
    const FolderLock lock(folder, service);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(FolderLock, TheSecondOfAKindIsRefusedWithASentence) {
  const test::Scratch scratch;
  const auto folder = scratch / "data";
  {
    const FolderLock first(folder, "ingest");
    const auto why = refusal(folder, "ingest");
    EXPECT_TRUE(why.starts_with("another ingest writes into " + folder.string())) << why;
    EXPECT_NE(why.find("process " + std::to_string(getpid())), std::string::npos) << why;
    EXPECT_EQ(refusal(folder, "classifier"), "") << "another kind writes other files";
    EXPECT_EQ(refusal(scratch / "elsewhere", "ingest"), "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "nothing is left behind";
  EXPECT_EQ(refusal(folder, "ingest"), "");
}

TEST(FolderLock, AKillLeavesTheFolderFree) {
  const test::Scratch scratch;
  const auto folder = scratch / "data";
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder, "ingest");
    [[maybe_unused]] const auto n = write(ready[1], "x", 1);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_NE(refusal(folder, "ingest"), "");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(refusal(folder, "ingest"), "");
}

TEST(FolderLock, AFolderThatCannotBeMadeIsSaid) {
  const test::Scratch scratch;
  test::spill(scratch / "file", "");
  EXPECT_TRUE(refusal(scratch / "file" / "data", "ingest").starts_with("cannot make the folder"));
}

}  // namespace
}  // namespace ptero::host
