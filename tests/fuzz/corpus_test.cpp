// Every kept input goes through its target in the ordinary build as well, so that what fuzzing once found
// stays found without clang.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "support/scratch.hpp"
#include "targets.hpp"

namespace ptero::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(ByteSpan);
};

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, IsTakenWithoutHarm) {
  int inputs = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(PTERO_CORPUS) / GetParam().name)) {
    const std::string bytes = test::slurp(file.path());
    EXPECT_NO_THROW(GetParam().run(std::as_bytes(std::span(bytes)))) << file.path();
    ++inputs;
  }
  EXPECT_GT(inputs, 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, Corpus,
                         testing::Values(Target{"codec", codec}, Target{"messagepack", messagepack},
                                         Target{"simplon1", simplon1}, Target{"simplon2", simplon2},
                                         Target{"positions", positions}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Split, IsUndoneByJoin) {
  const Parts parts = test::parts_of({"a header", "", "pixels"});
  const auto joined = join(parts);
  EXPECT_EQ(split(std::as_bytes(std::span(joined))), parts);
}

}  // namespace
}  // namespace ptero::fuzz
