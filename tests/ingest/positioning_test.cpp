// Positions joined before the recorder, message by message: no socket, no thread.
#include <gtest/gtest.h>

#include <ptero/services/host/self_report.hpp>
#include <ptero/wire/stream.hpp>

#include "journal_replay.hpp"
#include "positioning.hpp"
#include "recorder.hpp"
#include "support/scratch.hpp"

namespace ptero::ingest {
using namespace ptero::test;
namespace {

constexpr Shape shape{8, 8};

/// A recorder with a file of positions in front of it: x = 0, 1, 2, ... object pixels.
class InPixels : public testing::Test {
 protected:
  void SetUp() override {
    std::string table;
    for (int i = 0; i < 10; ++i) table += std::to_string(i) + ",0\n";
    spill(scratch_ / "positions.csv", table);
    options.source = "native:inproc://nobody";
    options.out = (scratch_ / "data").string();
    options.position.unit = "px";
  }
  void open() {
    store_ = std::make_unique<SeriesStore>();
    recorder_ =
        std::make_unique<Recorder>(options, std::nullopt, *store_, metrics_, alarms_, mistakes_, [] {});
    for (auto& series : unfinished_series(options, alarms_)) recorder_->resume(std::move(series));
    positioning_.emplace(
        PositionSource::parse("file:" + (scratch_ / "positions.csv").string()), options.position, inbox_,
        metrics_, alarms_,
        PositioningOutlets{[this](const Arrival& arrival) { recorder_->take(arrival); },
                           [this](std::string report) { recorder_->note_join(std::move(report)); },
                           [this](Warning warning) { recorder_->note(std::move(warning)); },
                           [this] { return recorder_->running_info(); }});
    positioning_->resume(0);
  }
  /// As a kill leaves it: nothing is ended.
  void drop() {
    positioning_.reset();
    recorder_.reset();
    store_.reset();
  }
  void take(wire::StreamMessage message) {
    positioning_->take({.message = std::move(message), .native = {}, .raw = {}}, 0);
  }
  void start() {
    SeriesInfo info{.id = 1, .uid = "scan", .n_expected = 10, .frame_shape = shape};
    info.wavelength_m = 1e-10;
    info.distance_m = 1;
    info.detector_pixel_m = 1e-5;
    take(info);
  }
  void frame(FrameId id) {
    take(wire::StreamFrame{
        1, {.id = id, .shape = shape, .payload = Bytes::take(std::vector<std::uint16_t>(64))}});
  }
  /// In metres, of the entry that holds the frame.
  double x_of(FrameId id) const {
    const auto series = store_->current();
    const auto entry = wire::decode_entry(*series->log.read(*series->sequence_of(id)));
    return std::get<wire::StreamFrame>(*entry->message).frame.position->x_m;
  }

  Scratch scratch_;
  IngestOptions options;
  telemetry::Metrics metrics_{"ingest"};
  runtime::Alarms alarms_{host::alarm_kinds("ingest")};
  UsualMistakes mistakes_{alarms_, "native", "file"};
  PositionInbox inbox_{1000};
  std::unique_ptr<SeriesStore> store_;
  std::unique_ptr<Recorder> recorder_;
  std::optional<Positioning> positioning_;
};

// wavelength x distance / (8 pixels x 1e-5 m)
constexpr double pixel_m = 1.25e-6;

TEST_F(InPixels, ObjectPixelsAreThoseOfTheConfiguredGeometry) {
  options.frames.distance_m = 2;
  open();
  start();
  frame(3);
  EXPECT_NEAR(x_of(3), 3 * 2 * pixel_m, 1e-12);
}

TEST_F(InPixels, AResumedSeriesKeepsItsObjectPixels) {
  open();
  start();
  frame(3);
  EXPECT_NEAR(x_of(3), 3 * pixel_m, 1e-12);
  drop();
  open();
  frame(4);
  EXPECT_NEAR(x_of(4), 4 * pixel_m, 1e-12);
}

/// The same with a stage that the test speaks for.
class Stage : public InPixels {
 protected:
  static constexpr std::int64_t second = 1'000'000'000;
  void open_stage(positions::Missing missing = positions::Missing::drop) {
    options.position.unit = "um";
    options.position.join.missing = missing;
    store_ = std::make_unique<SeriesStore>();
    recorder_ =
        std::make_unique<Recorder>(options, std::nullopt, *store_, metrics_, alarms_, mistakes_, [] {});
    positioning_.emplace(PositionSource::parse("panda-zmq:tcp://127.0.0.1:1"), options.position, inbox_,
                         metrics_, alarms_,
                         PositioningOutlets{[this](const Arrival& arrival) { recorder_->take(arrival); },
                                            [this](std::string report) {
                                              reports_.push_back(report);
                                              recorder_->note_join(std::move(report));
                                            },
                                            [this](Warning warning) { recorder_->note(std::move(warning)); },
                                            [this] { return recorder_->running_info(); }});
    inbox_.push({positions::StreamStart{"now", 0}, 0});
  }
  void says(std::uint64_t from, std::uint64_t count, std::int64_t now_ns) {
    positions::StreamSamples samples;
    for (std::uint64_t i = from; i < from + count; ++i) samples.samples.push_back({i, double(i), 0, {}});
    inbox_.push({samples, now_ns});
    positioning_->advance(now_ns);
  }
  void stops(bool complete, const std::string& why, std::int64_t now_ns) {
    inbox_.push({positions::StreamStop{complete, why}, now_ns});
    positioning_->advance(now_ns);
  }
  void end(std::uint64_t frames, std::int64_t now_ns) {
    positioning_->take({.message = wire::StreamMessage(wire::StreamEnd{1, frames}),
                        .native = {},
                        .raw = {},
                        .t_arrival_ns = now_ns},
                       now_ns);
  }
  bool alarm() const { return alarms_.is_active("positions_stopped"); }

  std::vector<std::string> reports_;
};

TEST_F(Stage, ThatFallsSilentInTheMiddleIsReportedWhileFramesWait) {
  open_stage();
  start();
  says(0, 4, 0);
  for (FrameId id = 0; id < 6; ++id) frame(id);
  positioning_->advance(second);
  EXPECT_FALSE(alarm());
  positioning_->advance(3 * second);
  ASSERT_TRUE(alarm());
  EXPECT_EQ(recorder_->running_info()->uid, "scan");
  EXPECT_EQ(store_->current()->warnings().front().code, "positions_stopped");
  take(SeriesInfo{.id = 2, .uid = "next", .n_expected = 10, .frame_shape = shape});
  positioning_->advance(20 * second);
  EXPECT_FALSE(alarm()) << "another series";
}

TEST_F(Stage, ThatStopsWhileFramesComeIsReported) {
  open_stage();
  start();
  says(0, 4, 0);
  inbox_.push({positions::StreamStop{true, "Disarmed"}, 0});
  for (FrameId id = 0; id < 35; ++id) frame(id);
  EXPECT_FALSE(alarm());
  frame(35);
  EXPECT_TRUE(alarm());
}

TEST_F(Stage, FramesAtThePlaceOfOthersAreReported) {
  open_stage(positions::Missing::hold);
  start();
  says(0, 4, 0);
  says(100, 10, 0);
  for (FrameId id = 0; id < 40; ++id) frame(id);
  ASSERT_TRUE(alarm());
  EXPECT_NE(alarms_.active().front().sentence.find("place of others"), std::string::npos)
      << alarms_.active().front().sentence;
}

// Which end is heard first depends on how busy the machine is; what the scan was does not.
TEST_F(Stage, ThatStopsBeforeTheDetectorsEndOrAfterItMakesTheSameReport) {
  const auto scan = [this](bool stage_first) {
    open_stage();
    start();
    for (FrameId id = 0; id < 6; ++id) frame(id);
    says(0, 6, 0);
    if (!stage_first) end(6, 0);
    says(6, 3, 0);
    stops(false, "Data overrun", second);
    if (stage_first) end(6, second);
    ASSERT_FALSE(reports_.empty());
    EXPECT_FALSE(alarm());
    drop();
    std::filesystem::remove_all(options.out);
  };
  scan(true);
  scan(false);
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[0], reports_[1]);
  EXPECT_NE(reports_[0].find("Data overrun"), std::string::npos) << reports_[0];
  EXPECT_NE(reports_[0].find("3 positions more than frames"), std::string::npos) << reports_[0];
}

TEST_F(Stage, ThatNeverSaysItsEndHoldsASeriesForTwoSecondsOfSilence) {
  open_stage();
  start();
  for (FrameId id = 0; id < 6; ++id) frame(id);
  says(0, 6, 0);
  end(6, 0);
  says(6, 1, second);
  positioning_->advance(3 * second - 1);
  EXPECT_TRUE(reports_.empty());
  positioning_->advance(3 * second);
  EXPECT_EQ(reports_.size(), 1u);
  EXPECT_FALSE(alarm()) << "frames do not wait";
  EXPECT_EQ(recorder_->running_info(), nullptr);
}

TEST_F(Stage, ThatGoesOnForeverHoldsASeriesNoLongerThanAFrame) {
  open_stage();
  start();
  for (FrameId id = 0; id < 6; ++id) frame(id);
  says(0, 6, 0);
  end(6, 0);
  for (int s = 1; s < 10; ++s) says(6 + s, 1, s * second);
  EXPECT_TRUE(reports_.empty());
  says(100, 1, 10 * second);
  EXPECT_EQ(reports_.size(), 1u);
}

TEST_F(Stage, OfWhichNoFrameTookAPositionHoldsNothing) {
  open_stage();
  start();
  end(0, 0);
  EXPECT_EQ(reports_.size(), 1u);
}

}  // namespace
}  // namespace ptero::ingest
