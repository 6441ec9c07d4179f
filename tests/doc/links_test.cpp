// Every relative link of the documentation leads somewhere, and every page and picture is reached by one.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "doc/pages.hpp"

namespace ptero::test {
namespace {

namespace fs = std::filesystem;

/// The anchor that GitHub gives a heading: letters, digits, - and _ in small letters, blanks as -.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c == ' ')
      anchor += '-';
    else if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_')
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return anchor;
}

std::set<std::string> anchors_of(const fs::path& path) {
  std::set<std::string> anchors;
  for (const auto& line : Page(path).prose)
    if (const auto at = line.find_first_not_of('#'); at != 0 && at != std::string::npos && line[at] == ' ')
      anchors.insert(anchor_of(line.substr(at + 1)));
  return anchors;
}

struct Link {
  fs::path target;  ///< from the project's folder
  std::string anchor;
};

/// Links and pictures within the project.
std::vector<Link> links_of(const fs::path& path) {
  static const std::regex code("`[^`]*`"), link(R"re(\]\(([^)\s]+)\)|src="([^"]+)")re");
  std::vector<Link> links;
  for (const auto& full : Page(path).prose) {
    const auto line = std::regex_replace(full, code, "");
    for (std::sregex_iterator it(line.begin(), line.end(), link), end; it != end; ++it) {
      const std::string to = (*it)[1].matched ? (*it)[1] : (*it)[2];
      if (to.find("://") != std::string::npos) continue;
      const auto hash = to.find('#');
      const auto file = to.substr(0, hash);
      links.push_back({file.empty() ? path : (path.parent_path() / file).lexically_normal(),
                       hash == std::string::npos ? "" : to.substr(hash + 1)});
    }
  }
  return links;
}

TEST(Links, LeadSomewhere) {
  ASSERT_FALSE(pages().empty());
  std::size_t links = 0;
  for (const auto& page : pages())
    for (const auto& [target, anchor] : links_of(page)) {
      ++links;
      EXPECT_TRUE(fs::exists(target)) << page << " links to " << target;
      if (!anchor.empty() && fs::exists(target)) {
        EXPECT_TRUE(anchors_of(target).contains(anchor)) << page << " links to " << target << "#" << anchor;
      }
    }
  EXPECT_GT(links, 50U);
}

TEST(Links, ReachEveryPageFromTheFirstAndEveryPicture) {
  std::set<fs::path> reached;
  std::vector<fs::path> next{"README.md"};
  while (!next.empty()) {
    const auto page = next.back();
    next.pop_back();
    if (!reached.insert(page).second || page.extension() != ".md" || !fs::exists(page)) continue;
    for (const auto& link : links_of(page)) next.push_back(link.target);
  }
  for (const auto& page : pages()) EXPECT_TRUE(reached.contains(page)) << page;
  for (const auto& entry : fs::directory_iterator("doc/pictures"))
    EXPECT_TRUE(reached.contains(entry.path())) << entry.path() << " is shown nowhere";
}

}  // namespace
}  // namespace ptero::test
