#include <gtest/gtest.h>

#include <cmath>
#include <ptero/wire/events.hpp>

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

TEST(ReportEvent, IsTheGoldenMessage) {
  const auto event = decode_report_event(golden::header("report"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->series_uid, uid);
  EXPECT_EQ(event->json, R"({"roi":{"fraction":0.27}})");
  EXPECT_EQ(encode(*event), golden::header("report"));
}

}  // namespace
}  // namespace ptero::wire
