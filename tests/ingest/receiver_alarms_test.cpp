// What the receiver says is wrong with what comes.
#include <gtest/gtest.h>

#include "receiver_fixture.hpp"

namespace ptero::ingest {
namespace {

using ReceiverAlarms = Receiver;

TEST_F(ReceiverAlarms, ASecondPullerIsNamedAndWhatItTookIsMissing) {
  open("simplon2");
  const auto one = [&](FrameId id) { take(simplon::encode_image_v2(43, "scan-43", frame(id))); };
  take(simplon::encode_start_v2(series(43, 200)));
  for (FrameId id = 0; id < 20; ++id) one(id);
  EXPECT_FALSE(alarm("stealing"));
  for (FrameId id = 20; id < 100; id += 2) one(id);
  ASSERT_TRUE(alarm("stealing"));
  EXPECT_NE(alarms_->active().front().sentence.find("one frame in 2"), std::string::npos);
  for (FrameId id = 100; id < 200; ++id) one(id);
  EXPECT_FALSE(alarm("stealing")) << "it has gone";
  take(simplon::encode_end_v2(43, "scan-43"));
  let_time_pass();
  EXPECT_EQ(ledger()["missing"], 40u);
}

TEST_F(ReceiverAlarms, ASecondPullerIsNamedEvenWhereItTookTheStart) {
  open("simplon1");
  for (FrameId id = 1; id < 100; id += 2) image(43, id);
  EXPECT_TRUE(alarm("stealing"));
}

TEST_F(ReceiverAlarms, AnotherProtocolThanTheDetectorsIsNamed) {
  open("simplon2");
  take(simplon::encode_start_v1(series(43)));
  ASSERT_TRUE(alarm("unreadable"));
  EXPECT_NE(alarms_->active().front().sentence.find("'simplon2:inproc://nobody'"), std::string::npos);
  take(simplon::encode_start_v2(series(44)));
  take(simplon::encode_image_v2(44, "scan-44", frame(0)));
  EXPECT_FALSE(alarm("unreadable")) << "a series has begun";
}

TEST_F(ReceiverAlarms, BadBytesInASeriesAreNoOtherProtocol) {
  open("simplon1");
  start(43);
  take({Bytes::take(std::vector<std::uint8_t>{1, 2, 3})});
  EXPECT_FALSE(alarm("unreadable"));
}

TEST_F(ReceiverAlarms, FramesWithoutAStartAreReportedButNotThoseThatTrailBehindASeries) {
  open("simplon1");
  start(43);
  image(43, 0);
  end(43);
  image(43, 1);
  EXPECT_FALSE(alarm("no_start"));
  image(44, 0);
  EXPECT_TRUE(alarm("no_start"));
  start(45);
  image(45, 0);
  EXPECT_FALSE(alarm("no_start"));
}

TEST_F(ReceiverAlarms, ASeriesWithoutPositionsIsReportedWhileItRuns) {
  planned = false;
  open("simplon1");
  take(simplon::encode_start_v1(series(43, 100)));
  for (FrameId id = 0; id < 31; ++id) image(43, id);
  EXPECT_FALSE(alarm("no_positions"));
  image(43, 31);
  ASSERT_TRUE(alarm("no_positions"));
  EXPECT_NE(alarms_->active().front().sentence.find("raster:ROWSxCOLS"), std::string::npos);
  start(44);
  image(44, 0);
  EXPECT_FALSE(alarm("no_positions"));
}

TEST_F(ReceiverAlarms, ASeriesWithAPlanHasPositions) {
  open("simplon1");
  take(simplon::encode_start_v1(series(43, 100)));
  for (FrameId id = 0; id < 40; ++id) image(43, id);
  EXPECT_FALSE(alarm("no_positions"));
}

TEST_F(ReceiverAlarms, ASilentSeriesIsReportedAndStaysOpen) {
  options.stall_after_s = 60;
  open("simplon1");
  start(43);
  image(43, 0);
  recorder_->idle(59'000'000'000);
  EXPECT_FALSE(alarm("series_stalled"));
  recorder_->idle(61'000'000'000);
  EXPECT_TRUE(alarm("series_stalled"));
  EXPECT_EQ(recorder_->running(), 43u);
  take(simplon::encode_image_v1(43, frame(1)), 70'000'000'000);
  EXPECT_FALSE(alarm("series_stalled"));
  EXPECT_EQ(ledger()["pending"], 2u);
}

TEST_F(ReceiverAlarms, ASeriesThatIsTakenUpIsSilentFromThenOn) {
  options.stall_after_s = 60;
  open("simplon1");
  start(43);
  image(43, 0);
  kill();
  open("simplon1");
  resume();
  recorder_->idle(1'000'000'000'000);
  recorder_->idle(1'059'000'000'000);
  EXPECT_FALSE(alarm("series_stalled"));
  recorder_->idle(1'061'000'000'000);
  EXPECT_TRUE(alarm("series_stalled"));
}

}  // namespace
}  // namespace ptero::ingest
