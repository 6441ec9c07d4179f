#include "state_store.hpp"

#include <gtest/gtest.h>

#include <ptero/wire/events.hpp>

namespace ptero::dashboard {
namespace {

constexpr std::int64_t second = 1'000'000'000;

Parts event(std::string_view topic, const Bytes& header) {
  return {Bytes::take(std::string(topic)), header};
}

Parts ledger(std::uint64_t arrived, std::uint64_t expected, bool ended = false,
             const std::string& uid = "s") {
  return event("ledger", wire::encode(wire::LedgerEvent{
                             uid, {{"background", arrived}, {"expected", expected}}, ended}));
}

TEST(StateStore, SaysNothingBeforeAnythingWasHeard) {
  const StateStore store;
  const auto state = store.state(second);
  EXPECT_EQ(state["ledger"], nullptr);
  EXPECT_EQ(state["image"], nullptr);
  EXPECT_EQ(state["services"]["ingest"]["alive"], false);
  EXPECT_EQ(state["services"]["ingest"]["heard_ms"], nullptr);
  EXPECT_TRUE(state["alarms"].empty());
}

TEST(StateStore, CountsFramesASecondOfTheSeriesThatRuns) {
  StateStore store;
  store.take("ingest", ledger(0, 100), 0);
  store.take("ingest", ledger(50, 50), second / 2);
  EXPECT_DOUBLE_EQ(store.state(second / 2)["rate_hz"], 100);
  EXPECT_EQ(store.state(second)["ledger"]["arrived"], 50);
  EXPECT_EQ(store.state(second)["ledger"]["total"], 100);
  // The next series counts anew, and a source that fell silent has no rate.
  store.take("ingest", ledger(1, 9, false, "t"), second);
  EXPECT_DOUBLE_EQ(store.state(second)["rate_hz"], 0);
  store.take("ingest", ledger(5, 5, false, "t"), 2 * second);
  EXPECT_DOUBLE_EQ(store.state(2 * second)["rate_hz"], 4);
  EXPECT_DOUBLE_EQ(store.state(9 * second)["rate_hz"], 0);
}

TEST(StateStore, TheImageGrowsOlder) {
  StateStore store;
  const wire::SnapshotEvent snapshot{.series_uid = "s", .frames_used = 3, .age_ms = 200, .shape = {1, 1}};
  const Bytes picture = Bytes::take(std::vector<float>{1});
  EXPECT_TRUE(store.take("reconstructor",
                         {Bytes::take(std::string("snapshot")), wire::encode(snapshot), picture, picture},
                         second));
  EXPECT_DOUBLE_EQ(store.state(3 * second)["image"]["age_ms"], 2200);
  EXPECT_FALSE(store.picture("snapshot").empty());
}

TEST(StateStore, SaysWhetherTheReconstructionRuns) {
  StateStore store;
  const Bytes picture = Bytes::take(std::vector<float>{1});
  const wire::SnapshotEvent snapshot{.series_uid = "s", .frames_used = 3, .shape = {1, 1}};
  store.take("reconstructor",
             {Bytes::take(std::string("snapshot")), wire::encode(snapshot), picture, picture}, 0);
  EXPECT_EQ(store.state(0)["image"]["running"], true);
  EXPECT_EQ(store.state(0)["reconstruction"], nullptr);
  store.take("reconstructor",
             event("reconstruction", wire::encode(wire::ReconstructionEvent{"s", false, 3, 7})), 0);
  EXPECT_EQ(store.state(0)["image"]["running"], false);
  EXPECT_EQ(store.state(0)["reconstruction"]["iteration"], 7);
}

TEST(StateStore, TellsWhatIsNotInTheImageAndWhatIsSuspected) {
  StateStore store;
  EXPECT_TRUE(store.state(0)["warnings"].empty());
  store.take("ingest", event("ledger", wire::encode(wire::LedgerEvent{"s", {{"selected", 3}}, false})), 0);
  const wire::ReconstructionEvent frames{"s", true, 140, 7, 1, {{"saturated", 2}, {"zero", 1}}};
  store.take("reconstructor", event("reconstruction", wire::encode(frames)), 0);
  EXPECT_EQ(store.state(0)["reconstruction"]["waiting"], 1);
  EXPECT_EQ(store.state(0)["reconstruction"]["left_out"], (nlohmann::json{{"saturated", 2}, {"zero", 1}}));
  const wire::WarningsEvent of_now{"reconstructor", "s", {{"outlying_position", "one is far away"}}};
  store.take("reconstructor", event("warnings.reconstructor", wire::encode(of_now)), 0);
  ASSERT_EQ(store.state(0)["warnings"].size(), 1u);
  EXPECT_EQ(store.state(0)["warnings"][0]["code"], "outlying_position");
  EXPECT_EQ(store.state(0)["warnings"][0]["service"], "reconstructor");
  // What was suspected of another series is no news of this one.
  store.take("ingest", event("ledger", wire::encode(wire::LedgerEvent{"t", {{"selected", 3}}, false})), 0);
  EXPECT_TRUE(store.state(0)["warnings"].empty());
}

TEST(StateStore, TheWarningsOfAllServicesStandInTheReport) {
  StateStore store;
  for (const std::string service : {"classifier", "reconstructor"})
    store.take(
        service,
        event("report." + service, wire::encode(wire::ReportEvent{"s", R"({"warnings":[{"code":")" + service +
                                                                           R"(","sentence":"x"}]})"})),
        0);
  ASSERT_EQ(store.series().size(), 1u);
  EXPECT_EQ(store.series()[0]["report"]["warnings"].size(), 2u);
}

TEST(StateStore, TellsTheFramesThatAPersonMarked) {
  StateStore store;
  EXPECT_TRUE(store.state(0)["bad_ranges"].empty());
  const wire::RoiEvent roi{.series_uid = "s", .bad = {3, 200, 412, 412}, .next_segments = 16};
  store.take("classifier", event("roi", wire::encode(roi)), 0);
  EXPECT_EQ(store.state(0)["bad_ranges"], (nlohmann::json{{3, 200}, {412, 412}}));
  EXPECT_EQ(store.state(0)["roi"]["next_segments"], 16);
}

TEST(StateStore, RemembersTheLatencyOfTheLastMinute) {
  StateStore store;
  wire::RoiEvent roi{.series_uid = "s", .latency_p99_ms = 40, .latency_p99_recent_ms = 3};
  store.take("classifier", event("roi", wire::encode(roi)), 0);
  store.remember(0);
  EXPECT_EQ(store.state(0)["roi"]["latency_p99_recent_ms"], 3);
  roi.latency_p99_recent_ms.reset();
  store.take("classifier", event("roi", wire::encode(roi)), second);
  store.remember(second);
  EXPECT_EQ(store.state(second)["roi"]["latency_p99_recent_ms"], nullptr);
  const auto history = nlohmann::json::parse(store.history().dump());
  EXPECT_EQ(history["label_p99_ms"], (nlohmann::json{3.0, nullptr}));
}

TEST(StateStore, AddsUpWhatIsWanted) {
  StateStore store;
  EXPECT_EQ(store.state(0)["wanted"], nullptr);
  store.set_wanted({{"border", 2}});
  store.set_wanted({{"segments", 4}});
  EXPECT_EQ(store.state(0)["wanted"], (nlohmann::json{{"border", 2}, {"segments", 4}}));
}

TEST(StateStore, AServiceThatFallsSilentIsNotAliveAndItsAlarmsAreGone) {
  StateStore store;
  wire::AlarmsEvent alarms{"ingest", {{"disk_full", "critical", "the disk is full", 5'000'000}}};
  store.take("ingest", event("alarms.ingest", wire::encode(alarms)), 0);
  auto state = store.state(second);
  EXPECT_EQ(state["services"]["ingest"]["alive"], true);
  ASSERT_EQ(state["alarms"].size(), 1u);
  EXPECT_EQ(state["alarms"][0]["service"], "ingest");
  state = store.state(2 * second);
  EXPECT_EQ(state["services"]["ingest"]["alive"], false);
  EXPECT_TRUE(state["alarms"].empty());
}

TEST(StateStore, PutsTheReportsOfASeriesTogether) {
  StateStore store;
  const auto report = [&](const std::string& service, const std::string& uid, const std::string& json) {
    store.take(service, event("report." + service, wire::encode(wire::ReportEvent{uid, json})), 0);
  };
  report("ingest", "s", R"({"ledger": {"selected": 5}, "seconds": {"a": 1}})");
  report("classifier", "s", R"({"roi": {"fraction": 0.5}, "seconds": {"b": 2}})");
  report("ingest", "t", "{}");
  report("ingest", "t", "{}");
  report("ingest", "u", "no json");
  const auto series = store.series();
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0]["series_uid"], "t");
  EXPECT_EQ(series[0]["reported_by"].size(), 1u);
  EXPECT_EQ(series[1]["report"]["seconds"], (nlohmann::json{{"a", 1}, {"b", 2}}));
  for (int i = 0; i < 40; ++i) report("ingest", "n" + std::to_string(i), "{}");
  EXPECT_EQ(store.series().size(), StateStore::series_kept);
}

/// A report that is nested so deeply that writing it would overflow the stack is none.
TEST(StateStore, TakesNoReportThatCannotBeWritten) {
  StateStore store;
  const std::string deep = "{\"a\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  for (const std::string& text : {deep, std::string("{\"a\": 1, \"a\": 2}"), std::string("{} {}")})
    store.take("ingest", event("report.ingest", wire::encode(wire::ReportEvent{"s", text})), 0);
  EXPECT_EQ(store.series().dump(), "[]");
  EXPECT_EQ(store.bad_events(), 3u);
}

TEST(StateStore, KeepsTheWarningsOfEveryService) {
  StateStore store;
  const auto report = [&](const std::string& service, const std::string& json) {
    store.take(service, event("report." + service, wire::encode(wire::ReportEvent{"s", json})), 0);
  };
  report("ingest", R"({"warnings": [{"code": "a", "sentence": "A."}]})");
  report("classifier", R"({"warnings": [{"code": "b", "sentence": "B."}]})");
  report("classifier", R"({"warnings": [{"code": "b", "sentence": "B."}]})");
  EXPECT_EQ(store.series()[0]["report"]["warnings"],
            (nlohmann::json{{{"code", "a"}, {"sentence", "A."}}, {{"code", "b"}, {"sentence", "B."}}}));
}

TEST(StateStore, CountsWhatItCannotRead) {
  StateStore store;
  store.take("ingest", event("ledger", Bytes::take(std::string("x"))), 0);
  store.take("ingest", event("weather", Bytes::take(std::string("x"))), 0);  // of a newer service
  store.take("ingest", {}, 0);
  EXPECT_EQ(store.bad_events(), 1u);
}

TEST(StateStore, RemembersTenMinutes) {
  StateStore store;
  for (int i = 0; i < 700; ++i) store.remember(i * second);
  EXPECT_EQ(store.history()["utc_ms"].size(), 600u);
}

}  // namespace
}  // namespace ptero::dashboard
