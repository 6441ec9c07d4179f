#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ptero/core/error.hpp>
#include <ptero/core/secret_file.hpp>

#include "support/scratch.hpp"

namespace ptero {
namespace {

using test::message_of;

TEST(SecretFile, IsMadeForItsOwnerAloneAndNeverWrittenOver) {
  const test::Scratch scratch;
  const std::string path = scratch / "secret";
  umask(0);
  write_secret_file(path, "first\n");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(read_secret_file(path), "first");
  const auto refused = message_of<InputError>([&] { write_secret_file(path, "second"); });
  EXPECT_NE(refused.find(path), std::string::npos);
  EXPECT_EQ(read_secret_file(path), "first");
}

TEST(SecretFile, OfSomebodyElseIsNotUsed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const test::Scratch scratch;
  const std::string path = scratch / "secret";
  write_secret_file(path, "words");
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  const auto refused = message_of<InputError>([&] { read_secret_file(path); });
  EXPECT_NE(refused.find("belongs to another user"), std::string::npos) << refused;
}

TEST(SecretFile, IsJudgedByWhatANameLeadsTo) {
  const test::Scratch scratch;
  write_secret_file(scratch / "secret", "words");
  std::filesystem::create_symlink(scratch / "secret", scratch / "link");
  EXPECT_EQ(read_secret_file(scratch / "link"), "words");
  chmod((scratch / "secret").c_str(), 0644);
  const auto refused = message_of<InputError>([&] { read_secret_file(scratch / "link"); });
  EXPECT_NE(refused.find("chmod 600"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("words"), std::string::npos);
  ASSERT_EQ(mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(read_secret_file(scratch / "pipe"), InputError);
}

}  // namespace
}  // namespace ptero
