#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include <ptero/positions/panda_tcp.hpp>

namespace ptero::positions {
namespace {

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// Everything a stream says, fed in pieces of this size.
struct Heard {
  std::vector<StreamStart> starts;
  std::vector<Sample> samples;
  std::vector<StreamStop> stops;
  std::uint64_t unusable = 0;
  std::string failure;
};

Heard hear(const std::string& stream, const Channels& channels, std::size_t piece) {
  PandaTcpParser parser(channels);
  Heard heard;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const auto events = parser.feed(bytes(stream.substr(at, piece)));
    if (!events) {
      heard.failure = events.reason();
      return heard;
    }
    for (const auto& event : *events) {
      if (const auto* start = std::get_if<StreamStart>(&event)) heard.starts.push_back(*start);
      if (const auto* stop = std::get_if<StreamStop>(&event)) heard.stops.push_back(*stop);
      if (const auto* some = std::get_if<StreamSamples>(&event)) {
        heard.samples.insert(heard.samples.end(), some->samples.begin(), some->samples.end());
        heard.unusable += some->unusable;
      }
    }
  }
  return heard;
}

template <class T>
std::string raw(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string block(const std::string& samples) {
  return "BIN " + raw(static_cast<std::uint32_t>(8 + samples.size())) + samples;
}

const Channels encoders{.x = "INENC1.VAL.Mean", .y = "INENC2.VAL.Mean"};

std::string xml_header(const std::string& data, const std::string& more_fields = {}) {
  return "<header>\n<data arm_time=\"2024-01-01T00:00:00Z\" " + data + " />\n<fields>\n" +
         R"(<field name="INENC1.VAL" type="double" capture="Mean" scale="0.5" offset="1" units="" />)"
         "\n"
         R"(<field name="INENC2.VAL" type="double" capture="Mean" scale="0.5" offset="1" units="" />)"
         "\n" +
         more_fields + "</fields>\n</header>\n\n";
}

const std::string framed = R"(missed="0" process="Scaled" format="Framed" sample_bytes="16")";

TEST(PandaTcp, TwoArmsOnOneConnectionInPiecesOfAnySize) {
  const std::string one = xml_header(framed) + block(raw(1.0) + raw(2.0)) + block("") +
                          block(raw(3.0) + raw(4.0) + raw(5.0) + raw(6.0)) + "END 3 Disarmed\n";
  const std::string two = xml_header(framed) + block(raw(7.0) + raw(8.0)) + "END 1 Data overrun\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    const auto heard = hear("OK\n" + one + two, encoders, piece);
    EXPECT_EQ(heard.failure, "");
    ASSERT_EQ(heard.starts.size(), 2u);
    EXPECT_EQ(heard.starts[0].arm_time, "2024-01-01T00:00:00Z");
    EXPECT_EQ(heard.samples, (std::vector<Sample>{{0, 1, 2}, {1, 3, 4}, {2, 5, 6}, {0, 7, 8}}));
    ASSERT_EQ(heard.stops.size(), 2u);
    EXPECT_TRUE(heard.stops[0].complete);
    EXPECT_FALSE(heard.stops[1].complete);
    EXPECT_EQ(heard.stops[1].reason, "Data overrun");
  }
}

TEST(PandaTcp, MissedSamplesMoveTheIndex) {
  const auto heard =
      hear("OK\n" + xml_header(R"(missed="12" process="Scaled" format="Framed" sample_bytes="16")") +
               block(raw(1.0) + raw(2.0)),
           encoders, 1000);
  EXPECT_EQ(heard.samples, (std::vector<Sample>{{12, 1, 2}}));
}

TEST(PandaTcp, UnscaledAndRawValuesAreScaledHere) {
  const auto unscaled =
      hear("OK\n" + xml_header(R"(missed="0" process="Unscaled" format="Framed" sample_bytes="16")") +
               block(raw(10.0) + raw(20.0)),
           encoders, 1000);
  EXPECT_EQ(unscaled.samples, (std::vector<Sample>{{0, 6, 11}}));
  // A raw mean is the sum over the gate, whose length is another field, or hidden in front.
  const std::string gate =
      R"(<field name="PCAP.GATE_DURATION" type="uint32" capture="Value" scale="1" offset="0" />)"
      "\n";
  const std::string fields[] = {gate, ""};
  for (const auto& field : fields) {
    const auto raw_header =
        xml_header(R"(missed="0" process="Raw" format="Framed" sample_bytes="20")", field);
    const std::string sample = field.empty() ? raw(std::uint32_t{5}) + raw(50.0) + raw(100.0)
                                             : raw(50.0) + raw(100.0) + raw(std::uint32_t{5});
    EXPECT_EQ(hear("OK\n" + raw_header + block(sample), encoders, 1000).samples,
              (std::vector<Sample>{{0, 6, 11}}));
  }
}

TEST(PandaTcp, PlainHeaderAndAsciiSamples) {
  const std::string header =
      "arm_time: 2023-12-19T07:51:12.754Z\nmissed: 0\nprocess: Scaled\nformat: ASCII\nfields:\n"
      " INENC1.VAL double Mean scale: 1 offset: 0 units: \n"
      " INENC2.VAL double Mean scale: 1 offset: 0 units: mm\n"
      " COUNTER1.OUT double Value scale: 1 offset: 0 units: \n\n";
  auto channels = encoders;
  channels.index = "COUNTER1.OUT.Value";
  const auto heard = hear("OK\n" + header + " 1 2 1\n 3.5 -4e-3 2\n nan 1 3\n 1 1 x\n", channels, 5);
  EXPECT_EQ(heard.failure, "'x' is no number");
  const auto good = hear("OK\n" + header + " 1 2 1\n 3.5 -4e-3 2\n 5 6 -1\nEND 3 Ok\n", channels, 3);
  EXPECT_EQ(good.samples, (std::vector<Sample>{{1, 1, 2}, {2, 3.5, -4e-3}}));
  EXPECT_EQ(good.unusable, 1u);
  EXPECT_EQ(good.starts.at(0).arm_time, "2023-12-19T07:51:12.754Z");
  EXPECT_EQ(good.stops.at(0).reason, "Ok");
}

TEST(PandaTcp, Base64LinesMayCutSamples) {
  // 1.0, 2.0 as little endian doubles: 000000000000f03f 0000000000000040.
  const std::string header = xml_header(R"(missed="0" process="Scaled" format="Base64" sample_bytes="16")");
  EXPECT_EQ(hear("OK\n" + header + " AAAAAAAA8D8AAAAA\n AAAAQA==\nEND 1 Ok\n", encoders, 4).samples,
            (std::vector<Sample>{{0, 1, 2}}));
}

TEST(PandaTcp, WhatCannotBeReadEndsTheConnectionWithASentence) {
  const auto why = [](const std::string& stream) { return hear(stream, encoders, 64 * 1024).failure; };
  EXPECT_NE(why("ERR No data\n").find("ERR No data"), std::string::npos);
  EXPECT_NE(why(std::string(100'000, 'x')).find("line"), std::string::npos);
  EXPECT_NE(why("OK\n<header>" + std::string(300'000, ' ')).find("header"), std::string::npos);
  EXPECT_NE(why("OK\n<header></header>\n\n").find("no fields"), std::string::npos);
  EXPECT_NE(why("OK\n" + xml_header(R"(process="Scaled" format="Unframed")")).find("FRAMED"),
            std::string::npos);
  EXPECT_NE(
      why("OK\n" + xml_header(R"(process="Scaled" format="Framed" sample_bytes="15")")).find("15 bytes"),
      std::string::npos);
  EXPECT_NE(why("OK\n" + xml_header(framed) + "BIN " + raw(std::uint32_t{0xffffffff})).find("block"),
            std::string::npos);
  EXPECT_NE(why("OK\n" + xml_header(framed) + "BIN " + raw(std::uint32_t{4})).find("block"),
            std::string::npos);
  EXPECT_NE(why("OK\n" + xml_header(framed) + "GARBAGE!").find("neither"), std::string::npos);
  const auto other = hear("OK\n" + xml_header(framed), {.x = "INENC7.VAL", .y = "INENC2.VAL"}, 1000).failure;
  EXPECT_NE(other.find("captures no INENC7.VAL, but INENC1.VAL.Mean, INENC2.VAL.Mean"), std::string::npos);
}

}  // namespace
}  // namespace ptero::positions
