// A detector that speaks DECTRIS' streams, through ingest and classifier.
#include <gtest/gtest.h>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/services/detector/sender.hpp>
#include <thread>

#include "hand_detector.hpp"
#include "support/http_client.hpp"
#include "support/program.hpp"
#include "support/recorded.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

/// The small scan on a plan, as no detector of DECTRIS sends positions.
live::LiveOptions planned(const std::string& source, const std::filesystem::path& out) {
  auto options = live_options(out.string());
  options.source = source;
  options.ingest.positions = "plan:raster:24x30";
  options.ingest.step_x_m = 0.3e-6;
  options.reconstructor.solver.enabled = false;
  return options;
}

/// Runs live on the small scan as `send` tells it.
nlohmann::json run_over(const std::string& protocol, detector::SendOptions send, live::LiveOptions options) {
  transport::Context context;
  transport::Socket push(context, transport::SocketKind::push, {.high_water_mark = 16});
  push.bind("tcp://127.0.0.1:*");
  options.source = protocol + ":" + push.endpoint();
  send.protocol = detector::protocol_from_name(protocol);
  std::jthread sender([&](std::stop_token stop) {
    const auto source = detector::simulated(small_scan());
    detector::send_series(push, *source, send, stop);
  });
  return run_live(std::move(options));
}

TEST(Simplon, BothVersionsGiveTheSetOfTheNativeStream) {
  std::map<std::string, nlohmann::json> reports;
  for (const std::string protocol : {"native", "simplon1", "simplon2"}) {
    const Scratch scratch;
    auto& report = reports[protocol] =
        run_over(protocol, {.codec = Codec::bslz4}, planned("", scratch / "out"));
    EXPECT_EQ(sum(report["ledger"]), 720u) << protocol;
    EXPECT_GT(report["roi"]["selected"], 0u) << protocol;
    EXPECT_TRUE(scanfile::prove_ledger(scratch / "out/raw.h5").faults.empty()) << protocol;
    EXPECT_EQ(report["roi"]["set_hash"], reports["native"]["roi"]["set_hash"]) << protocol;
    EXPECT_EQ(report["ledger"], reports["native"]["ledger"]) << protocol;
  }
}

TEST(Simplon, FaultsOfTheSenderAreInTheLedger) {
  for (const std::string protocol : {"simplon1", "simplon2"}) {
    const Scratch scratch;
    const synth::FaultRates faults{.drop = 0.03, .duplicate = 0.03, .swap = 0.05, .corrupt = 0.03, .seed = 9};
    const auto plan = synth::plan_faults(720, faults);
    const auto ledger =
        run_over(protocol, {.codec = Codec::bslz4, .faults = faults}, planned("", scratch / "out"))["ledger"];
    // Ids behind the last image that came cannot be told from images never taken.
    EXPECT_EQ(ledger["missing"].get<std::size_t>() + ledger["not_taken"].get<std::size_t>(),
              plan.dropped.size());
    EXPECT_EQ(ledger["corrupt"].get<std::size_t>(), plan.corrupted.size());
    EXPECT_EQ(sum(ledger), 720u);
  }
}

TEST(Simplon, Lz4BlocksOfVersion1AreChunksOfTheArchive) {
  const Scratch scratch;
  run_over("simplon1", {.codec = Codec::lz4}, planned("", scratch / "out"));
  const scanfile::SeriesReader reader(scratch / "out/raw.h5");
  const auto source = detector::simulated(small_scan());
  for (FrameId id : {0, 300, 719}) EXPECT_EQ(reader.frame(id).payload, source->frame(id)->payload) << id;
}

TEST(Simplon, TheViewIsAppliedByTheClassifierAndTheArchiveKeepsWhatCame) {
  const Scratch scratch;
  auto turned = planned("", scratch / "turned");
  turned.ingest.frames.transpose = true;
  turned.ingest.frames.crop = 48;
  turned.reconstructor.solver.enabled = true;
  turned.reconstructor.solver.epochs = 1;
  const auto report = run_over("simplon2", {}, std::move(turned));
  EXPECT_GT(report["roi"]["selected"], 0u);
  EXPECT_EQ(report["reconstruction"]["frames"]["in_image"], report["ledger"]["selected"]);
  EXPECT_EQ(scanfile::SeriesReader(scratch / "turned/raw.h5").info().frame_shape, (Shape{48, 48}));
  // A centre of the caller's own leaves the recorded view out.
  const scanfile::SeriesReader stored(scratch / "turned/raw.h5", {.centre = {{32, 32}}});
  EXPECT_EQ(stored.info().frame_shape, (Shape{64, 64}));
  EXPECT_EQ(stored.frame(7).payload, detector::simulated(small_scan())->frame(7)->payload);
}

TEST(Simplon, RecordedStreamsReplayByteForByte) {
  SKIP_WITHOUT("streams");
  const Scratch scratch;
  const std::string endpoint = "ipc://" + (scratch / "detector").string();
  const Program replay("ptero",
                       {"replay", recorded("streams/dranspose/eiger-small-anon.cbors").string(), "--bind",
                        endpoint, "--rate", "0"},
                       scratch / "replay.log");
  transport::Context context;
  transport::Socket pull(context, transport::SocketKind::pull);
  pull.connect(endpoint);
  std::vector<std::size_t> parts;
  for (int i = 0; i < 5; ++i) {
    const auto message = pull.receive(std::chrono::seconds(20));
    ASSERT_TRUE(message) << replay.output();
    parts.push_back(message->size());
  }
  EXPECT_EQ(parts, (std::vector<std::size_t>{9, 5, 5, 5, 1}));
}

}  // namespace
}  // namespace ptero::test
