#include <gtest/gtest.h>

#include <chrono>
#include <ptero/core/error.hpp>

#include "small_scan.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

using Clock = std::chrono::steady_clock;

bool whole_scan_arrived(const live::Progress& progress) {
  return !progress.ledger.empty() && progress.ledger.at("expected") == 0;
}

TEST(Live, TheFirstInterruptDuringTheLastPassesWritesTheResults) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.reconstructor.solver.epochs = 1'000'000;
  options.reconstructor.solver.stop_converged = false;
  live::Live live(options, {});
  std::optional<Clock::time_point> last_passes;
  const auto text = live.run(
      [&](const live::Progress& p) {
        if (whole_scan_arrived(p) && p.ledger.at("pending") == 0 && p.iteration > 0 && !last_passes)
          last_passes = Clock::now();
      },
      // The end message follows the last frame; nothing tells when the log is closed.
      [&] { return last_passes && Clock::now() - *last_passes > std::chrono::seconds(2) ? 1 : 0; });
  ASSERT_FALSE(text.empty());
  const auto report = nlohmann::json::parse(text);
  EXPECT_EQ(report["reconstruction"]["frames"]["in_image"], report["ledger"]["selected"]);
  EXPECT_NE(report["reconstruction"]["problem"].get<std::string>().find("of 1000000 passes"),
            std::string::npos);
  for (const char* file : {"raw.h5", "roi.csv", "roi.png", "phase.png", "product.h5", "report.json"})
    EXPECT_TRUE(std::filesystem::exists(scratch / "out" / file)) << file;
}

TEST(Live, TheFirstInterruptDuringTheScanEndsItAndWritesTheResults) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.send.rate_hz = 50;  // long enough for the interrupt to come before its end
  live::Live live(options, {});
  bool begun = false;
  const auto text = live.run([&](const live::Progress& p) { begun = begun || p.labelled > 80; },
                             [&] { return begun ? 1 : 0; });
  ASSERT_FALSE(text.empty());
  const auto report = nlohmann::json::parse(text);
  EXPECT_GT(report["ledger"]["not_taken"].get<int>(), 0);
  EXPECT_EQ(sum(report["ledger"]), 720u);
  EXPECT_TRUE(std::filesystem::exists(scratch / "out/product.h5"));
}

TEST(Live, AnInterruptBeforeAnySeriesEndsAtOnceWithNothing) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.source = "native:ipc://" + (scratch / "nobody").string();
  live::Live live(options, {});
  const auto begun = Clock::now();
  EXPECT_EQ(live.run([](const live::Progress&) {}, [] { return 1; }), "");
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(10));
}

TEST(Live, NothingWrittenIsAFailure) {
  Scratch scratch;
  Program program("ptero",
                  {"live", "--source", "native:ipc://" + (scratch / "nobody").string(), "--out",
                   (scratch / "out").string()},
                  scratch / "log");
  ASSERT_TRUE(eventually([&] { return program.output().find("metrics at") != std::string::npos; }));
  program.kill(SIGINT);
  EXPECT_EQ(program.wait(), 1);
  EXPECT_NE(program.output().find("no results"), std::string::npos) << program.output();
}

TEST(Live, KeptRunningWritesOneReportASeriesAndStopsAtTheInterrupt) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.source = "native:ipc://" + (scratch / "detector").string();
  options.keep_running = true;
  options.reconstructor.solver.enabled = false;
  live::Live live(options, {});
  std::jthread detector([&] {
    transport::Context context;
    transport::Socket push(context, transport::SocketKind::push);
    push.set_linger(std::chrono::milliseconds(-1));  // what is sent is taken, however late
    push.bind("ipc://" + (scratch / "detector").string());
    for (std::uint64_t number : {1, 2}) {
      auto scan = small_scan();
      scan.series_id = number;
      scan.uid = "scan-" + std::to_string(number);
      detector::send_series(push, *detector::simulated(scan), {}, {});
    }
  });
  const auto written = [&](const char* uid) {
    return std::filesystem::exists(scratch / "out" / uid / "report.json");
  };
  const auto text =
      live.run([](const live::Progress&) {}, [&] { return written("scan-1") && written("scan-2") ? 1 : 0; });
  EXPECT_EQ(nlohmann::json::parse(text)["series_uid"], "scan-2");
}

TEST(Live, AReportThatCannotBeWrittenIsAnErrorWithItsPath) {
  Scratch scratch;
  std::filesystem::create_directories(scratch / "out/report.json");
  auto options = live_options((scratch / "out").string());
  options.reconstructor.solver.enabled = false;
  const auto why = message_of<Error>([&] { run_live(options); });
  EXPECT_NE(why.find((scratch / "out/report.json").string()), std::string::npos) << why;
}

TEST(Live, WhatTheWatcherThrowsWhileFramesAreSentComesOut) {
  Scratch scratch;
  auto options = live_options((scratch / "out").string());
  options.send.rate_hz = 100;
  options.reconstructor.solver.enabled = false;
  const auto watch = [](const live::Progress& p, live::Live&) {
    if (p.labelled > 10) throw Error("enough");
  };
  EXPECT_EQ(message_of<Error>([&] { run_live(options, watch); }), "enough");
}

TEST(Live, AWrongTruthOrProbeIsRefusedBeforeAnythingStarts) {
  Scratch scratch;
  for (const char* option : {"--truth", "--probe"}) {
    const auto ran =
        run("ptero",
            {"live", "--source", "sim:empty", "--out", (scratch / "out").string(), option, "/nonexistent.h5"},
            scratch / "log");
    EXPECT_EQ(ran.code, 2) << option;
    EXPECT_NE(ran.output.find("/nonexistent.h5"), std::string::npos) << ran.output;
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "out/raw.h5"));
}

}  // namespace
}  // namespace ptero::test
