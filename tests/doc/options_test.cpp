// doc/options.md is what `ptero options --markdown` makes of the declarations.
#include <gtest/gtest.h>

#include "doc/pages.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

TEST(OptionsPage, IsMadeOfTheDeclarations) {
  Scratch scratch;
  const auto made = run("ptero", {"options", "--markdown"}, scratch / "log");
  ASSERT_EQ(made.code, 0) << made.output;
  EXPECT_EQ(text_of("doc/options.md"), made.output) << "ptero options --markdown > doc/options.md";
}

}  // namespace
}  // namespace ptero::test
