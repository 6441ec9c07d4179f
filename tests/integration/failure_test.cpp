#include <gtest/gtest.h>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "small_scan.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace ptero::test {
namespace {

/// A program that must end by itself: its exit code, or -1 when it still ran after `seconds`.
int ends_within(Program& program, int seconds) {
  return eventually([&] { return program.ended(); }, seconds) ? program.wait() : -1;
}

std::string free_endpoint() {
  transport::Context context;
  transport::Socket socket(context, transport::SocketKind::pull);
  socket.bind("tcp://127.0.0.1:*");
  return socket.endpoint();
}

std::vector<std::string> with_small_scan(std::vector<std::string> words) {
  for (const auto& word : small_scan_arguments()) words.push_back(word);
  return words;
}

TEST(Failure, AClassifierThatCannotWriteEndsTheRun) {
  Scratch scratch;
  std::filesystem::create_directories(scratch / "o/roi.csv");
  Program live("ptero",
               with_small_scan({"live", "--source", "sim:nanosheets", "--out", (scratch / "o").string()}),
               scratch / "log");
  EXPECT_EQ(ends_within(live, 30), 1) << live.output();
  EXPECT_NE(live.output().find("roi.csv"), std::string::npos) << live.output();
}

// A supervisor would start it into the same message again and again.
TEST(Failure, AnIngestThatCannotMakeASeriesFolderRecordsItElsewhereAndSaysSo) {
  Scratch scratch;
  spill(scratch / "sim-nanosheets-3", "a file where a folder should be");
  const auto source = free_endpoint();
  Program ingest("ptero-ingest",
                 {"--set", "ingest.source=native:" + source, "--set", "ingest.out=" + (scratch / "").string(),
                  "--set", "ingest.frame_link=tcp://127.0.0.1:*", "--set", "ingest.events=tcp://127.0.0.1:*",
                  "--set", "ingest.http_port=0"},
                 scratch / "log");
  Program sender("ptero", with_small_scan({"simulate", "nanosheets", "--rate", "0", "--bind", source}),
                 scratch / "sender.log");
  const auto recorded = [&] {
    for (const auto& folder : std::filesystem::directory_iterator(scratch / ""))
      if (std::filesystem::exists(folder.path() / "raw.h5") &&
          !std::filesystem::exists(folder.path() / "series.journal"))
        return true;
    return false;
  };
  EXPECT_TRUE(eventually(recorded, 120)) << ingest.output();
  EXPECT_NE(ingest.output().find("'sim-nanosheets-3' cannot be recorded under its name"), std::string::npos)
      << ingest.output();
}

/// Sends whole little series by hand.
class ByHand : public testing::Test {
 protected:
  ByHand() : push_(context_, transport::SocketKind::push) {
    push_.bind("tcp://127.0.0.1:*");
    options_.source = "native:" + push_.endpoint();
    options_.out = (scratch_ / "out").string();
    options_.reconstructor.solver.enabled = false;
  }
  void send(const Parts& parts) {
    ASSERT_EQ(push_.send(parts, std::chrono::seconds(10)), transport::Socket::Sent::yes);
  }
  static SeriesInfo info(const std::string& uid, std::uint64_t n) {
    SeriesInfo series{.id = 1, .uid = uid, .n_expected = n, .frame_shape = {8, 8}, .dtype = Dtype::u16};
    series.raster = RasterPlan{8, 8};
    return series;
  }
  static Frame frame(FrameId id) {
    return {.id = id,
            .shape = {8, 8},
            .dtype = Dtype::u16,
            .payload = Bytes::take(std::vector<std::uint16_t>(64, static_cast<std::uint16_t>(100 + id % 7)))};
  }
  void send_series(const std::string& uid, std::uint64_t n) {
    send(wire::encode(info(uid, n)));
    for (FrameId id = 0; id < n; ++id) send(wire::encode(wire::StreamFrame{1, frame(id)}));
    send(wire::encode(wire::StreamEnd{1, n}));
  }

  Scratch scratch_;
  transport::Context context_;
  transport::Socket push_;
  live::LiveOptions options_;
};

// The frame behind the announced ones is taken; ids and an end that cannot be meant change nothing.
TEST_F(ByHand, NumbersFarBeyondAllThatCameAreDamaged) {
  std::jthread sender([&] {
    send(wire::encode(info("s", 64)));
    for (FrameId id = 0; id < 64; ++id) {
      send(wire::encode(wire::StreamFrame{1, frame(id)}));
      for (FrameId wild : {FrameId{64}, FrameId{1'000'000}, FrameId{60'000'000}, ~FrameId{0}})
        if (id == 20) send(wire::encode(wire::StreamFrame{1, frame(wild)}));
    }
    send(wire::encode(wire::StreamEnd{1, 5'000'000}));
  });
  const auto report = run_live(options_);
  EXPECT_EQ(sum(report["ledger"]), 65u);
  EXPECT_EQ(report["ledger"]["missing"].get<int>(), 0);
  EXPECT_EQ(report["ledger"]["corrupt"].get<int>(), 0);
  const auto proof = scanfile::prove_ledger(scratch_ / "out/raw.h5");
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
}

TEST_F(ByHand, SeriesOneAfterTheOtherAreAllRecordedWithoutAClassifier) {
  ingest::IngestOptions options;
  options.source = options_.source;
  options.frame_link = "inproc://frames";
  options.events = "inproc://events";
  options.out = (scratch_ / "data").string();
  ingest::Ingest ingest(context_, options);
  ingest.service().start();
  for (int i = 0; i < 5; ++i) send_series("m" + std::to_string(i), 16);
  // The last one waits for labels; nobody else may have to.
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 4; ++i)
      if (std::filesystem::exists(scratch_ / "data" / ("m" + std::to_string(i)) / "series.journal") ||
          !std::filesystem::exists(scratch_ / "data" / ("m" + std::to_string(i)) / "raw.h5"))
        return false;
    return true;
  }));
  ingest.service().request_stop();
  ingest.service().join();
  for (int i = 0; i < 5; ++i) {
    const auto proof = scanfile::prove_ledger(scratch_ / "data" / ("m" + std::to_string(i)) / "raw.h5");
    EXPECT_TRUE(proof.sealed && proof.faults.empty());
    EXPECT_EQ(proof.counted.total(), 16u);
  }
}

TEST_F(ByHand, FramesOwedOfOneSeriesAreFetchedWhileTheNextIsTaken) {
  // Nothing is kept in the classifier: every selected frame is fetched from ingest again.
  options_.classifier.cache_bytes = 0;
  options_.classifier.method.select_all = true;
  options_.keep_running = true;
  options_.reconstructor.solver.enabled = true;
  options_.reconstructor.solver.epochs = 2;
  std::jthread sender([&] {
    for (const char* uid : {"a", "b"}) {
      auto series = info(uid, 400);
      series.raster = RasterPlan{20, 20, 2, 2};
      series.object_pixel_m = 1;
      send(wire::encode(series));
      for (FrameId id = 0; id < 400; ++id) {
        Frame one = frame(id);
        one.payload = Bytes::take(std::vector<std::uint16_t>(64, *uid));  // the series shows in every pixel
        send(wire::encode(wire::StreamFrame{1, std::move(one)}));
      }
      send(wire::encode(wire::StreamEnd{1, 400}));
    }
  });
  live::Live live(options_, {});
  const auto b = scratch_ / "out/b/report.json";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(100);
  live.run([](const live::Progress&) {},
           [&] { return std::filesystem::exists(b) || std::chrono::steady_clock::now() > deadline ? 2 : 0; });
  for (const char* uid : {"a", "b"}) {
    const auto path = scratch_ / "out" / uid / "report.json";
    ASSERT_TRUE(std::filesystem::exists(path)) << uid;
    const auto report = nlohmann::json::parse(std::ifstream(path));
    EXPECT_EQ(report["reconstruction"]["frames"]["in_image"].get<int>(), 400) << uid;
  }
}

}  // namespace
}  // namespace ptero::test
