#include <gtest/gtest.h>

#include <cmath>

#include <ptero/positions/json_stream.hpp>

namespace ptero::positions {
namespace {

const Channels encoders{.x = "INENC2.VAL", .y = "/INENC3.VAL.Value", .monitor = "FMC_IN.VAL1.Mean"};

std::string data(const std::string& x, const std::string& y, const std::string& monitor, int first = 41) {
  const auto dataset = [&](const std::string& name, const std::string& values) {
    return "\"" + name + R"(":{"dtype":"float64","size":2,"starting_sample_number":)" +
           std::to_string(first) + R"(,"data":[)" + values + "]}";
  };
  return R"({"msg_type":"data","frame_number":1,"datasets":{)" + dataset("/INENC2.VAL.Value", x) + "," +
         dataset("/INENC3.VAL.Value", y) + "," + dataset("/FMC_IN.VAL1.Mean", monitor) + "," +
         dataset("/PCAP.TS_TRIG.Value", "0.1,0.2") + "}}";
}

std::vector<Sample> samples(const Result<StreamEvent, JsonFault>& event) {
  return std::get<StreamSamples>(event.value()).samples;
}

TEST(PandaJson, StartDataAndStop) {
  const auto start = parse_panda_json(
      R"({"msg_type":"start","arm_time":"2025-02-28T18:44:22.9Z","start_time":"x","hw_time_offset_ns":null})",
      encoders);
  EXPECT_EQ(std::get<StreamStart>(start.value()).arm_time, "2025-02-28T18:44:22.9Z");
  EXPECT_TRUE(
      std::get<StreamStop>(parse_panda_json(R"({"msg_type":"stop","emitted_frames":4})", encoders).value())
          .complete);
  EXPECT_EQ(samples(parse_panda_json(data("1.5,2", "-3,4e2", "7,8"), encoders)),
            (std::vector<Sample>{{41, 1.5, -3, 7}, {42, 2, 400, 8}}));
}

TEST(PandaJson, DataWithoutATypeIsData) {
  auto text = data("1,2", "3,4", "5,6");
  text.erase(1, std::string(R"("msg_type":"data",)").size());
  EXPECT_EQ(samples(parse_panda_json(text, encoders)).size(), 2u);
}

TEST(PandaJson, NotANumberIsReadAsPythonWritesIt) {
  const auto read = samples(parse_panda_json(data("NaN,null", "Infinity,-Infinity", "1,2"), encoders));
  for (const auto& sample : read) EXPECT_TRUE(std::isnan(sample.x) && std::isnan(sample.y));
}

TEST(PandaJson, ATriggerChannelGivesTheIndex) {
  auto channels = encoders;
  channels.index = "PCAP.TS_TRIG";
  auto text = data("1,2", "3,4", "5,6");
  text.replace(text.find("0.1,0.2"), 7, "17,-1.5");
  const auto event = parse_panda_json(text, channels);
  EXPECT_EQ(samples(event), (std::vector<Sample>{{17, 1, 3, 5}}));
  EXPECT_EQ(std::get<StreamSamples>(event.value()).unusable, 1u);
}

TEST(PandaJson, WhatCannotBeUsedSaysWhy) {
  const auto why = [](const std::string& text) { return parse_panda_json(text, encoders).reason(); };
  EXPECT_NE(why("{").find("no JSON"), std::string::npos);
  EXPECT_NE(why("[1]").find("no object"), std::string::npos);
  EXPECT_NE(why(R"({"msg_type":"data","datasets":{}})").find("INENC2.VAL"), std::string::npos);
  EXPECT_NE(why(data("1,2", "3", "5,6")).find("same samples"), std::string::npos);
  EXPECT_NE(why(data("1,2", "3,4", "5,6", -1)).find("no count"), std::string::npos);
  EXPECT_NE(why("{\"a\":" + std::string(100'000, '[')).find("nested"), std::string::npos);
}

TEST(MaxivJson, ListsAndSingleNumbers) {
  const Channels channels{.x = "channel1", .y = "channel2"};
  for (const char* text : {R"({"message_type":"data","frame_number":3,"channel1":-2.5,"channel2":[4]})",
                           R"({"message_type":"data","frame_number":3,"channel1":[-2.5],"channel2":4})"}) {
    const auto read = samples(parse_maxiv_json(text, channels));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].index, 3u);
    EXPECT_EQ(read[0].x, -2.5);
    EXPECT_EQ(read[0].y, 4);
  }
}

}  // namespace
}  // namespace ptero::positions
