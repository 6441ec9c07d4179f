#include <gtest/gtest.h>

#include <cmath>
#include <ptero/wire/events.hpp>
#include <ptero/wire/slices_event.hpp>

#include "golden.hpp"

namespace ptero::wire {
namespace {

const std::string uid = "2026-07-14_0003";

TEST(LedgerEvent, IsTheGoldenMessage) {
  const std::map<std::string, std::uint64_t> counts = {
      {"background", 1200}, {"expected", 136}, {"missing", 1}, {"selected", 499}};
  const auto event = decode_ledger_event(golden::header("ledger"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->counts, counts);
  EXPECT_FALSE(event->ended);
  EXPECT_EQ(encode(LedgerEvent{uid, counts, false}), golden::header("ledger"));
}

TEST(RoiEvent, IsTheGoldenMessage) {
  const auto event = decode_roi_event(golden::header("roi"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->revision, 5u);
  EXPECT_EQ(event->labelled, 1700u);
  EXPECT_EQ(event->selected, 499u);
  EXPECT_EQ(event->latency_p50_ms, 1.5);
  EXPECT_EQ(event->latency_p99_ms, 6.0);
  EXPECT_EQ(encode(RoiEvent{uid, 5, 1700, 499, 1.5, 6.0}), golden::header("roi"));
}

TEST(RoiEvent, TellsWhichFramesAreBadAndWhatComesNext) {
  const auto event = decode_roi_event(golden::header("roi_marked"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->bad, (std::vector<FrameId>{3, 200, 412, 412}));
  EXPECT_EQ(event->next_segments, 16u);
  EXPECT_EQ(encode(*event), golden::header("roi_marked"));
}

TEST(RoiEvent, TellsTheLatencyOfNow) {
  const auto event = decode_roi_event(golden::header("roi_recent"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->latency_p99_ms, 6.0);
  EXPECT_EQ(event->latency_p99_recent_ms, 2.25);
  EXPECT_EQ(encode(*event), golden::header("roi_recent"));
  EXPECT_EQ(decode_roi_event(golden::header("roi"))->latency_p99_recent_ms, std::nullopt);
}

TEST(ReconstructionEvent, IsTheGoldenMessage) {
  const auto event = decode_reconstruction_event(golden::header("reconstruction"));
  ASSERT_TRUE(event);
  EXPECT_FALSE(event->running);
  EXPECT_EQ(event->frames, 480u);
  EXPECT_EQ(event->iteration, 12u);
  EXPECT_EQ(encode(*event), golden::header("reconstruction"));
}

TEST(ReconstructionEvent, TellsWhatIsNotInTheImage) {
  const auto event = decode_reconstruction_event(golden::header("reconstruction_left_out"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->waiting, 7u);
  EXPECT_EQ(event->left_out,
            (std::map<std::string, std::uint64_t>{{"outlying_position", 1}, {"saturated", 2}}));
  EXPECT_EQ(encode(*event), golden::header("reconstruction_left_out"));
}

TEST(WarningsEvent, IsTheGoldenMessage) {
  const auto event = decode_warnings_event(golden::header("warnings"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->service, "reconstructor");
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->warnings,
            (Warnings{{"outlying_position", "one frame is left out, for it lies far from all others"}}));
  EXPECT_EQ(encode(*event), golden::header("warnings"));
}

TEST(SnapshotEvent, IsTheGoldenMessage) {
  const auto event = decode_snapshot_event(golden::header("snapshot"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->frames_used, 480u);
  EXPECT_EQ(event->last_frame, 1650u);
  EXPECT_EQ(event->iteration, 12u);
  EXPECT_EQ(event->amplitude_error, 0.0145);
  EXPECT_EQ(event->age_ms, 210.5);
  EXPECT_EQ(event->shape, (Shape{2, 3}));
  EXPECT_EQ(event->pixel_m, 1.41e-8);
  EXPECT_TRUE(event->converged);
  EXPECT_EQ(event->centre.x_m, 1.25e-6);
  EXPECT_EQ(event->centre.y_m, -2.5e-7);
  EXPECT_EQ(event->errors, (std::vector{0.31, 0.0145}));
  EXPECT_EQ(encode(*event), golden::header("snapshot"));
}

TEST(SnapshotEvent, SaysWhatSpeaksAgainstIt) {
  const auto event = decode_snapshot_event(golden::header("snapshot_verdict"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->noise_floor, 0.0029);
  EXPECT_EQ(event->verdict, (std::vector<Finding>{{"misfit", 5, "it does not fit"}}));
  EXPECT_EQ(encode(*event), golden::header("snapshot_verdict"));
  EXPECT_TRUE(decode_snapshot_event(golden::header("snapshot"))->verdict.empty());
}

TEST(SnapshotEvent, ShowsAnErrorThatDiverged) {
  const auto event = decode_snapshot_event(encode(SnapshotEvent{.amplitude_error = NAN, .shape = {1, 1}}));
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::isnan(event->amplitude_error));
}

TEST(SnapshotEvent, CarriesTheNewestErrorsAlone) {
  SnapshotEvent event{.shape = {1, 1}, .errors = std::vector<double>(SnapshotEvent::most_errors + 5, 0.5)};
  event.errors.back() = 0.25;
  const auto back = decode_snapshot_event(encode(event));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->errors.size(), SnapshotEvent::most_errors);
  EXPECT_EQ(back->errors.back(), 0.25);
}

TEST(ProbeEvent, IsTheGoldenMessage) {
  const auto event = decode_probe_event(golden::header("probe"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->iteration, 12u);
  EXPECT_EQ(event->modes, 2u);
  EXPECT_EQ(event->shape, (Shape{2, 3}));
  EXPECT_EQ(event->pixel_m, 1.41e-8);
  EXPECT_EQ(encode(*event), golden::header("probe"));
}

TEST(AdviceEvent, IsTheGoldenMessage) {
  const auto event = decode_advice_event(golden::header("advice"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->standing, "accepted");
  EXPECT_EQ(event->id, 12u);
  EXPECT_EQ(event->revision, 5u);
  EXPECT_EQ(event->action, "measure");
  EXPECT_EQ(event->confidence, 0.75);
  EXPECT_EQ(event->issued_utc_ns, 1784000000000000000);
  EXPECT_EQ(event->expires_utc_ns, 1784000060000000000);
  EXPECT_EQ(event->top_m, -2e-6);
  EXPECT_EQ(event->right_m, 1e-6);
  EXPECT_EQ(event->dose_left, 100);
  EXPECT_EQ(event->skip, (std::vector<FrameId>{3, 200}));
  ASSERT_EQ(event->region.size(), 1u);
  EXPECT_EQ(event->region[0], (std::vector<Position>{{0, 0}, {1e-6, 0}, {1e-6, 1e-6}}));
  EXPECT_EQ(event->points, (std::vector<Position>{{1e-7, 2e-7}, {3e-7, 2e-7}}));
  EXPECT_EQ(encode(*event), golden::header("advice"));
}

TEST(AdviceEvent, MayBeNone) {
  const auto event = decode_advice_event(golden::header("advice_none"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->standing, "none");
  EXPECT_TRUE(event->points.empty());
}

TEST(SlicesEvent, IsTheGoldenMessage) {
  const auto event = decode_slices_event(golden::header("slices"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->slices, 2u);
  EXPECT_EQ(event->shape, (Shape{2, 3}));
  EXPECT_EQ(event->pixel_m, 1.41e-8);
  EXPECT_EQ(event->epoch, 250u);
  EXPECT_TRUE(event->done);
  EXPECT_FALSE(event->warm);
  EXPECT_EQ(event->runs, 1u);
  EXPECT_EQ(event->mixing, (std::vector{0.95, 0.05, 0.0625, 0.9375}));
  EXPECT_EQ(event->mismatch, 0.0125);
  EXPECT_EQ(event->exclusion, 0.0005);
  EXPECT_EQ(event->alarms, std::vector<std::string>{"slice 1 holds only 0.05 of its own image"});
  EXPECT_EQ(encode(*event), golden::header("slices"));
}

TEST(ReportEvent, IsTheGoldenMessage) {
  const auto event = decode_report_event(golden::header("report"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->json, R"({"roi":{"fraction":0.27}})");
  EXPECT_EQ(encode(*event), golden::header("report"));
}

TEST(AlarmsEvent, IsTheGoldenMessage) {
  const auto event = decode_alarms_event(golden::header("alarms"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->service, "ingest");
  ASSERT_EQ(event->alarms.size(), 2u);
  EXPECT_EQ(event->alarms[0].id, "disk_full");
  EXPECT_EQ(event->alarms[0].severity, "critical");
  EXPECT_EQ(event->alarms[0].sentence, "the disk is full; the detector waits");
  EXPECT_EQ(event->alarms[0].since_utc_ns, 1784023200500000000);
  EXPECT_EQ(event->alarms[1].id, "mask");
  EXPECT_EQ(encode(*event), golden::header("alarms"));
}

TEST(AlarmsEvent, SaysThatAllIsWell) {
  const auto event = decode_alarms_event(golden::header("alarms_none"));
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->alarms.empty());
  EXPECT_EQ(encode(*event), golden::header("alarms_none"));
}

TEST(HealthEvent, IsTheGoldenMessage) {
  const auto event = decode_health_event(golden::header("health"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->service, "reconstructor");
  EXPECT_TRUE(event->ready);
  EXPECT_EQ(event->uptime_s, 812.5);
  EXPECT_EQ(event->level, 2u);
  EXPECT_EQ(event->load, 0.75);
  ASSERT_EQ(event->stages.size(), 2u);
  EXPECT_EQ(event->stages[0].doing, "");
  EXPECT_EQ(event->stages[1].stage, "solve");
  EXPECT_EQ(event->stages[1].state, "running");
  EXPECT_EQ(event->stages[1].silent_s, 12.5);
  EXPECT_EQ(event->stages[1].doing, "a batch of iterations");
  EXPECT_EQ(encode(*event), golden::header("health"));
}

}  // namespace
}  // namespace ptero::wire
