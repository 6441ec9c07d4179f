// ingest is killed again and again while a detector goes on sending. What it has offered downstream must be
// in the file it writes in the end, byte by byte, and what it has lost must be counted.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>

#include <ptero/journal/journal.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/transport/link_consumer.hpp>

#include "hand_detector.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

/// Somebody else on the frame link, who keeps what was offered and resumes where he stopped.
class Watcher {
 public:
  explicit Watcher(const std::string& endpoint)
      : thread_([this, endpoint](std::stop_token stop) { watch(endpoint, stop); }) {}

  std::size_t entries() const {
    const std::lock_guard lock(mutex_);
    return sequences_.size();
  }
  bool ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  std::vector<std::uint64_t> sequences() const {
    const std::lock_guard lock(mutex_);
    return sequences_;
  }
  std::map<FrameId, Frame> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }

 private:
  void watch(const std::string& endpoint, std::stop_token stop) {
    transport::Context context;
    std::string uid;
    std::uint64_t next = 0;
    transport::LinkConsumer link(context, endpoint,
                                 {.name = "watcher", .silence = std::chrono::milliseconds(300)},
                                 [&] { return wire::Hello{.series_uid = uid, .next = next}; });
    while (!stop.stop_requested()) {
      const auto event = link.poll(std::chrono::milliseconds(50));
      if (event.kind != transport::LinkConsumer::EventKind::entry) continue;
      const auto& parts = event.entry.parts;
      const auto message = wire::decode_stream(Parts(parts.begin() + 1, parts.end()), std::size_t{1} << 30);
      const std::lock_guard lock(mutex_);
      sequences_.push_back(event.entry.sequence);
      next = event.entry.sequence + 1;
      if (!message) continue;
      if (const auto* info = std::get_if<SeriesInfo>(&*message)) uid = info->uid;
      if (const auto* frame = std::get_if<wire::StreamFrame>(&*message))
        frames_.emplace(frame->frame.id, frame->frame);
      ended_ = std::holds_alternative<wire::StreamEnd>(*message);
    }
  }

  mutable std::mutex mutex_;
  std::vector<std::uint64_t> sequences_;
  std::map<FrameId, Frame> frames_;
  bool ended_ = false;
  std::jthread thread_;
};

std::string free_endpoint() {
  transport::Context context;
  transport::Socket socket(context, transport::SocketKind::pull);
  socket.bind("tcp://127.0.0.1:*");
  return socket.endpoint();
}

class IngestKilled : public testing::Test {
 protected:
  Program start(const std::string& service) {
    std::vector<std::string> words{"--set", service + ".out=" + (scratch_ / "data").string(),
                                   "--set", service + ".frame_link=" + frames_,
                                   "--set", service + ".events=tcp://127.0.0.1:*",
                                   "--set", service + ".http_port=0"};
    const auto set = [&](const std::string& key_value) {
      words.push_back("--set");
      words.push_back(service + "." + key_value);
    };
    if (service == "ingest") set("source=native:" + detector_.endpoint());
    if (service == "classifier") set("selection_link=tcp://127.0.0.1:*");
    return Program("ptero-" + service, words, scratch_ / (service + std::to_string(++started_) + ".log"));
  }
  void send(FrameId from, FrameId to) {
    for (FrameId id = from; id < to; ++id) {
      std::this_thread::sleep_for(std::chrono::microseconds(2500));
      while (id >= may_send_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      detector_.send(detector_.frame(id));
    }
  }
  std::filesystem::path folder() { return scratch_ / "data" / detector_.info().uid; }
  bool sealed() {
    return std::filesystem::exists(folder() / "raw.h5") &&
           !std::filesystem::exists(folder() / "series.journal");
  }

  Scratch scratch_;
  HandDetector detector_;
  std::atomic<FrameId> may_send_ = max_frame_id;  ///< ids below it
  const std::string frames_ = free_endpoint();
  std::mt19937 random_{seed()};
  int started_ = 0;
};

TEST_F(IngestKilled, TheSameSeriesGoesOnAndNothingOfferedIsLost) {
  const Watcher watcher(frames_);
  auto classifier = start("classifier");
  may_send_ = 0;
  std::jthread sender([this] {
    detector_.send(detector_.info());
    send(0, detector_.size());
  });
  const runtime::OnExit no_longer([this] { may_send_ = max_frame_id; });
  for (int kill = 0; kill < 4; ++kill) {
    auto doomed = start("ingest");
    // Each life has frames of its own, however long it takes the watcher to find it.
    const std::size_t before = watcher.entries();
    may_send_ += detector_.size() / 5;
    const auto more = std::uniform_int_distribution<std::size_t>(1, 80)(random_);
    ASSERT_TRUE(eventually([&] { return watcher.entries() >= before + more; })) << doomed.output();
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution(0, 30'000)(random_)));
    doomed.kill(SIGKILL);
    EXPECT_EQ(doomed.wait(), 128 + SIGKILL) << doomed.output();
    ASSERT_TRUE(std::filesystem::exists(folder() / "series.journal"));
  }
  auto ingest = start("ingest");
  may_send_ = max_frame_id;
  sender.join();
  detector_.send(wire::encode(wire::StreamEnd{detector_.info().id, detector_.size()}));
  ASSERT_TRUE(eventually([&] { return sealed() && std::filesystem::exists(folder() / "roi.csv"); }))
      << ingest.output() << classifier.output();

  ASSERT_TRUE(eventually([&] { return watcher.ended(); }));

  // One series, whose entries came to the watcher without a hole.
  const auto sequences = watcher.sequences();
  for (std::size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], i);
  EXPECT_FALSE(std::filesystem::exists(folder().string() + "-2"));

  const auto proof = scanfile::prove_ledger(folder() / "raw.h5");
  EXPECT_TRUE(proof.sealed);
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  EXPECT_EQ(proof.counted.total(), detector_.size());
  EXPECT_EQ(proof.counted[FrameState::expected], 0u);
  EXPECT_EQ(proof.counted[FrameState::pending], 0u);
  const auto offered = watcher.frames();
  EXPECT_EQ(proof.counted[FrameState::missing], detector_.size() - offered.size());
  std::cout << proof.counted[FrameState::missing] << " of " << detector_.size()
            << " frames were lost in 4 kills\n";

  const scanfile::SeriesReader reader(folder() / "raw.h5");
  std::size_t present = 0;
  for (FrameId id = 0; id < reader.size(); ++id) present += reader.present(id);
  EXPECT_EQ(present, offered.size());
  for (const auto& [id, frame] : offered) {
    ASSERT_TRUE(reader.present(id));
    const Frame stored = reader.frame(id);
    const Frame sent = detector_.frame(id);
    ASSERT_TRUE(std::ranges::equal(stored.payload.span(), sent.payload.span())) << "frame " << id;
    ASSERT_EQ(stored.position, sent.position);
  }
  EXPECT_EQ(labels_in(folder() / "roi.csv").size(), offered.size());
}

TEST_F(IngestKilled, AnotherStartEndsWhatWasLeft) {
  SeriesInfo first = detector_.info();
  {
    auto doomed = start("ingest");
    detector_.send(first);
    send(0, 50);
    ASSERT_TRUE(eventually([&] {
      return std::filesystem::exists(folder() / "series.journal") &&
             journal::JournalReader(folder() / "series.journal").size() > 20;
    }));
    doomed.kill(SIGKILL);
    doomed.wait();
  }
  auto ingest = start("ingest");
  SeriesInfo second = first;
  second.id = first.id + 1;
  second.uid = "another";
  // Sent at once it could still go down the connection of the process that is dead.
  ASSERT_TRUE(eventually([&] { return ingest.output().find("taken up") != std::string::npos; }));
  detector_.send(second);
  ASSERT_TRUE(eventually([&] { return sealed(); })) << ingest.output();
  const auto proof = scanfile::prove_ledger(folder() / "raw.h5");
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  EXPECT_EQ(proof.counted.total(), detector_.size());
  EXPECT_GE(proof.counted[FrameState::pending], 20u);
  EXPECT_GT(proof.counted[FrameState::not_taken], 600u);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(scratch_ / "data/another/series.journal"); }));
  // The detector never comes back: a stop seals what there is.
  ingest.kill(SIGTERM);
  EXPECT_EQ(ingest.wait(), 0) << ingest.output();
  EXPECT_TRUE(scanfile::prove_ledger(scratch_ / "data/another/raw.h5").sealed);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "data/another/series.journal"));
}

}  // namespace
}  // namespace ptero::test
