#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include <ptero/journal/journal.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/inspect.hpp>

#include "hand_detector.hpp"
#include "support/http_client.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

/// Sends the small scan at 400 Hz and keeps its end back, so that the series stays unfinished.
class SlowSender {
 public:
  explicit SlowSender(const std::string& endpoint)
      : detector_(endpoint), thread_([this](std::stop_token stop) {
          detector_.send(detector_.info());
          for (FrameId id = 0; id < detector_.size() && !stop.stop_requested(); ++id) {
            std::this_thread::sleep_for(std::chrono::microseconds(2500));
            detector_.send(detector_.frame(id));
          }
        }) {}
  void end() {
    thread_.join();
    detector_.send_end();
  }

 private:
  HandDetector detector_;
  std::jthread thread_;
};

class Processes : public testing::Test {
 protected:
  Processes() : ports_(free_ports(9)) { configure("epochs = 3\ndefocus_m = 355e-6\n"); }
  void configure(const std::string& reconstruction) {
    const auto tcp = [this](int i) { return "\"tcp://127.0.0.1:" + std::to_string(ports_[i]) + "\"\n"; };
    const auto http = [this](int i) { return "http_port = " + std::to_string(ports_[i]) + "\n"; };
    const std::string out = "out = \"" + (scratch_ / "data").string() + "\"\n";
    std::ofstream(scratch_ / "services.toml")
        << "[ingest]\nsource = \"native:tcp://127.0.0.1:" << ports_[0] << "\"\nframe_link = " << tcp(1)
        << "events = " << tcp(2) << http(6) << out << "[classifier]\nframe_link = " << tcp(1)
        << "selection_link = " << tcp(3) << "events = " << tcp(4) << http(7) << out
        << "[reconstructor]\nselection_link = " << tcp(3) << "events = " << tcp(5) << http(8) << out
        << reconstruction;
  }
  Program start(const std::string& service) {
    return Program("ptero-" + service, {"-c", (scratch_ / "services.toml").string()},
                   scratch_ / (service + ".log"));
  }
  Ran simulate(const std::string& name) {
    std::vector<std::string> arguments{
        "simulate", "nanosheets", "--rate", "0", "--bind", "tcp://127.0.0.1:" + std::to_string(ports_[0])};
    for (const auto& word : small_scan_arguments()) arguments.push_back(word);
    return run("ptero", arguments, scratch_ / (name + ".log"));
  }
  bool finished(const std::string& folder) {
    const auto dir = scratch_ / "data" / folder;
    return std::filesystem::exists(dir / "product.h5") && std::filesystem::exists(dir / "phase.png") &&
           std::filesystem::exists(dir / "roi.png") && !std::filesystem::exists(dir / "series.journal") &&
           std::filesystem::exists(dir / "raw.h5");
  }

  std::string native() const { return "tcp://127.0.0.1:" + std::to_string(ports_[0]); }
  /// Kills it at a random moment after the sum of its gauges reached a random number from `least` to `most`.
  void kill_after(Program& doomed, int http_port, const std::vector<std::string>& gauges, int least,
                  int most) {
    const int count = std::uniform_int_distribution(least, most)(random_);
    const int delay_us = std::uniform_int_distribution(0, 50'000)(random_);
    ASSERT_TRUE(eventually([&] {
      const auto page = telemetry::get(http_port, "/metrics").body;
      double sum = 0;
      for (const auto& gauge : gauges) sum += metric(page, gauge);
      return sum >= count;
    })) << doomed.output();
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    doomed.kill(SIGKILL);
    EXPECT_EQ(doomed.wait(), 128 + SIGKILL) << doomed.output();
    std::cout << "killed " << delay_us << " us after " << gauges.front() << " " << count << "\n";
  }
  void expect_product_of_the_selected() {
    std::size_t selected = 0;
    for (const auto& [id, label] : labels_in(scratch_ / "data" / uid / "roi.csv"))
      selected += label == "selected";
    EXPECT_GT(selected, 0u);
    EXPECT_EQ(product::read_product(scratch_ / "data" / uid / "product.h5").positions.size(), selected);
  }

  static constexpr const char* uid = "sim-nanosheets-3";
  /// Of the amplitude error of a reconstruction that was killed, relative to one that was not.
  static constexpr double resumed_tolerance = 0.05;
  Scratch scratch_;
  std::vector<int> ports_;
  std::mt19937 random_{seed()};
};

TEST_F(Processes, OverTcpGiveTheSameSetAsOneProcessOverInproc) {
  auto ingest = start("ingest");
  auto classifier = start("classifier");
  auto reconstructor = start("reconstructor");
  const auto sent = simulate("simulate");
  ASSERT_EQ(sent.code, 0) << sent.output;
  ASSERT_TRUE(eventually([&] { return finished(uid); }))
      << ingest.output() << classifier.output() << reconstructor.output();
  for (int i : {6, 7, 8}) {
    EXPECT_EQ(telemetry::get(ports_[i], "/healthz").status, 200);
    EXPECT_EQ(telemetry::get(ports_[i], "/readyz").status, 200);
    EXPECT_NE(telemetry::get(ports_[i], "/metrics").body.find("ptero_"), std::string::npos);
  }
  for (auto* service : {&ingest, &classifier, &reconstructor}) {
    service->kill(SIGTERM);
    EXPECT_EQ(service->wait(), 0) << service->output();
  }
  run_live(live_options((scratch_ / "inproc").string()));
  const auto over_tcp = labels_in(scratch_ / "data" / uid / "roi.csv");
  EXPECT_EQ(over_tcp.size(), 720u);
  EXPECT_EQ(over_tcp, labels_in(scratch_ / "inproc/roi.csv"));
}

TEST_F(Processes, AClassifierThatIsKilledAndRestartedGivesTheSameSet) {
  auto ingest = start("ingest");
  auto reconstructor = start("reconstructor");
  SlowSender sender(native());
  const auto log = scratch_ / "data" / uid / "roi.journal";
  for (int kill = 0; kill < 4; ++kill) {
    auto doomed = start("classifier");
    kill_after(doomed, ports_[7], {"ptero_classifier_frames_total", "ptero_classifier_resumed_frames"},
               1 + 150 * kill, 150 + 150 * kill);
    // Nothing is decided for good: the end of the series has not been sent.
    ASSERT_FALSE(std::filesystem::exists(scratch_ / "data" / uid / "roi.csv"));
    ASSERT_TRUE(std::filesystem::exists(scratch_ / "data" / uid / "series.journal"));
  }
  const journal::JournalReader entries(log);
  std::uint64_t logged = 0;  // frames: an entry's first byte is 1 (proto/checkpoint.md)
  for (std::uint64_t i = 1; i < entries.size(); ++i)
    logged += entries.read(i).at(0).span().front() == std::byte{1};
  auto classifier = start("classifier");
  sender.end();
  ASSERT_TRUE(eventually([&] { return finished(uid); }))
      << ingest.output() << classifier.output() << reconstructor.output();
  // What was logged was not asked for again.
  const auto page = telemetry::get(ports_[7], "/metrics").body;
  EXPECT_GT(logged, 100u);
  EXPECT_EQ(metric(page, "ptero_classifier_resumed_frames"), double(logged));
  EXPECT_EQ(metric(page, "ptero_classifier_frames_total"),
            720 - metric(page, "ptero_classifier_resumed_frames"));
  std::cout << logged << " frames were logged\n";
  // A restart after the end is quick too; a service that ends in order leaves nothing behind.
  EXPECT_TRUE(std::filesystem::exists(log));
  classifier.kill(SIGTERM);
  EXPECT_EQ(classifier.wait(), 0) << classifier.output();
  EXPECT_FALSE(std::filesystem::exists(log));
  run_live(live_options((scratch_ / "inproc").string()));
  EXPECT_EQ(labels_in(scratch_ / "data" / uid / "roi.csv"), labels_in(scratch_ / "inproc/roi.csv"));
  expect_product_of_the_selected();
}

TEST_F(Processes, AReconstructorThatIsKilledAndRestartedIsSentEverythingAgain) {
  auto ingest = start("ingest");
  auto classifier = start("classifier");
  SlowSender sender(native());
  for (int kill = 0; kill < 3; ++kill) {
    auto doomed = start("reconstructor");
    kill_after(doomed, ports_[8], {"ptero_reconstructor_frames"}, 1, 100);
    ASSERT_FALSE(std::filesystem::exists(scratch_ / "data" / uid / "product.h5"));
    ASSERT_FALSE(std::filesystem::exists(scratch_ / "data" / uid / "roi.csv")) << "the series is over";
  }
  auto reconstructor = start("reconstructor");
  sender.end();
  ASSERT_TRUE(eventually([&] { return finished(uid); })) << classifier.output() << reconstructor.output();
  expect_product_of_the_selected();
}

TEST_F(Processes, AReconstructorThatIsKilledGoesOnFromItsCheckpoint) {
  configure("epochs = 60\ndefocus_m = 355e-6\nfrc_epochs = 0\ncheckpoint_every_s = 0.02\nthreads = 1\n");
  auto ingest = start("ingest");
  auto classifier = start("classifier");
  SlowSender sender(native());
  const auto kept = scratch_ / "data" / uid / "reconstruction.checkpoint";
  for (int kill = 0; kill < 3; ++kill) {
    auto doomed = start("reconstructor");
    // A fast machine iterates more often than it writes, and a slow disk takes its time.
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(kept); })) << doomed.output();
    kill_after(doomed, ports_[8], {"ptero_reconstructor_iteration"}, 4 + 6 * kill, 8 + 6 * kill);
    ASSERT_FALSE(std::filesystem::exists(scratch_ / "data" / uid / "product.h5"));
  }
  auto reconstructor = start("reconstructor");
  ASSERT_TRUE(eventually([&] {
    return reconstructor.output().find("goes on from a checkpoint") != std::string::npos;
  })) << reconstructor.output();
  sender.end();
  ASSERT_TRUE(eventually([&] { return finished(uid); })) << reconstructor.output();
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(kept); }));
  expect_product_of_the_selected();

  // The errors of all four lives are in one list. Frames that come between them move it either way; that the
  // next error follows from the last on the same frames is shown in tests/reconstructor/checkpoint_test.cpp.
  const auto product = product::read_product(scratch_ / "data" / uid / "product.h5");
  const auto& errors = product.loss_values;
  const auto said = reconstructor.output();
  const auto at = said.find("iterations=", said.find("goes on from a checkpoint"));
  ASSERT_NE(at, std::string::npos) << said;
  const std::size_t taken_over = std::stoul(said.substr(at + 11));
  ASSERT_GE(taken_over, 1u);
  ASSERT_GT(errors.size(), taken_over);
  std::cout << "first error " << errors[0] << ", killed at " << errors[taken_over - 1] << ", went on with "
            << errors[taken_over] << ", ended with " << errors.back() << "\n";

  auto undisturbed = live_options((scratch_ / "inproc").string());
  undisturbed.reconstructor.solver.epochs = 60;
  undisturbed.reconstructor.solver.frc_epochs = 0;
  const auto report = run_live(undisturbed);
  const double reference = report["reconstruction"]["amplitude_error"].back();
  std::cout << "undisturbed: " << reference << "\n";
  EXPECT_NEAR(errors.back(), reference, resumed_tolerance * reference);
}

TEST_F(Processes, AReconstructorThatIsRestartedAfterTheEndOnlyReports) {
  auto ingest = start("ingest");
  auto classifier = start("classifier");
  const auto product = scratch_ / "data" / uid / "product.h5";
  {
    auto reconstructor = start("reconstructor");
    ASSERT_EQ(simulate("simulate").code, 0);
    ASSERT_TRUE(eventually([&] {
      return reconstructor.output().find("series reconstructed") != std::string::npos;
    })) << reconstructor.output();
    reconstructor.kill(SIGKILL);
    reconstructor.wait();
  }
  const auto written = std::filesystem::last_write_time(product);
  {
    auto again = start("reconstructor");
    ASSERT_TRUE(eventually([&] { return again.output().find("reconstructed already") != std::string::npos; }))
        << again.output();
    EXPECT_EQ(metric(telemetry::get(ports_[8], "/metrics").body, "ptero_reconstructor_frames"), 0);
    EXPECT_EQ(again.output().find("series started"), std::string::npos) << again.output();
    again.kill(SIGTERM);
    EXPECT_EQ(again.wait(), 0) << again.output();
    EXPECT_EQ(std::filesystem::last_write_time(product), written);
  }
  // Asked for something else, it begins anew.
  configure("epochs = 4\ndefocus_m = 355e-6\n");
  auto other = start("reconstructor");
  ASSERT_TRUE(eventually([&] { return other.output().find("series reconstructed") != std::string::npos; }))
      << other.output();
  EXPECT_GT(std::filesystem::last_write_time(product), written);
}

TEST_F(Processes, TwoSeriesOfOneNameAreTwoSeries) {
  auto ingest = start("ingest");
  auto classifier = start("classifier");
  auto reconstructor = start("reconstructor");
  for (int i = 0; i < 2; ++i) ASSERT_EQ(simulate("simulate").code, 0);
  const std::string second = std::string(uid) + "-2";
  ASSERT_TRUE(eventually([&] { return finished(uid) && finished(second); }))
      << ingest.output() << classifier.output() << reconstructor.output();
  EXPECT_EQ(labels_in(scratch_ / "data" / uid / "roi.csv"),
            labels_in(scratch_ / "data" / second / "roi.csv"));
}

TEST_F(Processes, AnInterruptedLiveRunEndsTheSeriesAndKeepsWhatCame) {
  const auto out = scratch_ / "out";
  std::vector<std::string> words{"live",     "--source", "sim:nanosheets", "--rate",    "60",
                                 "--epochs", "1",        "--out",          out.string()};
  for (const auto& word : small_scan_arguments()) words.push_back(word);
  Program live("ptero", words, scratch_ / "live.log");
  // Some frames are labelled, and the scan goes on for twelve seconds.
  ASSERT_TRUE(eventually([&] { return live.output().find("label p99") != std::string::npos; }));
  live.kill(SIGINT);
  EXPECT_EQ(live.wait(), 0) << live.output();
  const auto proof = scanfile::prove_ledger(out / "raw.h5");
  EXPECT_TRUE(proof.sealed);
  EXPECT_TRUE(proof.faults.empty());
  EXPECT_GT(proof.counted[FrameState::not_taken], 0u);
  EXPECT_GT(labels_in(out / "roi.csv").size(), 0u);
}

}  // namespace
}  // namespace ptero::test
