// Streams that real controllers sent, against what an independent reader found in them.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include <ptero/positions/json_stream.hpp>
#include <ptero/positions/panda_tcp.hpp>

#include "support/recorded.hpp"
#include "support/scratch.hpp"

namespace ptero::positions {
namespace {

using test::recorded;
using test::slurp;

TEST(Recorded, PandaboxTcpStreams) {
  SKIP_WITHOUT("streams/pandablocks");
  const auto expected =
      nlohmann::json::parse(std::ifstream(recorded("streams/expected.json"))).at("pandablocks");
  for (const auto& [name, about] : expected.items()) {
    const auto stream = slurp(recorded("streams/pandablocks/" + name + ".bin"));
    for (const std::size_t piece : {std::size_t{97}, stream.size()}) {
      PandaTcpParser parser({.x = "COUNTER1.OUT.Mean", .y = "COUNTER2.OUT.Mean", .index = "COUNTER3.OUT"});
      std::vector<Sample> samples;
      std::string end;
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        const auto events =
            parser.feed(std::as_bytes(std::span(stream).subspan(at, std::min(piece, stream.size() - at))));
        ASSERT_TRUE(events) << name << ": " << events.reason();
        for (const auto& event : *events) {
          if (const auto* some = std::get_if<StreamSamples>(&event))
            samples.insert(samples.end(), some->samples.begin(), some->samples.end());
          if (const auto* stop = std::get_if<StreamStop>(&event)) end = stop->reason;
        }
      }
      ASSERT_EQ(samples.size(), about.at("samples").get<double>()) << name;
      EXPECT_EQ("END " + std::to_string(samples.size()) + " " + end, about.at("end")) << name;
      // The counters count triggers by one, two and three, whatever the process; raw means are divided.
      for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto n = static_cast<double>(i + 1);
        ASSERT_EQ(samples[i].x, n) << name;
        ASSERT_EQ(samples[i].y, 2 * n) << name;
        ASSERT_EQ(samples[i].index, 3 * (i + 1)) << name;
      }
    }
  }
}

/// The byte strings of concatenated CBOR arrays of one byte string each.
std::vector<std::string> cbor_messages(const std::string& file) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < file.size();) {
    EXPECT_EQ(static_cast<unsigned char>(file.at(at++)), 0x81);
    const auto head = static_cast<unsigned char>(file.at(at++));
    std::size_t size = head & 0x1f;
    if (size >= 24) {
      const std::size_t width = std::size_t{1} << (size - 24);
      size = 0;
      for (std::size_t i = 0; i < width; ++i) size = size << 8 | static_cast<unsigned char>(file.at(at++));
    }
    out.push_back(file.substr(at, size));
    at += size;
  }
  return out;
}

TEST(Recorded, PositionsRepublishedAtMaxiv) {
  SKIP_WITHOUT("streams/dranspose");
  const auto messages = cbor_messages(slurp(recorded("streams/dranspose/pcap-zmq.cbors")));
  ASSERT_EQ(messages.size(), 102u);
  for (const bool by_trigger : {false, true}) {
    const Channels channels{
        .x = "energy", .y = "INENC3.VAL.Mean", .index = by_trigger ? "triggernumber" : ""};
    std::vector<Sample> samples;
    std::string arm_time;
    bool stopped = false;
    for (const auto& message : messages) {
      const auto event = parse_maxiv_json(message, channels);
      ASSERT_TRUE(event) << event.reason();
      if (const auto* start = std::get_if<StreamStart>(&*event)) arm_time = start->arm_time;
      if (const auto* some = std::get_if<StreamSamples>(&*event))
        samples.insert(samples.end(), some->samples.begin(), some->samples.end());
      stopped = std::holds_alternative<StreamStop>(*event);
    }
    EXPECT_EQ(arm_time, "2024-10-07T08:49:10.627Z");
    EXPECT_TRUE(stopped);
    ASSERT_EQ(samples.size(), 1500u);
    for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(samples[i].index, i + (by_trigger ? 1 : 0));
    EXPECT_EQ(samples.front().x, 8879.101048716273);
    EXPECT_EQ(samples.back().x, 9178.90056771702);
  }
}

TEST(Recorded, ElectrometerOfTheSameFamily) {
  SKIP_WITHOUT("streams/dranspose");
  std::vector<Sample> samples;
  for (const auto& message : cbor_messages(slurp(recorded("streams/dranspose/albaem-dump.cbors")))) {
    const auto event = parse_maxiv_json(message, {.x = "channel1", .y = "channel2", .monitor = "channel4"});
    ASSERT_TRUE(event) << event.reason();
    if (const auto* some = std::get_if<StreamSamples>(&*event))
      samples.insert(samples.end(), some->samples.begin(), some->samples.end());
  }
  ASSERT_EQ(samples.size(), 4u);
  EXPECT_EQ(samples[3], (Sample{3, -9.84438004032258e-12, -6.091210149949596e-11, 4.76837158203125e-10}));
}

}  // namespace
}  // namespace ptero::positions
