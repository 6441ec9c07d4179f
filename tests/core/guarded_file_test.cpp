#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ptero/core/error.hpp>
#include <ptero/core/guarded_file.hpp>

#include "support/scratch.hpp"

namespace ptero {
namespace {

using test::message_of;

TEST(GuardedFile, IsMadeForItsOwnerAloneAndNeverWrittenOver) {
  const test::Scratch scratch;
  const std::string path = scratch / "secret";
  umask(0);
  write_guarded_file(path, "first\n", Others::may_do_nothing);
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(read_guarded_file(path, Others::may_do_nothing), "first");
  const auto refused =
      message_of<InputError>([&] { write_guarded_file(path, "second", Others::may_do_nothing); });
  EXPECT_NE(refused.find(path), std::string::npos);
  EXPECT_EQ(read_guarded_file(path, Others::may_do_nothing), "first");
}

TEST(GuardedFile, WhatOthersMayReadTheyMayNotChange) {
  const test::Scratch scratch;
  const std::string path = scratch / "trusted";
  umask(0);
  write_guarded_file(path, "whom", Others::may_read);
  EXPECT_EQ(read_guarded_file(path, Others::may_read), "whom");
  EXPECT_THROW(read_guarded_file(path, Others::may_do_nothing), InputError);
  for (const mode_t mode : {0664, 0646}) {
    chmod(path.c_str(), mode);
    const auto refused = message_of<InputError>([&] { read_guarded_file(path, Others::may_read); });
    EXPECT_NE(refused.find("chmod 644"), std::string::npos) << refused;
  }
}

TEST(GuardedFile, OfSomebodyElseIsNotUsed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const test::Scratch scratch;
  const std::string path = scratch / "secret";
  write_guarded_file(path, "words", Others::may_do_nothing);
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  const auto refused = message_of<InputError>([&] { read_guarded_file(path, Others::may_do_nothing); });
  EXPECT_NE(refused.find("belongs to another user"), std::string::npos) << refused;
}

TEST(GuardedFile, IsJudgedByWhatANameLeadsTo) {
  const test::Scratch scratch;
  write_guarded_file(scratch / "secret", "words", Others::may_do_nothing);
  std::filesystem::create_symlink(scratch / "secret", scratch / "link");
  EXPECT_EQ(read_guarded_file(scratch / "link", Others::may_do_nothing), "words");
  chmod((scratch / "secret").c_str(), 0644);
  const auto refused =
      message_of<InputError>([&] { read_guarded_file(scratch / "link", Others::may_do_nothing); });
  EXPECT_NE(refused.find("chmod 600"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("words"), std::string::npos);
  ASSERT_EQ(mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(read_guarded_file(scratch / "pipe", Others::may_do_nothing), InputError);
}

}  // namespace
}  // namespace ptero
