// Every file in configs/ is read by the same functions as the programs read it with, once as it is and once
// with the keys that stand in comments taken in: an example that does not work is worse than none.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ptero/services/host/host.hpp>
#include <ptero/services/live/live.hpp>
#include <regex>
#include <sstream>

namespace {

using namespace ptero;
namespace fs = std::filesystem;

constexpr const char* services[] = {"ingest", "classifier", "reconstructor", "dashboard"};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> files_in(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;  // started outside the project: NoKeyIsLeftOut then fails
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename().string().ends_with(ending)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// "# key = value" becomes "key = value"; prose stays a comment.
std::string with_commented_keys(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)# ([a-z_]+ = )"), "$1$2");
}

void read_log_section(const config::Document& document) {
  const auto section = document.section("log");
  section.get_choice("level", "info", {"debug", "info", "warning", "error"});
  section.get_choice("format", "text", {"text", "json"});
}

void read_http_keys(const config::Document& document, const std::string& name) {
  const auto section = document.section(name);
  section.get("http_address", "127.0.0.1");
  section.get_in_range("http_port", 0, 0, 65535);
  section.get("http_token_file", "");
  section.get("http_insecure", false);
  section.get("http_hosts", std::vector<std::string>{});
}

/// As `ptero live -c FILE`, whose sections include those of all services.
void read(const config::Document& document) {
  live::LiveOptions::from(document);
  read_http_keys(document, "live");
  for (const auto* name : services) read_http_keys(document, name);
  host::curve_from(document);
  read_log_section(document);
  document.allow_section("ddip");  // read by its own tests, where it is built
  document.check_all_used();
}

class Configs : public testing::TestWithParam<fs::path> {};

TEST_P(Configs, IsReadToTheLastKey) {
  EXPECT_NO_THROW(read(config::Document::load(GetParam().string())));
}

TEST_P(Configs, KeysInCommentsAreReal) {
  const auto text = with_commented_keys(text_of(GetParam()));
  EXPECT_NO_THROW(read(config::Document::parse(text, GetParam().string())));
}

TEST_P(Configs, WhatIsBoundToOthersIsEncryptedOrSaysThatItIsNot) {
  const auto document = config::Document::load(GetParam().string());
  const auto options = live::LiveOptions::from(document);
  if (!host::curve_from(document).server_secret.empty()) return;
  using transport::is_local;
  EXPECT_TRUE(options.ingest.insecure ||
              (is_local(options.ingest.frame_link) && is_local(options.ingest.events)));
  EXPECT_TRUE(options.classifier.insecure ||
              (is_local(options.classifier.selection_link) && is_local(options.classifier.events)));
  EXPECT_TRUE(options.reconstructor.insecure ||
              (is_local(options.reconstructor.events) &&
               (options.reconstructor.control.empty() || is_local(options.reconstructor.control))));
  EXPECT_TRUE(options.classifier.insecure || options.classifier.control.empty() ||
              is_local(options.classifier.control));
}

TEST_P(Configs, LinksMeet) {
  const auto options = live::LiveOptions::from(config::Document::load(GetParam().string()));
  EXPECT_EQ(options.ingest.frame_link, options.classifier.frame_link);
  EXPECT_EQ(options.classifier.selection_link, options.reconstructor.selection_link);
  const auto& board = options.dashboard;
  EXPECT_EQ(board.ingest_events, options.ingest.events);
  EXPECT_EQ(board.classifier_events, options.classifier.events);
  EXPECT_EQ(board.reconstructor_events, options.reconstructor.events);
  EXPECT_EQ(board.classifier_control, options.classifier.control);
  EXPECT_EQ(board.reconstructor_control, options.reconstructor.control);
  const auto document = config::Document::load(GetParam().string());
  const std::string ddip_events = document.section("ddip").get("events", "");
  EXPECT_TRUE(board.ddip_events.empty() || board.ddip_events == ddip_events) << board.ddip_events;
  EXPECT_EQ(board.ddip_control, document.section("ddip").get("control", ""));
}

INSTANTIATE_TEST_SUITE_P(All, Configs, testing::ValuesIn(files_in("configs", ".toml")),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(ConfigsTogether, MisspeltKeyIsRefused) {
  EXPECT_THROW(read(config::Document::parse("[ingest]\nque_bytes = 1\n", "x.toml")), InputError);
}

/// The defaults in comments are those of the code: taking them in changes nothing that can be printed.
TEST(ConfigsTogether, LaptopCommentsTellTheDefaults) {
  const auto text = with_commented_keys(text_of("configs/laptop.toml"));
  const auto given = live::LiveOptions::from(config::Document::parse(text, "laptop.toml"));
  const live::LiveOptions standard;
  EXPECT_EQ(given.keep_running, standard.keep_running);
  EXPECT_EQ(given.ingest.positions, standard.ingest.positions);
  EXPECT_EQ(given.ingest.queue_bytes, standard.ingest.queue_bytes);
  EXPECT_EQ(given.ingest.ring_bytes, standard.ingest.ring_bytes);
  EXPECT_EQ(given.ingest.max_frame_bytes, standard.ingest.max_frame_bytes);
  EXPECT_EQ(given.ingest.give_up_after, standard.ingest.give_up_after);
  EXPECT_EQ(given.ingest.socket, standard.ingest.socket);
  EXPECT_EQ(given.ingest.stall_after_s, standard.ingest.stall_after_s);
  EXPECT_EQ(given.ingest.mid_series_join, standard.ingest.mid_series_join);
  EXPECT_EQ(given.ingest.end_wait_s, standard.ingest.end_wait_s);
  EXPECT_EQ(given.ingest.set_aside_bytes, standard.ingest.set_aside_bytes);
  EXPECT_EQ(given.ingest.label_wait_s, standard.ingest.label_wait_s);
  EXPECT_EQ(given.classifier.method.roi.mode, standard.classifier.method.roi.mode);
  EXPECT_EQ(given.classifier.method.roi.segments, standard.classifier.method.roi.segments);
  EXPECT_EQ(given.classifier.method.roi.clusters, standard.classifier.method.roi.clusters);
  EXPECT_EQ(given.classifier.method.roi.border, standard.classifier.method.roi.border);
  EXPECT_EQ(given.classifier.credit, standard.classifier.credit);
  EXPECT_EQ(given.classifier.cache_bytes, standard.classifier.cache_bytes);
  for (const auto& option : reconstructor::ReconstructorOptions::declared().options())
    if (option.key != "defocus_m" && option.key != "pattern") {  // given there; an example
      EXPECT_EQ(option.get(given.reconstructor), option.standard) << option.key;
    }
}

/// Every key that a service reads and does not declare (those are in doc/options.md) stands in some file,
/// with its meaning.
TEST(ConfigsTogether, NoKeyIsLeftOut) {
  std::string all;
  for (const auto& file : files_in("configs", ".toml")) all += with_commented_keys(text_of(file));
  const std::regex read_key(R"re(section\.(?:get|get_in_range|get_choice|find<[^(]*>)\(\s*"([a-z_]+)")re");
  auto sources = files_in("services", "_options.cpp");
  sources.emplace_back("services/host/src/host.cpp");
  std::size_t keys = 0;
  for (const auto& source : sources) {
    const auto code = text_of(source);
    for (std::sregex_iterator it(code.begin(), code.end(), read_key), end; it != end; ++it, ++keys)
      EXPECT_TRUE(std::regex_search(all, std::regex("(^|\n)" + (*it)[1].str() + " = ")))
          << (*it)[1] << " of " << source << " is in no file of configs/";
  }
  EXPECT_GT(keys, 50U);
}

}  // namespace
