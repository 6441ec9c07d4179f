// The example bytes on the pages of proto/ are the golden files.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "golden.hpp"

namespace ptero::wire {
namespace {

std::string bytes_of(const std::string& hex) {
  std::istringstream words(hex);
  std::string out;
  for (std::string word; words >> word;) out.push_back(static_cast<char>(std::stoi(word, nullptr, 16)));
  return out;
}

TEST(Documents, ShowTheGoldenBytes) {
  std::set<std::string> shown;
  for (const auto& page : std::filesystem::directory_iterator("proto")) {
    if (page.path().extension() != ".md") continue;
    std::istringstream lines(golden::read_file(page.path()));
    const std::string fence = "```hex ";
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(fence)) continue;
      const std::string name = line.substr(fence.size());
      std::string hex;
      while (std::getline(lines, line) && line != "```") hex += line + ' ';
      if (!std::filesystem::exists("proto/golden/" + name))
        continue;  // another page keeps its bytes elsewhere
      EXPECT_EQ(bytes_of(hex), golden::read_file("proto/golden/" + name)) << page.path() << ": " << name;
      shown.insert(name);
    }
  }
  for (const char* name : {"start",      "frame",          "end",
                           "received",   "hello",          "credit",
                           "want",       "deliver",        "entry",
                           "keepalive",  "refused",        "labels",
                           "revision",   "ledger",         "roi",
                           "snapshot",   "probe",          "report",
                           "map",        "segments",       "preview",
                           "control",    "control_answer", "alarms",
                           "health",     "advice",         "slices",
                           "roi_marked", "reconstruction", "reconstruction_left_out",
                           "warnings",   "positions",      "control_frames",
                           "control_do"})
    EXPECT_TRUE(shown.contains(name + std::string(".msgpack"))) << name << " is shown on no page";
}

}  // namespace
}  // namespace ptero::wire
