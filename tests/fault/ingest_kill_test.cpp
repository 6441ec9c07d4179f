// Promise 5, for ingest: killed at random moments, again and again, while it starts, records, resumes and
// seals, every frame it has offered downstream is in the file it leaves in the end, and what it lost is
// counted. 6 kills; PTERO_FULL=1: 100. PTERO_TEST_SEED=N repeats a run.
#include <gtest/gtest.h>

#include <iostream>
#include <mutex>
#include <random>
#include <set>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/wire/stream.hpp>

#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"
#include "tiny_source.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

/// Takes what is offered on the frame link, over every death of the other end.
class Watcher {
 public:
  explicit Watcher(const std::string& endpoint)
      : thread_([this, endpoint](std::stop_token stop) { watch(endpoint, stop); }) {}

  std::set<FrameId> offered() const {
    const std::lock_guard lock(mutex_);
    return offered_;
  }
  /// Sequence numbers that did not follow the one before.
  int holes() const { return holes_; }
  bool ended() const { return ended_; }

 private:
  void watch(const std::string& endpoint, std::stop_token stop) {
    transport::Context context;
    std::string uid;
    std::uint64_t next = 0;
    transport::LinkConsumer link(context, endpoint, {.name = "watcher", .silence = 200ms},
                                 [&] { return wire::Hello{.series_uid = uid, .next = next}; });
    while (!stop.stop_requested()) {
      const auto event = link.poll(50ms);
      if (event.kind != transport::LinkConsumer::EventKind::entry) continue;
      holes_ += event.entry.sequence != next;
      next = event.entry.sequence + 1;
      const auto& parts = event.entry.parts;
      const auto message = wire::decode_stream(Parts(parts.begin() + 1, parts.end()), std::size_t{1} << 20);
      if (!message) continue;
      if (const auto* info = std::get_if<SeriesInfo>(&*message)) uid = info->uid;
      ended_ = std::holds_alternative<wire::StreamEnd>(*message);
      if (const auto* frame = std::get_if<wire::StreamFrame>(&*message)) {
        const std::lock_guard lock(mutex_);
        offered_.insert(frame->frame.id);
      }
    }
  }

  mutable std::mutex mutex_;
  std::set<FrameId> offered_;
  std::atomic<int> holes_ = 0;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

/// A detector that goes on at 1 kHz whatever happens to the other end, until it is told that it is enough.
class Detector {
 public:
  Detector() : push_(context_, transport::SocketKind::push, {.high_water_mark = 64, .linger = 0ms}) {
    push_.bind("tcp://127.0.0.1:*");
  }
  ~Detector() { thread_ = {}; }

  std::string endpoint() const { return push_.endpoint(); }
  std::string uid() const { return source_.info().uid; }
  std::uint64_t announced() const { return source_.size(); }

  void start() {
    thread_ = std::jthread([this](std::stop_token stop) {
      send(wire::encode(source_.info()), stop);
      for (; used_ < source_.size() && !stop.stop_requested(); ++used_) {
        if (!send(wire::encode(wire::StreamFrame{source_.info().id, *source_.frame(used_)}), stop)) break;
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  /// How many frames it took.
  std::uint64_t stop() {
    thread_ = {};
    return used_;
  }
  void send_end() { send(wire::encode(wire::StreamEnd{source_.info().id, used_}), {}); }

 private:
  bool send(const Parts& parts, std::stop_token stop) {
    while (!stop.stop_requested())
      if (push_.send(parts, 50ms) == transport::Socket::Sent::yes) return true;
    return false;
  }

  TinySource source_{"killed", 1'000'000};
  transport::Context context_;
  transport::Socket push_;
  std::uint64_t used_ = 0;
  std::jthread thread_;
};

class IngestKill : public testing::Test {
 protected:
  IngestKill() {
    transport::Context context;
    transport::Socket free(context, transport::SocketKind::router);
    free.bind("tcp://127.0.0.1:*");
    link_ = free.endpoint();
  }
  Program start() {
    return Program(
        "ptero-ingest",
        {"--set", "ingest.source=native:" + detector_.endpoint(), "--set", "ingest.frame_link=" + link_,
         "--set", "ingest.events=tcp://127.0.0.1:*", "--set", "ingest.http_port=0", "--set",
         "ingest.label_wait_s=0", "--set", "ingest.out=" + (scratch_ / "data").string()},
        scratch_ / "ingest.log");
  }
  static bool took_up(Program& ingest) { return ingest.output().find("is taken up") != std::string::npos; }
  void kill_within(Program& doomed, int most_us) {
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution(0, most_us)(random_)));
    doomed.kill(SIGKILL);
    EXPECT_EQ(doomed.wait(), 128 + SIGKILL) << doomed.output();
  }
  std::filesystem::path folder() const { return scratch_ / "data" / detector_.uid(); }
  bool sealed() const {
    return std::filesystem::exists(folder() / "raw.h5") &&
           !std::filesystem::exists(folder() / "series.journal");
  }

  Scratch scratch_;
  Detector detector_;
  std::string link_;
  std::mt19937 random_{seed()};
};

TEST_F(IngestKill, EveryFrameOfferedIsInTheFile) {
  const int kills = std::getenv("PTERO_FULL") != nullptr ? 100 : 6;
  Watcher watcher(link_);
  detector_.start();
  for (int kill = 0; kill < kills; ++kill) {
    auto doomed = start();
    // A detector says start once: killed while it is in the socket, ingest never hears it.
    ASSERT_TRUE(kill > 0 || eventually([&] { return !watcher.offered().empty(); })) << doomed.output();
    // What ends three processes one after the other while they take it up is put aside.
    ASSERT_TRUE(kill % 3 != 2 || eventually([&] { return took_up(doomed); })) << doomed.output();
    kill_within(doomed, 500'000);
  }
  const std::uint64_t used = detector_.stop();
  int kills_at_the_end = 0;
  for (; kills_at_the_end < kills / 5 && !sealed(); ++kills_at_the_end) {
    auto doomed = start();
    detector_.send_end();
    ASSERT_TRUE(kills_at_the_end % 3 != 2 || eventually([&] { return took_up(doomed); })) << doomed.output();
    kill_within(doomed, 100'000);
  }
  auto ingest = start();
  detector_.send_end();
  ASSERT_TRUE(eventually([&] { return sealed(); })) << ingest.output();

  const auto offered = watcher.offered();
  EXPECT_EQ(watcher.holes(), 0) << "the entries of one series, without a hole, over all processes";
  const auto proof = scanfile::prove_ledger(folder() / "raw.h5");
  EXPECT_TRUE(proof.sealed);
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  EXPECT_EQ(proof.counted.total(), detector_.announced());
  EXPECT_EQ(proof.counted[FrameState::expected], 0u);
  std::cout << kills << " kills and " << kills_at_the_end << " while it seals: " << used
            << " frames taken by the detector, " << offered.size() << " offered downstream, "
            << proof.counted[FrameState::missing] << " missing\n";
  EXPECT_GT(offered.size(), unsigned(kills));

  scanfile::SeriesReader reader(folder() / "raw.h5");
  std::uint64_t lost = 0, wrong = 0;
  for (FrameId id : offered) {
    if (!reader.present(id)) {
      ++lost;
      continue;
    }
    std::uint32_t pixel = 0;
    std::memcpy(&pixel, reader.frame(id).payload.data(), sizeof pixel);
    wrong += pixel != id;
  }
  EXPECT_EQ(lost, 0u) << "offered, and not in the file";
  EXPECT_EQ(wrong, 0u) << "in the file with the pixels of another frame";
}

}  // namespace
}  // namespace ptero::test
