// Many short series one behind the other, with numbers that repeat or count and announcements that are right,
// wrong or none, while ingest is stopped and killed at random moments. Afterwards no file holds a pixel of
// another series, every ledger sums, what came in a series that no kill touched is in its file to the last
// frame, and every announced series has a file unless its start was in a socket when ingest was killed.
// The detector is never more than a few series ahead of the journals, so that this does not depend on speed.
// 80 series and 6 kills; PTERO_CHAOS_MINUTES=N: as many as come in N minutes. PTERO_TEST_SEED=N repeats a
// run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <mutex>
#include <random>

#include <ptero/codec/codec.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/transport/socket.hpp>
#include <ptero/wire/stream.hpp>

#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

constexpr Shape shape{8, 8};

/// What one series was.
struct Sent {
  std::string uid;
  std::uint64_t frames = 0;
};

/// As many series may be in sockets and queues. Those after it tell whether a kill touched one.
constexpr std::size_t ahead = 3;

/// Every pixel of a frame says whose it is.
std::uint32_t pixel_of(std::size_t series, FrameId id) {
  return static_cast<std::uint32_t>(series * 1000 + id);
}

class Detector {
 public:
  Detector(std::mt19937& random, std::filesystem::path out, std::function<bool()> enough)
      : out_(std::move(out)),
        push_(context_, transport::SocketKind::push, {.high_water_mark = 16, .linger = 0ms}) {
    push_.bind("tcp://127.0.0.1:*");
    run_ = [this, seed = random(), enough = std::move(enough)](std::stop_token stop) {
      std::mt19937 own(seed);
      while (!stop.stop_requested() && !enough()) {
        send_series(own, stop);
        let_ingest_follow(stop);
      }
      done_ = true;
    };
  }
  ~Detector() { thread_ = {}; }

  std::string endpoint() const { return push_.endpoint(); }
  void start() { thread_ = std::jthread(run_); }
  bool done() const { return done_; }
  /// One more, which nobody kills: when it is there, all before it are.
  void send_last(std::mt19937& random) {
    thread_ = {};
    send_series(random, {}, Last::yes);
  }
  std::uint64_t messages() const { return messages_; }
  /// Before ingest is killed, and once the next one is there: what is under way meanwhile may not come. What
  /// is sent before the socket has noticed that its peer is gone is under way, too.
  void kill_begins() {
    const std::lock_guard lock(mutex_);
    kills_.push_back({series_.size(), std::numeric_limits<std::size_t>::max()});
  }
  void kill_is_over() {
    const std::lock_guard lock(mutex_);
    kills_.back().second = series_.size();
  }
  std::size_t kills() const {
    const std::lock_guard lock(mutex_);
    return kills_.size();
  }
  /// It may have been under way when ingest was killed.
  bool touched_by_a_kill(std::size_t number) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        kills_, [&](const auto& kill) { return kill.first <= number + 1 + ahead && number <= kill.second; });
  }
  std::size_t sent_series() const {
    const std::lock_guard lock(mutex_);
    return series_.size();
  }
  std::vector<Sent> series() const {
    const std::lock_guard lock(mutex_);
    return series_;
  }

 private:
  enum class Last : std::uint8_t { no, yes };
  void send_series(std::mt19937& random, std::stop_token stop, Last last = Last::no) {
    const auto pick = [&](std::uint64_t low, std::uint64_t high) {
      return std::uniform_int_distribution(low, high)(random);
    };
    const std::size_t number = sent_series();
    const std::uint64_t frames = pick(1, 60);
    SeriesInfo info{.id = pick(0, 3) > 0 ? 1 : number, .uid = uid_of(number)};
    info.frame_shape = shape;
    info.dtype = Dtype::u32;
    const auto announced = pick(0, 3);
    if (announced > 0) info.n_expected = announced == 1 ? frames : announced == 2 ? frames / 2 : 2 * frames;
    const bool says_uid = pick(0, 3) > 0;
    {
      const std::lock_guard lock(mutex_);
      series_.push_back({info.uid, frames});
    }
    if (!send(wire::encode(info), stop)) return;
    for (FrameId id = 0; id < frames; ++id) {
      Frame frame{.id = id, .shape = shape, .dtype = Dtype::u32};
      frame.payload = Bytes::take(std::vector<std::uint32_t>(shape.count(), pixel_of(number, id)));
      const wire::StreamFrame message{info.id, std::move(frame), says_uid ? info.uid : std::string()};
      if (!send(wire::encode(message), stop)) return;
    }
    if (pick(0, 9) == 0 && last == Last::no) return;  // aborted: no end
    send(wire::encode(wire::StreamEnd{info.id, frames, says_uid ? info.uid : std::string()}), stop);
  }
  bool killing() const {
    const std::lock_guard lock(mutex_);
    return !kills_.empty() && kills_.back().second == std::numeric_limits<std::size_t>::max();
  }
  void let_ingest_follow(std::stop_token stop) const {
    while (!stop.stop_requested() && killing()) std::this_thread::sleep_for(1ms);
    const std::size_t begun = sent_series();
    if (begun < ahead) return;
    const std::size_t number = begun - ahead;
    while (!stop.stop_requested() && !std::filesystem::exists(out_ / uid_of(number)) &&
           !touched_by_a_kill(number))
      std::this_thread::sleep_for(1ms);
  }
  static std::string uid_of(std::size_t number) { return "chaos-" + std::to_string(number); }

  bool send(const Parts& parts, std::stop_token stop) {
    while (!stop.stop_requested())
      if (push_.send(parts, 50ms) == transport::Socket::Sent::yes) {
        ++messages_;
        return true;
      }
    return false;
  }

  std::filesystem::path out_;
  transport::Context context_;
  transport::Socket push_;
  std::vector<std::pair<std::size_t, std::size_t>> kills_;  // series begun before and after
  mutable std::mutex mutex_;
  std::vector<Sent> series_;
  std::atomic<std::uint64_t> messages_ = 0;
  std::atomic<bool> done_ = false;
  std::function<void(std::stop_token)> run_;
  std::jthread thread_;
};

class Chaos : public testing::Test {
 protected:
  std::unique_ptr<Program> start(const Detector& detector) {
    const std::vector<std::string> settings{"source=native:" + detector.endpoint(),
                                            "frame_link=tcp://127.0.0.1:*",
                                            "events=tcp://127.0.0.1:*",
                                            "http_port=0",
                                            "label_wait_s=0",
                                            "end_wait_s=0.05",
                                            "out=" + data().string()};
    std::vector<std::string> arguments;
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", "ingest." + setting});
    return std::make_unique<Program>("ptero-ingest", arguments,
                                     scratch_ / ("ingest-" + std::to_string(lives_++) + ".log"));
  }
  std::filesystem::path data() const { return scratch_ / "data"; }
  /// What the file of a series holds that is not its own, and frames that came.
  std::uint64_t look_at(std::size_t number, const Sent& sent) {
    const auto raw = data() / sent.uid / "raw.h5";
    const auto proof = scanfile::prove_ledger(raw);
    EXPECT_TRUE(proof.sealed) << sent.uid;
    EXPECT_TRUE(proof.faults.empty()) << sent.uid << ": " << proof.faults.front();
    EXPECT_EQ(proof.counted.total(), proof.expected) << sent.uid;
    const auto& counted = proof.counted;
    if (counted[FrameState::missing] + counted[FrameState::not_taken] == counted.total()) return 0;
    const scanfile::SeriesReader reader(raw, {});
    std::uint64_t here = 0;
    for (FrameId id = 0; id < reader.size(); ++id) {
      if (!reader.present(id)) continue;
      ++here;
      EXPECT_LT(id, sent.frames) << sent.uid << " holds a frame that was never sent";
      const auto pixels = codec::decode(reader.frame(id));
      std::uint32_t value = 0;
      std::memcpy(&value, pixels.value().data(), sizeof value);
      EXPECT_EQ(value, pixel_of(number, id)) << sent.uid << " holds a frame of another series";
    }
    return here;
  }

  static std::string listing(const std::filesystem::path& folder) {
    std::string names;
    for (const auto& file : std::filesystem::directory_iterator(folder))
      names += " " + file.path().filename().string() + " of " + std::to_string(file.file_size()) + " bytes";
    return names;
  }

  Scratch scratch_;
  int lives_ = 0;
};

TEST_F(Chaos, NoFileHoldsAFrameOfAnotherSeriesAndNoSeriesVanishes) {
  std::mt19937 random(seed());
  const char* minutes = std::getenv("PTERO_CHAOS_MINUTES");
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::minutes(minutes ? std::stoi(minutes) : 0);
  std::atomic<bool> enough = false;
  Detector detector(random, data(), [&] { return enough.load(); });
  auto ingest = start(detector);
  detector.start();
  std::uint64_t next_kill = 100 + random() % 400;
  const auto may_end = [&] {
    return detector.kills() >= 6 && detector.sent_series() >= 80 && std::chrono::steady_clock::now() >= until;
  };
  while (!may_end()) {
    ASSERT_FALSE(ingest->ended()) << ingest->output();
    std::this_thread::sleep_for(1ms);
    if (detector.messages() < next_kill) continue;
    detector.kill_begins();
    if (random() % 2 == 0) {  // as a machine that swaps
      ingest->kill(SIGSTOP);
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
    }
    ingest->kill(SIGKILL);
    EXPECT_EQ(ingest->wait(), 128 + SIGKILL);
    ingest = start(detector);
    EXPECT_TRUE(
        eventually([&] { return ingest->output().find("waits for series") != std::string::npos; }, 300))
        << ingest->output();
    detector.kill_is_over();
    next_kill = detector.messages() + 100 + random() % 400;
  }
  enough = true;
  while (!detector.done()) std::this_thread::sleep_for(1ms);
  // Everything that was sent is taken, and every journal has become a file.
  detector.send_last(random);
  const auto last = data() / detector.series().back().uid;
  const auto has_come = [&] {
    return std::filesystem::exists(last / "raw.h5") && !std::filesystem::exists(last / "series.journal");
  };
  EXPECT_TRUE(eventually(has_come, 300)) << ingest->output();
  ingest->kill(SIGTERM);
  EXPECT_EQ(ingest->wait(), 0) << ingest->output();

  std::uint64_t sent = 0, kept = 0, files = 0, vanished = 0, untouched = 0;
  const auto series = detector.series();
  for (std::size_t number = 0; number < series.size(); ++number) {
    const Sent& one = series[number];
    sent += one.frames;
    if (std::filesystem::exists(data() / one.uid / "raw.h5")) {
      ++files;
      const auto here = look_at(number, one);
      kept += here;
      if (!detector.touched_by_a_kill(number)) {
        ++untouched;
        EXPECT_EQ(here, one.frames) << one.uid << ", which no kill touched";
      }
      EXPECT_FALSE(std::filesystem::exists(data() / one.uid / "series.journal")) << one.uid;
      continue;
    }
    // Killed between the folder and the first entry of its journal: nothing is in it, and nobody waits for
    // it.
    const auto folder = data() / one.uid;
    const bool nothing_in_it = !std::filesystem::exists(folder) || std::filesystem::is_empty(folder);
    EXPECT_TRUE(nothing_in_it) << one.uid << ":" << listing(folder);
    ++vanished;
    EXPECT_TRUE(detector.touched_by_a_kill(number)) << one.uid << " has vanished";
  }
  std::cout << series.size() << " series, " << detector.kills() << " kills: " << files << " files, "
            << vanished << " starts lost with a killed process; " << kept << " of " << sent
            << " frames in their files\n";
  EXPECT_GT(untouched, 20u);
}

}  // namespace
}  // namespace ptero::test
