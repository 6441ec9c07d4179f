// What operations.md lists is what there is: every metric and every alarm of the services.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "doc/pages.hpp"

namespace ptero::test {
namespace {

namespace fs = std::filesystem;

std::set<std::string> found_in(const std::string& text, const std::regex& name) {
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

/// The sources of the libraries and services, one behind the other; of files whose name ends so.
std::string sources(const std::string& ending) {
  std::string all;
  for (const char* folder : {"libs", "services"}) {
    if (!fs::exists(folder)) continue;
    for (const auto& room : fs::directory_iterator(folder))
      for (const char* part : {"src", "include"})
        if (fs::exists(room.path() / part))
          for (const auto& file : fs::recursive_directory_iterator(room.path() / part))
            if (file.path().string().ends_with(ending)) all += text_of(file.path());
  }
  return all;
}

TEST(Operations, ListsEveryMetricAndNoOther) {
  // ptero_record is a dataset of product files, ptero_token a cookie.
  auto there = found_in(sources(".cpp"), std::regex("\"(ptero_[a-z_]+)\""));
  there.erase("ptero_record");
  there.erase("ptero_token");
  EXPECT_GT(there.size(), 50U);
  EXPECT_EQ(found_in(text_of("doc/operations.md"), std::regex("(ptero_[a-z_]+)")), there);
}

TEST(Operations, ListsEveryAlarm) {
  const auto listed = found_in(text_of("doc/operations.md"), std::regex("\n\\| `([a-z_]+)` \\|"));
  const auto there = found_in(sources("alarm_kinds.hpp"), std::regex("\\{\"([a-z_]+)\""));
  EXPECT_GT(there.size(), 9U);
  for (const auto& alarm : there) EXPECT_TRUE(listed.contains(alarm)) << alarm;
}

}  // namespace
}  // namespace ptero::test
