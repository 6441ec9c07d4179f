// Every command line of ptero in the documentation uses commands and options that there are.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "doc/pages.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

struct Line {
  std::filesystem::path page;
  std::vector<std::string> words;  ///< the program's name first
};

/// The command lines of a page's code that call ptero or one of its services, comments and pipes cut off.
std::vector<Line> lines_of(const std::filesystem::path& page) {
  std::vector<Line> lines;
  std::string joined;
  for (const auto& code : Page(page).code) {
    joined += code;
    if (joined.ends_with('\\')) {
      joined.back() = ' ';
      continue;
    }
    std::istringstream in(std::exchange(joined, {}));
    Line line{page, {}};
    for (std::string word; in >> word && !word.starts_with('#') && word != "|" && word != "&&";)
      line.words.push_back(word);
    if (line.words.empty()) continue;
    auto& program = line.words.front();
    program = program.substr(program.rfind('/') + 1);
    if (program == "ptero" || program == "ptero-ingest" || program == "ptero-classifier" ||
        program == "ptero-reconstructor" || program == "ptero-dashboard")
      lines.push_back(line);
  }
  return lines;
}

class DocumentedCommands : public testing::Test {
 protected:
  /// What --help says of the command that these words begin with.
  std::string help(const std::vector<std::string>& words) {
    std::vector<std::string> command;
    for (std::size_t i = 1;
         i < words.size() &&
         words[i].find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos &&
         words[i][0] != '-' && i < 3;
         ++i) {
      if (i == 2 && words[1] != "bench" && words[1] != "figures") break;
      command.push_back(words[i]);
    }
    command.push_back("--help");
    auto& known = helps_[words[0] + " " + (command.size() > 1 ? command[0] + command[1] : "")];
    if (known.empty()) {
      const auto ran = run(words[0], command, scratch_ / "log");
      known = ran.code == 0 ? ran.output : "none";
    }
    return known;
  }

 private:
  Scratch scratch_;
  std::map<std::string, std::string> helps_;
};

TEST_F(DocumentedCommands, AreThere) {
  ASSERT_FALSE(pages().empty());
  std::size_t options = 0;
  for (const auto& page : pages())
    for (const auto& [path, words] : lines_of(page)) {
      // What ptero-ddip does, which is built only where LibTorch is found.
      const auto by_ddip = [](const std::string& word) { return word == "ddip" || word == "du2021"; };
      if (std::any_of(words.begin(), words.begin() + std::min<long>(3, std::ssize(words)), by_ddip)) continue;
      const auto said = help(words);
      std::string line;
      for (const auto& word : words) line += word + " ";
      ASSERT_NE(said, "none") << path << ": " << line;
      for (const auto& word : words) {
        if (!word.starts_with("--")) continue;
        ++options;
        const auto name = word.substr(0, word.find('='));
        EXPECT_NE((said + " ").find(name + " "), std::string::npos)
            << path << ": " << name << " in: " << line;
      }
    }
  EXPECT_GT(options, 40U);
}

}  // namespace
}  // namespace ptero::test
