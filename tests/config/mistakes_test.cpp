// Every mistake one can make in a configuration, with the sentence it is answered with.
#include <gtest/gtest.h>

#include <ptero/config/document.hpp>

namespace ptero::config {
namespace {

template <class F>
std::string complaint(F f) {
  try {
    f();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no complaint";
}

Document parse(std::string_view text) {
  return Document::parse(text, "configs/x.toml");
}

TEST(Mistakes, UnknownKey) {
  const auto doc = parse("[ingest]\n\nsorce = \"a\"\n");
  const Section section = doc.section("ingest");
  section.get("source", "");
  section.get<std::int64_t>("http_port", 0);
  const std::string expected = "configs/x.toml:3: [ingest] unknown key 'sorce'; did you mean 'source'?";
  EXPECT_EQ(complaint([&] { section.finish(); }), expected);
  EXPECT_EQ(complaint([&] { doc.check_all_used(); }), expected);
}

TEST(Mistakes, UnknownKeyThatResemblesNothingListsTheKnown) {
  const auto doc = parse("[ingest]\ncolour = 1\n");
  const Section section = doc.section("ingest");
  section.get("source", "");
  section.get<std::int64_t>("http_port", 0);
  EXPECT_EQ(complaint([&] { section.finish(); }),
            "configs/x.toml:2: [ingest] unknown key 'colour'; known keys are http_port, source");
}

TEST(Mistakes, TheFirstUnknownKeyOfTheFileIsReported) {
  const auto doc = parse("[a]\nzz = 1\naa = 2\n");
  EXPECT_EQ(complaint([&] { doc.section("a").finish(); }),
            "configs/x.toml:2: [a] unknown key 'zz'; known keys are none");
}

TEST(Mistakes, UnknownKeyOnTheCommandLine) {
  auto doc = parse("[ingest]\n");
  doc.override_key("ingest.suorce=a");
  const Section section = doc.section("ingest");
  section.get("source", "");
  EXPECT_EQ(complaint([&] { section.finish(); }),
            "command line: [ingest] unknown key 'suorce'; did you mean 'source'?");
}

TEST(Mistakes, UnknownSection) {
  const auto doc = parse("[ingest]\n[clasifier]\n");
  doc.section("ingest");
  doc.allow_section("classifier");
  EXPECT_EQ(complaint([&] { doc.check_all_used(); }),
            "configs/x.toml:2: unknown section [clasifier]; did you mean [classifier]?");
}

TEST(Mistakes, UnknownSectionOnTheCommandLine) {
  auto doc = parse("[ingest]\n");
  doc.section("ingest");
  doc.override_key("camera.port=1");
  EXPECT_EQ(complaint([&] { doc.check_all_used(); }),
            "command line: unknown section [camera]; known sections are [ingest]");
}

TEST(Mistakes, KeyBeforeTheFirstSection) {
  const auto doc = parse("# ptero\nsource = 1\n[ingest]\n");
  doc.section("ingest");
  EXPECT_EQ(complaint([&] { doc.check_all_used(); }),
            "configs/x.toml:2: a key stands before the first section; known sections are [ingest]");
}

TEST(Mistakes, WrongTypes) {
  const auto doc = parse(R"([a]
port = "9100"
rate = "fast"
ratio = nan
name = 5
keep = 1
count = 1.5
list = 3
names = ["x", 2]
when = 2026-01-31
)");
  const Section a = doc.section("a");
  EXPECT_EQ(complaint([&] { a.get<std::int64_t>("port", 0); }),
            "configs/x.toml:2: [a] port must be an integer, not the string \"9100\"");
  EXPECT_EQ(complaint([&] { a.get<double>("rate", 0); }),
            "configs/x.toml:3: [a] rate must be a finite number, not the string \"fast\"");
  EXPECT_EQ(complaint([&] { a.get<double>("ratio", 0); }),
            "configs/x.toml:4: [a] ratio must be a finite number, not the number nan");
  EXPECT_EQ(complaint([&] { a.get("name", ""); }),
            "configs/x.toml:5: [a] name must be a string, not the integer 5");
  EXPECT_EQ(complaint([&] { a.get<bool>("keep", false); }),
            "configs/x.toml:6: [a] keep must be true or false, not the integer 1");
  EXPECT_EQ(complaint([&] { a.get_in_range("count", 0, 0, 9); }),
            "configs/x.toml:7: [a] count must be an integer, not the number 1.5");
  EXPECT_EQ(complaint([&] { a.get<std::vector<double>>("list", {}); }),
            "configs/x.toml:8: [a] list must be a list of finite numbers, not the integer 3");
  EXPECT_EQ(complaint([&] { a.get<std::vector<std::string>>("names", {}); }),
            "configs/x.toml:9: [a] names must be a list of strings, not one with the integer 2");
  EXPECT_EQ(complaint([&] { a.get("when", ""); }),
            "configs/x.toml:10: [a] when must be a string, not a date or time");
}

TEST(Mistakes, WrongTypeOnTheCommandLine) {
  auto doc = parse("[a]\nport = 1\n");
  doc.override_key("a.port=many");
  EXPECT_EQ(complaint([&] { doc.section("a").get<std::int64_t>("port", 0); }),
            "command line: [a] port must be an integer, not the string \"many\"");
}

TEST(Mistakes, OutOfRange) {
  const auto doc = parse("[a]\nport = 70000\nshare = 1.5\nitems = -1\n");
  const Section a = doc.section("a");
  EXPECT_EQ(complaint([&] { a.get_in_range("port", 0, 0, 65535); }),
            "configs/x.toml:2: [a] port = 70000 is out of range; allowed is 0 to 65535");
  EXPECT_EQ(complaint([&] { a.get_in_range("share", 0.5, 0, 1); }),
            "configs/x.toml:3: [a] share = 1.5 is out of range; allowed is 0 to 1");
  EXPECT_EQ(complaint([&] { a.get_in_range("items", std::size_t{1}, 1, 8); }),
            "configs/x.toml:4: [a] items = -1 is out of range; allowed is 1 to 8");
}

TEST(Mistakes, NotOneOfTheChoices) {
  const auto doc = parse("[roi]\nmode = \"papr\"\n");
  EXPECT_EQ(
      complaint([&] {
        doc.section("roi").get_choice("mode", "robust", {"paper", "robust"});
      }),
      "configs/x.toml:2: [roi] mode = \"papr\" is not one of the choices; use one of \"paper\", \"robust\"");
}

TEST(Mistakes, MissingRequiredKey) {
  EXPECT_EQ(complaint([] { parse("\n[ingest]\n").section("ingest").require<std::string>("source"); }),
            "configs/x.toml:2: [ingest] needs the key 'source' (a string); "
            "add it to the file or give --set ingest.source=VALUE");
  EXPECT_EQ(complaint([] { Document::empty().section("ingest").require<double>("rate"); }),
            "command line: [ingest] needs the key 'rate' (a finite number); "
            "add it to the file or give --set ingest.rate=VALUE");
}

TEST(Mistakes, AServicesOwnCheckNamesThePlace) {
  const auto doc = parse("[ingest]\nsource = \"ftp://x\"\n");
  EXPECT_STREQ(doc.section("ingest").error("source", "unknown scheme ftp", "use tcp:// or ipc://").what(),
               "configs/x.toml:2: [ingest] source: unknown scheme ftp; use tcp:// or ipc://");
}

TEST(Mistakes, NotToml) {
  const std::string text = complaint([] { parse("[ingest]\nsource = \n"); });
  EXPECT_TRUE(text.starts_with("configs/x.toml:2:")) << text;
  EXPECT_NE(text.find(": not valid TOML ("), std::string::npos) << text;
}

TEST(Mistakes, TheSameKeyTwice) {
  const std::string text = complaint([] { parse("[a]\nb = 1\nb = 2\n"); });
  EXPECT_TRUE(text.starts_with("configs/x.toml:3:")) << text;
}

TEST(Mistakes, ListOfSections) {
  EXPECT_EQ(complaint([] { parse("[[ingest]]\na = 1\n"); }),
            "configs/x.toml:1: [[ingest]] is a list of sections; write [ingest] once");
}

TEST(Mistakes, UnreadableFile) {
  EXPECT_EQ(complaint([] { Document::load("no/such.toml"); }),
            "cannot read the configuration no/such.toml (No such file or directory); name a TOML file");
  EXPECT_EQ(complaint([] { Document::load("."); }),
            "cannot read the configuration . (it is a directory); name a TOML file");
}

TEST(Mistakes, OverrideThatIsNoAssignment) {
  for (const char* text : {"ingest.source", "source=1", ".source=1", "ingest.=1"}) {
    EXPECT_EQ(
        complaint([&] { Document::empty().override_key(text); }),
        "command line: --set " + std::string(text) + " is not an assignment; write --set SECTION.KEY=VALUE");
  }
}

}  // namespace
}  // namespace ptero::config
