// Series and frames as they are taken in.
#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <ptero/simplon/recording.hpp>

#include "receiver_fixture.hpp"
#include "support/recorded.hpp"

namespace ptero::ingest {
using namespace ptero::test;
namespace {

TEST_F(Receiver, TakesASeriesAndJournalsItInTheNativeForm) {
  open("simplon1");
  start(43);
  EXPECT_EQ(store->current(), nullptr);  // the first image says what the frames are
  image(43, 0);
  image(43, 1);
  end(43);
  EXPECT_EQ(ledger()["pending"], 2u);
  EXPECT_EQ(ledger()["not_taken"], 8u);
  EXPECT_FALSE(recorder_->running());
  const auto info = std::get<SeriesInfo>(entry(0));
  EXPECT_EQ(info.id, 43u);
  EXPECT_TRUE(info.uid.starts_with("series-43-")) << info.uid;
  EXPECT_EQ(info.distance_m, 1.92);
  EXPECT_EQ(info.detector.tables.size(), 3u);
  EXPECT_NE(info.detector.json.find("ptero software detector"), std::string::npos);
  const auto second = std::get<wire::StreamFrame>(entry(2));
  EXPECT_EQ(second.frame.id, 1u);
  EXPECT_TRUE(second.frame.payload == frame(1).payload);
}

TEST_F(Receiver, LeavesOutWhatBelongsToNoRunningSeries) {
  open("simplon1");
  image(42, 5);  // left over by the series before, or by an abort
  end(42);
  EXPECT_EQ(strays(), 2);
  start(43);
  image(42, 6);
  image(43, 0);
  end(42);
  image(42, 7);
  EXPECT_EQ(strays(), 5);
  EXPECT_EQ(recorder_->running(), 43u);
  end(43);
  image(43, 1);  // after its end
  EXPECT_EQ(strays(), 6);
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, CountsHolesAndDuplicatesAndTakesWhatComesLate) {
  open("simplon1");
  start(43);
  image(43, 0);
  image(43, 4);
  EXPECT_EQ(metric("ptero_ingest_skipped_ids_total{"), 3);
  image(43, 4);
  image(43, 2);
  EXPECT_EQ(metric("ptero_ingest_duplicate_frames_total{"), 1);
  end(43);
  EXPECT_EQ(ledger()["pending"], 3u);
  EXPECT_EQ(ledger()["missing"], 2u);
  EXPECT_EQ(ledger()["not_taken"], 5u);
}

TEST_F(Receiver, AStartClosesTheSeriesThatWasRunning) {
  open("simplon1");
  start(43);
  image(43, 0);
  start(44);
  EXPECT_EQ(recorder_->running(), 43u);
  image(44, 0);
  EXPECT_EQ(recorder_->running(), 44u);
  EXPECT_EQ(metric("ptero_ingest_incomplete_series_total{"), 1);
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, SeriesThatWaitToBeWrittenHoldNoFramesInMemory) {
  open("simplon1");
  for (std::uint64_t id = 1; id <= 4; ++id) {
    start(id);
    image(id, 0);
    end(id);
  }
  const auto first = store->take_unwritten();
  const auto second = store->take_unwritten();
  const auto third = store->take_unwritten();
  EXPECT_EQ(first->log.ring_bytes_used(), 0u);
  EXPECT_EQ(second->log.ring_bytes_used(), 0u);
  EXPECT_GT(third->log.ring_bytes_used(), 0u);
  EXPECT_EQ(std::get<SeriesInfo>(*wire::decode_entry(*first->log.read(0))->message).id, 1u);
}

TEST_F(Receiver, AnArmedSeriesWithoutImagesIsOneToo) {
  open("simplon1");
  start(43);
  end(43);
  EXPECT_EQ(ledger()["not_taken"], 10u);
  start(44);
  start(45);
  EXPECT_EQ(recorder_->running(), 44u);
}

TEST_F(Receiver, ADamagedFirstImageIsInTheLedger) {
  open("simplon1");
  start(43);
  auto parts = simplon::encode_image_v1(43, frame(0));
  parts[2] = Bytes::take(std::string(10, 'x'));
  take(parts);
  image(43, 1);
  end(43);
  EXPECT_EQ(ledger()["corrupt"], 1u);
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, ADamagedFirstImageDoesNotLetAWrongHeaderDecide) {
  open("simplon2");
  auto info = series(43);
  info.frame_shape = {100, 100};
  info.dtype = Dtype::u32;
  take(simplon::encode_start_v2(info));
  auto damaged = frame(0);
  damaged.codec = Codec::bslz4;  // which its payload is not
  for (int i = 0; i < 5; ++i) take(simplon::encode_image_v2(43, "scan-43", damaged));
  EXPECT_EQ(store->current(), nullptr);
  take(simplon::encode_image_v2(43, "scan-43", frame(1)));
  EXPECT_EQ(store->current()->info.frame_shape, shape);
  EXPECT_EQ(ledger()["corrupt"], 1u);
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, WhereNoImageCanBeUsedTheHeaderHasToDo) {
  open("simplon2");
  take(simplon::encode_start_v2(series(43, 100)));
  for (FrameId id = 0; id < 100; ++id) {
    auto damaged = frame(id);
    damaged.codec = Codec::bslz4;
    take(simplon::encode_image_v2(43, "scan-43", damaged));
  }
  ASSERT_NE(store->current(), nullptr);
  EXPECT_EQ(ledger()["corrupt"], 100u);
}

TEST_F(Receiver, AMessageThatIsNothingCostsNothingElse) {
  open("simplon1");
  start(43);
  take({Bytes::take(std::string("noise"))});
  image(43, 0);
  take({Bytes::take(std::string("{")), Bytes::take(std::string("x"))});
  end(43);
  EXPECT_EQ(ledger()["pending"], 1u);
  EXPECT_EQ(ledger()["corrupt"], 0u);
}

TEST_F(Receiver, JoinsInTheMiddleOnlyWhereAllowed) {
  options.mid_series_join = true;
  options.frames.distance_m = 2.5;
  options.frames.energy_ev = 8800;
  open("simplon2");
  take(simplon::encode_image_v2(43, "scan-43", frame(7)));
  EXPECT_EQ(recorder_->running(), 43u);
  const auto info = std::get<SeriesInfo>(entry(0));
  EXPECT_EQ(info.frame_shape, shape);
  EXPECT_EQ(info.dtype, Dtype::u16);
  EXPECT_EQ(info.distance_m, 2.5);
  EXPECT_NEAR(info.wavelength_m, 1.409e-10, 1e-13);
  take(simplon::encode_end_v2(43, "scan-43"));
  let_time_pass();
  take(simplon::encode_image_v2(43, "scan-43", frame(8)));  // stale: not joined again
  EXPECT_EQ(strays(), 1);
  EXPECT_EQ(ledger()["missing"], 7u);
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, AnImageTellsTheShapeNotTheHeader) {
  open("simplon2");
  auto info = series(43);
  info.frame_shape = {100, 100};
  info.dtype = Dtype::u32;
  take(simplon::encode_start_v2(info));
  take(simplon::encode_image_v2(43, "scan-43", frame(0)));
  EXPECT_EQ(store->current()->info.frame_shape, shape);
  EXPECT_EQ(store->current()->info.dtype, Dtype::u16);
  EXPECT_EQ(store->current()->info.uid, "scan-43");
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, AnAbsurdDistanceIsSaidAndNotUsed) {
  open("simplon1");
  auto info = series(43);
  info.distance_m = 376.565;  // millimetres
  take(simplon::encode_start_v1(info));
  image(43, 0);
  EXPECT_TRUE(alarm("detector_distance"));
  EXPECT_EQ(store->current()->info.distance_m, 0);
  start(44);
  image(44, 0);
  EXPECT_FALSE(alarm("detector_distance"));
}

TEST_F(Receiver, TheConfigurationSaysHowToLookAtTheFrames) {
  options.frames.rotate_deg = 90;
  options.frames.centre = {8.0, 3.0};
  options.frames.crop = 4;
  options.frames.bin = 2;
  options.frames.distance_m = 3;
  open("simplon1");
  start(43);
  image(43, 0);
  const auto info = std::get<SeriesInfo>(entry(0));
  EXPECT_EQ(info.frame_shape, shape);  // as received
  EXPECT_EQ(
      info.view,
      (FrameView{.transpose = true, .flip_rows = true, .row0 = 6, .col0 = 1, .crop = {4, 4}, .bin = 2}));
  EXPECT_EQ(info.distance_m, 3);
  const auto seen = viewed(info);
  EXPECT_EQ(seen.frame_shape, (Shape{2, 2}));
  EXPECT_EQ(*seen.centre_row, (8 - 6 + 0.5) / 2 - 0.5);
  EXPECT_EQ(*seen.centre_col, (3 - 1 + 0.5) / 2 - 0.5);
}

TEST_F(Receiver, ACropThatDoesNotFitIsSaidAndLeftOut) {
  options.frames.crop = 12;
  options.frames.flip_cols = true;
  open("simplon1");
  start(43);
  image(43, 0);
  EXPECT_TRUE(alarm("crop"));
  EXPECT_EQ(store->current()->info.view, FrameView{.flip_cols = true});
}

TEST_F(Receiver, RecordedSeriesOfDiamondVersion2) {
  SKIP_WITHOUT("streams");
  options.max_frame_bytes = std::size_t{64} << 20;
  open("simplon2");
  for (int k = 0; k < 4; ++k)
    take({Bytes::take(slurp(recorded("streams/dls_tickit_v2_generated/0" + std::to_string(k) + ".cbor")))});
  let_time_pass();
  EXPECT_EQ(store->current()->info.uid, "01HBV3JPF9T4ZDPADX6EMK6XMZ");
  EXPECT_EQ(ledger()["pending"], 2u);
  EXPECT_EQ(ledger()["not_taken"], 1u);
}

TEST_F(Receiver, RecordedAndTruncatedSeriesOfMaxIv) {
  SKIP_WITHOUT("streams");
  open("simplon1");
  for (const auto& message : simplon::read_recording(recorded("streams/dranspose/eiger-small-anon.cbors")))
    take(message);
  EXPECT_EQ(ledger()["corrupt"], 3u);
  EXPECT_TRUE(store->current()->log.closed());
  EXPECT_EQ(store->current()->info.frame_shape, (Shape{3262, 3108}));
}

TEST(Sources, AreNamedByTheirProtocol) {
  EXPECT_EQ(parse_source("simplon2:tcp://host:31001").endpoint, "tcp://host:31001");
  EXPECT_THROW(parse_source("tcp://host:31001"), InputError);
  EXPECT_THROW(parse_source("simplon3:tcp://host:31001"), InputError);
}

}  // namespace
}  // namespace ptero::ingest
