// The receiver's state machine, fed message by message: no socket, no thread.
#include <gtest/gtest.h>

#include <ptero/core/error.hpp>
#include <ptero/simplon/encode.hpp>
#include <ptero/simplon/recording.hpp>
#include <ptero/wire/stream.hpp>

#include "alarm_kinds.hpp"
#include "recorder.hpp"
#include "simplon_source.hpp"
#include "support/recorded.hpp"
#include "support/scratch.hpp"

namespace ptero::ingest {
using namespace ptero::test;
namespace {

constexpr Shape shape{6, 16};

SeriesInfo series(std::uint64_t id, std::uint64_t n = 10) {
  SeriesInfo info{.id = id, .uid = "scan-" + std::to_string(id), .n_expected = n, .frame_shape = shape};
  info.distance_m = 1.92;
  return info;
}

Frame frame(FrameId id) {
  return {.id = id,
          .shape = shape,
          .payload = Bytes::take(std::vector<std::uint16_t>(96, static_cast<std::uint16_t>(id)))};
}

class Receiver : public testing::Test {
 protected:
  void open(const std::string& protocol) {
    options.source = protocol + ":inproc://nobody";
    options.out = (scratch_ / "data").string();
    metrics_ = std::make_unique<telemetry::Metrics>("ingest");
    alarms_ = std::make_unique<runtime::Alarms>(alarm_kinds());
    source_ = make_source(options, *metrics_);
    std::optional<RasterPlan> plan;
    if (planned) plan = RasterPlan{2, 5};
    recorder_ = std::make_unique<Recorder>(options, plan, store, *metrics_, *alarms_, [] {});
  }
  void take(const Parts& parts, std::int64_t t_ns = 0) {
    source_->take({parts, t_ns, {}}, [this](const Arrival& arrival) { recorder_->take(arrival); });
  }
  void start(std::uint64_t id) { take(simplon::encode_start_v1(series(id))); }
  void image(std::uint64_t id, FrameId number) { take(simplon::encode_image_v1(id, frame(number))); }
  void end(std::uint64_t id) { take(simplon::encode_end_v1(id)); }

  std::map<std::string, std::uint64_t> ledger() const { return store.current()->ledger.snapshot().by_name(); }
  double metric(const std::string& name, const std::string& label = {}) const {
    std::istringstream lines(metrics_->text());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name) && line.find(label) != std::string::npos)
        return std::stod(line.substr(line.rfind(' ')));
    return -1;
  }
  bool alarm(const char* id) const { return alarms_->is_active(id); }
  double strays() const { return metric("ptero_ingest_stray_messages_total{"); }
  /// What consumers of the link see.
  wire::StreamMessage entry(std::uint64_t number) const {
    return wire::decode_entry(*store.current()->log.read(number)).value().message.value();
  }

  Scratch scratch_;
  IngestOptions options;
  bool planned = true;
  SeriesStore store;
  std::unique_ptr<telemetry::Metrics> metrics_;
  std::unique_ptr<runtime::Alarms> alarms_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(Receiver, TakesASeriesAndJournalsItInTheNativeForm) {
  open("simplon1");
  start(43);
  EXPECT_EQ(store.current(), nullptr);  // the first image says what the frames are
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
  const auto first = store.take_unwritten();
  const auto second = store.take_unwritten();
  const auto third = store.take_unwritten();
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
  EXPECT_EQ(store.current(), nullptr);
  take(simplon::encode_image_v2(43, "scan-43", frame(1)));
  EXPECT_EQ(store.current()->info.frame_shape, shape);
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
  ASSERT_NE(store.current(), nullptr);
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
  take(simplon::encode_image_v2(43, "scan-43", frame(8)));  // stale: not joined again
  EXPECT_EQ(strays(), 1);
  EXPECT_EQ(ledger()["missing"], 7u);
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, ASecondPullerIsNamedAndWhatItTookIsMissing) {
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
  EXPECT_EQ(ledger()["missing"], 40u);
}

TEST_F(Receiver, ASecondPullerIsNamedEvenWhereItTookTheStart) {
  open("simplon1");
  for (FrameId id = 1; id < 100; id += 2) image(43, id);
  EXPECT_TRUE(alarm("stealing"));
}

TEST_F(Receiver, AnotherProtocolThanTheDetectorsIsNamed) {
  open("simplon2");
  take(simplon::encode_start_v1(series(43)));
  ASSERT_TRUE(alarm("unreadable"));
  EXPECT_NE(alarms_->active().front().sentence.find("'simplon2:inproc://nobody'"), std::string::npos);
  take(simplon::encode_start_v2(series(44)));
  take(simplon::encode_image_v2(44, "scan-44", frame(0)));
  EXPECT_FALSE(alarm("unreadable")) << "a series has begun";
}

TEST_F(Receiver, BadBytesInASeriesAreNoOtherProtocol) {
  open("simplon1");
  start(43);
  take({Bytes::take(std::vector<std::uint8_t>{1, 2, 3})});
  EXPECT_FALSE(alarm("unreadable"));
}

TEST_F(Receiver, FramesWithoutAStartAreReportedButNotThoseThatTrailBehindASeries) {
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

TEST_F(Receiver, ASeriesWithoutPositionsIsReportedWhileItRuns) {
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

TEST_F(Receiver, ASeriesWithAPlanHasPositions) {
  open("simplon1");
  take(simplon::encode_start_v1(series(43, 100)));
  for (FrameId id = 0; id < 40; ++id) image(43, id);
  EXPECT_FALSE(alarm("no_positions"));
}

TEST_F(Receiver, ASilentSeriesIsReportedAndStaysOpen) {
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

TEST_F(Receiver, AnImageTellsTheShapeNotTheHeader) {
  open("simplon2");
  auto info = series(43);
  info.frame_shape = {100, 100};
  info.dtype = Dtype::u32;
  take(simplon::encode_start_v2(info));
  take(simplon::encode_image_v2(43, "scan-43", frame(0)));
  EXPECT_EQ(store.current()->info.frame_shape, shape);
  EXPECT_EQ(store.current()->info.dtype, Dtype::u16);
  EXPECT_EQ(store.current()->info.uid, "scan-43");
  EXPECT_EQ(ledger()["pending"], 1u);
}

TEST_F(Receiver, AnAbsurdDistanceIsSaidAndNotUsed) {
  open("simplon1");
  auto info = series(43);
  info.distance_m = 376.565;  // millimetres
  take(simplon::encode_start_v1(info));
  image(43, 0);
  EXPECT_TRUE(alarm("detector_distance"));
  EXPECT_EQ(store.current()->info.distance_m, 0);
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
  EXPECT_EQ(store.current()->info.view, FrameView{.flip_cols = true});
}

TEST_F(Receiver, RecordedSeriesOfDiamondVersion2) {
  SKIP_WITHOUT("streams");
  options.max_frame_bytes = std::size_t{64} << 20;
  open("simplon2");
  for (int k = 0; k < 4; ++k)
    take({Bytes::take(slurp(recorded("streams/dls_tickit_v2_generated/0" + std::to_string(k) + ".cbor")))});
  EXPECT_EQ(store.current()->info.uid, "01HBV3JPF9T4ZDPADX6EMK6XMZ");
  EXPECT_EQ(ledger()["pending"], 2u);
  EXPECT_EQ(ledger()["not_taken"], 1u);
}

TEST_F(Receiver, RecordedAndTruncatedSeriesOfMaxIv) {
  SKIP_WITHOUT("streams");
  open("simplon1");
  for (const auto& message : simplon::read_recording(recorded("streams/dranspose/eiger-small-anon.cbors")))
    take(message);
  EXPECT_EQ(ledger()["corrupt"], 3u);
  EXPECT_TRUE(store.current()->log.closed());
  EXPECT_EQ(store.current()->info.frame_shape, (Shape{3262, 3108}));
}

TEST(Sources, AreNamedByTheirProtocol) {
  EXPECT_EQ(parse_source("simplon2:tcp://host:31001").endpoint, "tcp://host:31001");
  EXPECT_THROW(parse_source("tcp://host:31001"), InputError);
  EXPECT_THROW(parse_source("simplon3:tcp://host:31001"), InputError);
}

}  // namespace
}  // namespace ptero::ingest
