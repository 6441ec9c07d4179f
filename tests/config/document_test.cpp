#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <ptero/config/document.hpp>

namespace ptero::config {
namespace {

TEST(Document, ReadsEveryType) {
  const auto doc = Document::parse(R"([ingest]
source = "tcp://127.0.0.1:9999"
frames = 1_836
rate = 200.5
distance = 2
keep = true
names = ["a", "b"]
ids = [1, 2]
steps = [1, 2.5]
)",
                                   "t.toml");
  const Section ingest = doc.section("ingest");
  EXPECT_EQ(ingest.get("source", ""), "tcp://127.0.0.1:9999");
  EXPECT_EQ(ingest.get<std::int64_t>("frames", 0), 1836);
  EXPECT_EQ(ingest.get<double>("rate", 0), 200.5);
  EXPECT_EQ(ingest.get<double>("distance", 0), 2);
  EXPECT_TRUE(ingest.get<bool>("keep", false));
  EXPECT_EQ(ingest.get<std::vector<std::string>>("names", {}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ingest.get<std::vector<std::int64_t>>("ids", {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(ingest.get<std::vector<double>>("steps", {}), (std::vector<double>{1, 2.5}));
  EXPECT_NO_THROW(doc.check_all_used());
}

TEST(Document, FallsBackWhereNothingIsGiven) {
  const Section section = Document::empty().section("roi");
  EXPECT_EQ(section.get<std::int64_t>("segments", 8), 8);
  EXPECT_EQ(section.get_in_range("border", 2, -10, 10), 2);
  EXPECT_EQ(section.get_in_range("port", std::uint16_t{9100}, 1, 65535), 9100);
  EXPECT_EQ(section.get_in_range("share", 0.0, 0.1, 1.0), 0.0);
  EXPECT_EQ(section.get_choice("mode", "robust", {"paper", "robust"}), "robust");
  EXPECT_EQ(section.find<std::string>("name"), std::nullopt);
  EXPECT_FALSE(section.has("name"));
}

TEST(Document, NestedTablesAreDottedSections) {
  const auto doc = Document::parse("[ingest.http]\nport = 9100\n[ingest]\nqueue = { items = 4 }\n", "t.toml");
  EXPECT_EQ(doc.section("ingest.http").get_in_range("port", 0, 0, 65535), 9100);
  EXPECT_EQ(doc.section("ingest.queue").get_in_range("items", std::size_t{1}, 1, 100), 4u);
  EXPECT_NO_THROW(doc.check_all_used());
}

TEST(Document, TheCommandLineOverrides) {
  auto doc = Document::parse("[ingest]\nsource = \"file\"\nport = 1\n", "t.toml");
  doc.override_key("ingest.source=sim:nanosheets?rows=3");
  doc.override_key("ingest.port=2");
  doc.override_key("ingest.port=3");
  doc.override_key("ingest.uid=17");
  doc.override_key("ingest.title=\"quoted\"");
  doc.override_key("ingest.axes=[\"x\", \"y\"]");
  doc.override_key("ingest.http.port=4");
  const Section ingest = doc.section("ingest");
  EXPECT_EQ(ingest.get("source", ""), "sim:nanosheets?rows=3");
  EXPECT_EQ(ingest.get<std::int64_t>("port", 0), 3);
  EXPECT_EQ(ingest.get("uid", ""), "17");
  EXPECT_EQ(ingest.get("title", ""), "quoted");
  EXPECT_EQ(ingest.get<std::vector<std::string>>("axes", {}), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(doc.section("ingest.http").get<std::int64_t>("port", 0), 4);
  EXPECT_NO_THROW(doc.check_all_used());
}

TEST(Document, AllowedSectionsAreNotChecked) {
  const auto doc = Document::parse("[classifier]\nanything = 1\n[ingest]\n", "t.toml");
  doc.section("ingest");
  doc.allow_section("classifier");
  EXPECT_NO_THROW(doc.check_all_used());
}

TEST(Document, LoadsAFileAndAnEmptyOne) {
  const auto path = std::filesystem::temp_directory_path() / "ptero_document_test.toml";
  std::ofstream(path) << "[a]\nb = 1\n";
  EXPECT_EQ(Document::load(path.string()).section("a").get<std::int64_t>("b", 0), 1);
  std::ofstream(path, std::ios::trunc).close();
  EXPECT_NO_THROW(Document::load(path.string()).check_all_used());
  std::filesystem::remove(path);
}

TEST(Section, OutlivesItsDocument) {
  const Section section = Document::parse("[a]\nb = 1\n", "t.toml").section("a");
  EXPECT_EQ(section.get<std::int64_t>("b", 0), 1);
}

TEST(Document, KeepsItsTextForTheRecord) {
  auto document = Document::parse("[a]\nb = 1\n", "x.toml");
  document.override_key("a.b=2");
  EXPECT_EQ(document.section("a").document_text(), "[a]\nb = 1\n# --set a.b=2\n");
}

}  // namespace
}  // namespace ptero::config
