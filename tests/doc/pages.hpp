#pragma once
// The project's Markdown pages, as the tests of the documentation read them. Started in the project's folder.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace ptero::test {

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// README.md and what lies in doc/, deploy/, proto/ and tools/; empty when not started in the project's
/// folder.
inline std::vector<std::filesystem::path> pages() {
  namespace fs = std::filesystem;
  std::vector<fs::path> found{"README.md"};
  for (const char* folder : {"doc", "deploy", "proto", "tools"}) {
    if (!fs::exists(folder)) return {};
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The lines of a page, those between ``` apart from the others.
struct Page {
  std::vector<std::string> prose, code;

  explicit Page(const std::filesystem::path& path) {
    std::ifstream file(path);
    bool in_code = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("```"))
        in_code = !in_code;
      else
        (in_code ? code : prose).push_back(line);
    }
  }
};

}  // namespace ptero::test
