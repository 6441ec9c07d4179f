// What becomes of numbers that announce, repeat, overtake and are damaged: every frame is in its series or in
// the file of what was set aside, and somebody is told.
#include <gtest/gtest.h>

#include <ptero/journal/journal.hpp>

#include "receiver_fixture.hpp"

namespace ptero::ingest {
namespace {

class Numbers : public Receiver {
 protected:
  static SeriesInfo native(std::uint64_t id, std::optional<std::uint64_t> n) {
    auto info = series(id, 1);
    info.n_expected = n;
    return info;
  }
  void begin(std::uint64_t id, std::optional<std::uint64_t> n) { take(wire::encode(native(id, n))); }
  void one(std::uint64_t id, FrameId number, const std::string& uid = {}) {
    take(wire::encode(wire::StreamFrame{id, frame(number), uid}));
  }
  void finish(std::uint64_t id, std::optional<std::uint64_t> frames = {}, const std::string& uid = {}) {
    take(wire::encode(wire::StreamEnd{id, frames, uid}));
  }
  std::uint64_t came() const { return ledger()["pending"] + ledger()["unpositioned"]; }
  /// Messages in the file of what was set aside.
  std::uint64_t aside() const {
    const auto file = std::filesystem::path(options.out) / SetAside::file_name;
    return std::filesystem::exists(file) ? journal::JournalReader(file).size() : 0;
  }
  double counted(const std::string& reason) const {
    return metric("ptero_ingest_set_aside_total{", "reason=\"" + reason + "\"");
  }
  bool warned(const std::string& code) const {
    for (const auto& warning : store->current()->warnings())
      if (warning.code == code) return true;
    return false;
  }
};

TEST_F(Numbers, ZeroAnnouncedIsNotKnown) {
  open("native");
  begin(1, 0);
  for (FrameId id = 0; id < 120; ++id) one(1, id);
  finish(1);
  let_time_pass();
  EXPECT_EQ(came(), 120u);
  EXPECT_EQ(store->current()->ledger.snapshot().total, 120u);
  EXPECT_EQ(aside(), 0u);
}

TEST_F(Numbers, FramesBeyondTheAnnouncedOnesAreTakenAndSaid) {
  open("native");
  begin(1, 100);
  for (FrameId id = 0; id < 100; ++id) one(1, id);
  EXPECT_FALSE(alarm("beyond_announced"));
  for (FrameId id = 100; id < 120; ++id) one(1, id);
  EXPECT_TRUE(alarm("beyond_announced"));
  EXPECT_TRUE(warned("more_than_announced"));
  finish(1, 120);
  EXPECT_EQ(came(), 120u);
  EXPECT_EQ(aside(), 0u);
  begin(2, 10);
  EXPECT_FALSE(alarm("beyond_announced")) << "another series";
}

TEST_F(Numbers, NumbersMayBeginAtOne) {
  open("native");
  begin(1, 36);
  for (FrameId id = 1; id <= 36; ++id) one(1, id);
  finish(1, 36);
  let_time_pass();
  EXPECT_EQ(came(), 36u);
  EXPECT_EQ(ledger()["missing"], 1u) << "0";
}

TEST_F(Numbers, NumbersMayBeginNearTheEndOfACounter) {
  for (const char* protocol : {"native", "simplon1", "simplon2"}) {
    kill();
    std::filesystem::remove_all(options.out);
    open(protocol);
    const std::uint64_t first = 4'294'967'290;
    const auto info = native(1, 36);
    const auto say = [&](std::uint64_t number) {
      if (protocol == std::string("native")) return one(1, number);
      take(protocol == std::string("simplon1") ? simplon::encode_image_v1(1, frame(number))
                                               : simplon::encode_image_v2(1, info.uid, frame(number)));
    };
    take(protocol == std::string("native")     ? wire::encode(info)
         : protocol == std::string("simplon1") ? simplon::encode_start_v1(info)
                                               : simplon::encode_start_v2(info));
    for (std::uint64_t i = 0; i < 36; ++i) say((first + i) % (std::uint64_t{1} << 32));
    admission_->finish();
    recorder_->finish();
    EXPECT_EQ(came(), 36u) << protocol;
    EXPECT_TRUE(alarm("frame_numbers"));
    EXPECT_TRUE(warned("frames_begin_elsewhere"));
    EXPECT_EQ(std::get<wire::StreamFrame>(entry(8)).frame.id, 7u) << "renumbered for everybody";
  }
}

TEST_F(Numbers, OneDamagedNumberCostsOneFrameAndNoMemory) {
  open("native");
  begin(1, std::nullopt);
  for (FrameId id = 0; id < 57; ++id) one(1, id);
  one(1, 57 ^ (std::uint64_t{1} << 26));
  for (FrameId id = 58; id < 100; ++id) one(1, id);
  one(1, 99'999'999);
  finish(1);
  let_time_pass();
  EXPECT_EQ(came(), 99u);
  EXPECT_EQ(ledger()["missing"], 1u);
  EXPECT_EQ(store->current()->ledger.snapshot().total, 100u);
  EXPECT_EQ(aside(), 2u);
  EXPECT_EQ(counted("number"), 2);
  ASSERT_TRUE(alarm("frame_numbers"));
  EXPECT_NE(alarms_->active().front().sentence.find("one turned bit (26)"), std::string::npos)
      << alarms_->active().front().sentence;
  EXPECT_EQ(store->current()->aside.by_name().at("number"), 2u);
}

TEST_F(Numbers, ALongGapIsTakenOnceTwoFramesSaySo) {
  open("native");
  begin(1, std::nullopt);
  one(1, 0);
  one(1, 5000);
  one(1, 5001);
  finish(1);
  let_time_pass();
  EXPECT_EQ(came(), 3u);
  EXPECT_EQ(ledger()["missing"], 4999u);
  EXPECT_EQ(aside(), 0u);
}

TEST_F(Numbers, FramesBehindAnEndThatCameEarlyAreTaken) {
  open("simplon2");
  take(simplon::encode_start_v2(series(5, 36)));
  const auto one = [&](FrameId id) { take(simplon::encode_image_v2(5, "scan-5", frame(id))); };
  for (FrameId id = 0; id < 32; ++id) one(id);
  take(simplon::encode_end_v2(5, "scan-5"));
  EXPECT_EQ(recorder_->running(), 5u) << "four are to come";
  for (FrameId id = 32; id < 36; ++id) one(id);
  admission_->advance(1);
  EXPECT_FALSE(recorder_->running()) << "all have come: nobody waits";
  EXPECT_EQ(came(), 36u);
  EXPECT_TRUE(alarm("beyond_announced"));
  EXPECT_TRUE(warned("frames_after_end"));
}

TEST_F(Numbers, FramesBehindAnEndWhoseTimeIsUpAreSetAside) {
  open("simplon2");
  take(simplon::encode_start_v2(series(5, 36)));
  for (FrameId id = 0; id < 32; ++id) take(simplon::encode_image_v2(5, "scan-5", frame(id)));
  take(simplon::encode_end_v2(5, "scan-5"));
  let_time_pass();
  for (FrameId id = 32; id < 36; ++id) take(simplon::encode_image_v2(5, "scan-5", frame(id)));
  EXPECT_EQ(came(), 32u);
  EXPECT_EQ(ledger()["not_taken"], 4u);
  EXPECT_EQ(aside(), 4u);
  EXPECT_EQ(counted("after_end"), 4);
  EXPECT_EQ(store->current()->aside.by_name().at("after_end"), 4u);
  EXPECT_TRUE(alarm("beyond_announced"));
}

TEST_F(Numbers, AnEndThatLeavesNothingOutWaitsForNobody) {
  open("native");
  begin(1, 10);
  for (FrameId id = 0; id < 5; ++id) one(1, id);
  finish(1, 5);
  EXPECT_FALSE(recorder_->running());
  EXPECT_EQ(ledger()["not_taken"], 5u);
}

using Mixed = Numbers;

TEST_F(Mixed, AFrameThatSaysAnotherUidIsOfAnotherSeriesWhateverItsNumber) {
  open("native");
  begin(1, 10);
  one(1, 0, "scan-1");
  one(1, 1, "scan-0");  // left over in a socket
  one(1, 2, "scan-1");
  finish(1, 10, "scan-0");
  EXPECT_EQ(recorder_->running(), 1u);
  finish(1, 3, "scan-1");
  let_time_pass();
  EXPECT_EQ(came(), 2u);
  EXPECT_EQ(aside(), 1u);
  EXPECT_TRUE(alarm("strays"));
  EXPECT_TRUE(warned("frames_of_another_series"));
  begin(2, 10);
  EXPECT_FALSE(alarm("strays"));
}

TEST_F(Mixed, AfterAKillFramesOfANumberThatRepeatsAreBelievedByTheirUidAlone) {
  open("native");
  begin(1, 10);
  one(1, 0, "scan-1");
  kill();
  open("native");
  resume();
  ASSERT_EQ(recorder_->running(), 1u);
  one(1, 4, "scan-1");
  one(1, 5, "scan-2");  // its start was lost with the other process
  one(1, 6);            // nobody can tell
  EXPECT_EQ(came(), 2u);
  EXPECT_EQ(aside(), 2u);
  EXPECT_TRUE(alarm("strays"));
}

TEST_F(Mixed, AfterAKillALongSeriesThatCannotHaveEndedGoesOnWithoutUids) {
  open("native");
  begin(1, 50'000);
  one(1, 0);
  kill();
  open("native");
  resume();
  one(1, 4);
  EXPECT_EQ(came(), 2u);
}

TEST_F(Mixed, ImagesOfSimplonAreToldApartByWhatTheFirstSaid) {
  open("simplon2");
  take(simplon::encode_start_v2(series(5, 10)));
  // Some software detectors say one uid in the start and another in all images.
  take(simplon::encode_image_v2(5, "x", frame(0)));
  take(simplon::encode_image_v2(5, "x", frame(1)));
  take(simplon::encode_image_v2(5, "y", frame(2)));
  EXPECT_EQ(came(), 2u);
  EXPECT_EQ(aside(), 1u);
}

TEST_F(Mixed, WhatAPersonEndedLeavesNothingBehind) {
  open("native");
  begin(1, 10);
  one(1, 0);
  admission_->take(
      {.message = wire::StreamMessage(wire::StreamEnd{1, {}}), .native = {}, .raw = {}, .by_person = true});
  EXPECT_FALSE(recorder_->running()) << "at once";
  one(1, 1);
  EXPECT_EQ(aside(), 0u);
  EXPECT_EQ(strays(), 1);
  EXPECT_FALSE(alarm("beyond_announced"));
}

using Pixels = Numbers;

TEST_F(Pixels, OfSignedAndWideTypesAreRecordedAsTheyCame) {
  open("native");
  auto info = native(1, 2);
  info.dtype = Dtype::i32;
  take(wire::encode(info));
  std::vector<std::int32_t> pixels(96, 7);
  pixels[3] = -1;
  for (FrameId id = 0; id < 2; ++id) {
    Frame one{.id = id, .shape = shape, .dtype = Dtype::i32, .payload = Bytes::take(pixels)};
    take(wire::encode(wire::StreamFrame{1, one}));
  }
  EXPECT_EQ(came(), 2u);
  const auto recorded = std::get<wire::StreamFrame>(entry(1)).frame;
  EXPECT_EQ(recorded.dtype, Dtype::i32);
  EXPECT_TRUE(recorded.payload == Bytes::take(pixels));
  EXPECT_FALSE(alarm("pixel_type"));
}

TEST_F(Pixels, OfAnUnknownTypeAreSetAsideAndNamed) {
  open("native");
  begin(1, 3);
  auto parts = wire::encode(wire::StreamFrame{1, frame(0)});
  std::string header(parts[0].text());
  header.replace(header.find("<u2"), 3, "<c8");
  take({Bytes::take(header), parts[1]});
  one(1, 1);
  ASSERT_TRUE(alarm("pixel_type"));
  EXPECT_NE(alarms_->active().front().sentence.find("'<c8'"), std::string::npos);
  EXPECT_EQ(aside(), 1u);
  EXPECT_EQ(ledger()["corrupt"], 1u);
  EXPECT_EQ(came(), 1u);
}

TEST_F(Pixels, OfASeriesOfUnknownTypeOfSimplonAreSetAsideAndTheSeriesIsThere) {
  open("simplon1");
  start(8);
  for (FrameId id = 0; id < 10; ++id) {
    auto parts = simplon::encode_image_v1(8, frame(id));
    std::string described(parts[1].text());
    described.replace(described.find("uint16"), 6, "half16");
    parts[1] = Bytes::take(described);
    take(parts);
  }
  end(8);
  EXPECT_EQ(ledger()["corrupt"], 10u);
  EXPECT_EQ(aside(), 10u);
  EXPECT_TRUE(alarm("pixel_type"));
}

}  // namespace
}  // namespace ptero::ingest
