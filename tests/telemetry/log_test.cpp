#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <ptero/telemetry/json_string.hpp>
#include <ptero/telemetry/log.hpp>
#include <thread>
#include <vector>

namespace ptero::telemetry {
namespace {

template <class F>
std::string logged(F f) {
  testing::internal::CaptureStderr();
  f();
  return testing::internal::GetCapturedStderr();
}

// What follows the time stamp "2026-01-31T12:00:00.123Z ".
std::string after_time(const std::string& line) {
  return line.substr(25);
}

TEST(Log, TextHasKeysAndValues) {
  init_logging({.service = "ingest"});
  const std::string line = logged([] {
    log_info("series started", {{"series", 7},
                                {"uid", "a b"},
                                {"rate", 0.5},
                                {"keep", true},
                                {"bytes", std::size_t{1} << 40},
                                {"empty", ""}});
  });
  EXPECT_EQ(line[10], 'T');
  EXPECT_EQ(line[23], 'Z');
  EXPECT_EQ(
      after_time(line),
      "info ingest series started series=7 uid=\"a b\" rate=0.5 keep=true bytes=1099511627776 empty=\"\"\n");
}

TEST(Log, JsonIsOneObjectALine) {
  init_logging({.service = "ingest", .format = LogFormat::json});
  const std::string line = logged([] {
    log_warning("say \"hi\"\n",
                {{"path", "C:\\x"}, {"nan", std::numeric_limits<double>::quiet_NaN()}, {"n", -1}});
  });
  const std::string tail = line.substr(line.find(",\"level\""));
  EXPECT_EQ(line.substr(0, 9), "{\"time\":\"");
  EXPECT_EQ(tail,
            ",\"level\":\"warning\",\"service\":\"ingest\",\"message\":\"say \\\"hi\\\"\\n\","
            "\"path\":\"C:\\\\x\",\"nan\":null,\"n\":-1}\n");
}

TEST(Log, LowerLevelsAreSilent) {
  init_logging({.level = LogLevel::warning});
  EXPECT_EQ(logged([] {
              log_debug("no");
              log_info("no");
            }),
            "");
  EXPECT_NE(logged([] { log_error("yes"); }), "");
}

TEST(Log, ALoggerSpeaksForItsService) {
  init_logging({.service = "live"});
  EXPECT_EQ(after_time(logged([] { Logger("classifier").info("ready"); })), "info classifier ready\n");
}

TEST(Log, AMessageCannotForgeALine) {
  init_logging({.service = "s"});
  EXPECT_EQ(after_time(logged([] { log_info("a\nb", {{"k", "c\nd"}}); })), "info s a b k=\"c\\nd\"\n");
}

TEST(Log, LinesOfSeveralThreadsStayWhole) {
  init_logging({.service = "s"});
  const std::string text = logged([] {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) log_info("line", {{"i", i}});
      });
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 200);
  std::size_t whole = 0;
  for (auto at = text.find("Z info s line i="); at != std::string::npos;
       at = text.find("Z info s line i=", at + 1))
    ++whole;
  EXPECT_EQ(whole, 200u);
}

TEST(Log, NamesOfLevelsAndFormats) {
  EXPECT_EQ(log_level_from_name("warning"), LogLevel::warning);
  EXPECT_EQ(log_level_from_name("loud"), std::nullopt);
  EXPECT_EQ(log_format_from_name("json"), LogFormat::json);
  EXPECT_EQ(log_format_from_name("xml"), std::nullopt);
}

TEST(JsonString, EscapesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_string("a\"\\\n\t\x01"), "\"a\\\"\\\\\\n\\t\\u0001\"");
  EXPECT_EQ(json_string("\xce\xbcm"), "\"\xce\xbcm\"");
  EXPECT_EQ(json_string("\xff|\xc0\xaf|\xed\xa0\x80"),
            "\"\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace ptero::telemetry
