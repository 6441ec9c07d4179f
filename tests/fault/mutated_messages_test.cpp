// Four services record and reconstruct a series while messages with random faults come to every address they
// have: golden messages of proto/ with bits turned over, bytes put in, cut off, parts doubled or left out.
// The series is complete, its set is that of an undisturbed run, nobody ends, and memory stays flat. A few
// thousand messages; PTERO_CHAOS_MINUTES=N: that long. PTERO_TEST_SEED=N repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/transport/socket.hpp>

#include "integration/hand_detector.hpp"
#include "integration/small_scan.hpp"
#include "support/http_client.hpp"
#include "support/labels.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;
using telemetry::RawClient;

using Message = std::vector<std::string>;  // its parts

/// The messages of proto/golden whose names begin so.
std::vector<Message> golden(const std::vector<std::string>& begins) {
  std::vector<Message> found;
  for (const auto& file : std::filesystem::directory_iterator(PTERO_GOLDEN)) {
    const auto name = file.path().filename().string();
    if (file.path().extension() != ".msgpack") continue;
    if (std::ranges::none_of(begins, [&](const auto& begin) { return name.starts_with(begin); })) continue;
    Message message{slurp(file.path())};
    const auto second = std::filesystem::path(file.path()).replace_extension(".part2");
    if (std::filesystem::exists(second)) message.push_back(slurp(second));
    found.push_back(std::move(message));
  }
  std::ranges::sort(found);
  return found;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  Message operator()(const std::vector<Message>& kept) {
    Message message = kept[below(kept.size())];
    for (std::size_t faults = 1 + below(4); faults > 0; --faults) spoil(message);
    return message;
  }
  /// Cut in the middle of its first part: it can mean nothing.
  Message cut(const std::vector<Message>& kept) {
    Message message = kept[below(kept.size())];
    message[0].resize(below(std::max<std::size_t>(1, message[0].size())));
    return message;
  }

 private:
  void spoil(Message& message) {
    std::string& part = message[below(message.size())];
    switch (below(6)) {
      case 0:
        if (!part.empty()) part[below(part.size())] ^= static_cast<char>(1 << below(8));
        break;
      case 1:
        part.insert(below(part.size() + 1), 1, static_cast<char>(below(256)));
        break;
      case 2:
        part.resize(below(part.size() + 1));
        break;
      case 3:
        part += std::string(below(300), static_cast<char>(below(256)));
        break;
      case 4:
        message.push_back(part);
        break;
      default:
        if (message.size() > 1)
          message.erase(message.begin() + static_cast<std::ptrdiff_t>(below(message.size())));
        else if (!part.empty())
          part[below(part.size())] = static_cast<char>(below(256));
    }
  }

  std::mt19937 random_;
};

Parts parts_of(const Message& message) {
  Parts parts;
  for (const auto& part : message) parts.push_back(Bytes::take(std::string(part)));
  return parts;
}

class MutatedMessages : public testing::Test {
 protected:
  enum Door {
    frames,
    selection,
    events_i,
    events_c,
    events_r,
    control_c,
    control_r,
    http_i,
    http_c,
    http_r,
    http_d
  };

  void SetUp() override {
    ports_ = free_ports(http_d + 1);
    const auto quoted = [](const std::string& text) { return "\"" + text + "\"\n"; };
    const auto common = [&](int events, int http) {
      return "events = " + quoted(tcp(events)) + "http_port = " + std::to_string(at(http)) +
             "\nout = " + quoted((scratch_ / "data").string());
    };
    std::ofstream(scratch_ / "services.toml")
        << "[ingest]\nsource = " << quoted("native:" + detector_.endpoint())
        << "ring_bytes = 8388608\nframe_link = " << quoted(tcp(frames)) << common(events_i, http_i)
        << "[classifier]\nframe_link = " << quoted(tcp(frames))
        << "selection_link = " << quoted(tcp(selection)) << "control = " << quoted(tcp(control_c))
        << common(events_c, http_c)
        << "[reconstructor]\nepochs = 3\ndefocus_m = 355e-6\nselection_link = " << quoted(tcp(selection))
        << "control = " << quoted(tcp(control_r)) << common(events_r, http_r)
        << "[dashboard]\ningest_events = " << quoted(tcp(events_i))
        << "classifier_events = " << quoted(tcp(events_c))
        << "reconstructor_events = " << quoted(tcp(events_r))
        << "classifier_control = " << quoted(tcp(control_c))
        << "reconstructor_control = " << quoted(tcp(control_r)) << "http_port = " << at(http_d)
        << "\naudit = " << quoted((scratch_ / "audit.jsonl").string())
        << "reports = " << quoted((scratch_ / "data").string());
  }
  int at(int door) const { return ports_[static_cast<std::size_t>(door)]; }
  std::string tcp(int door) const { return "tcp://127.0.0.1:" + std::to_string(at(door)); }
  std::unique_ptr<Program> start(const std::string& service) {
    return std::make_unique<Program>("ptero-" + service,
                                     std::vector<std::string>{"-c", (scratch_ / "services.toml").string()},
                                     scratch_ / (service + ".log"));
  }
  bool answers(int http) const { return telemetry::get(at(http), "/healthz").status == 200; }

  /// One faulty message to every address.
  void send_one(Mutator& mutate) {
    push(mutate.below(4) == 0 ? mutate.cut(starts_) : mutate(stream_));
    // A whole control would do what it says: stop the reconstruction, mark frames.
    for (std::size_t i = 0; i < dealers_.size(); ++i)
      dealers_[i].send(parts_of(i < 2 ? mutate(links_) : i < 4 ? mutate.cut(controls_) : mutate(any_)), 0ms);
    for (const int http : {http_i, http_c, http_r, http_d}) {
      if (mutate.below(8) != 0) continue;
      RawClient client(at(http));
      const auto body = mutate(any_)[0];
      client.send(
          "POST /api/control/region HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          "Content-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }
  /// From the detector. A fault can mend what is no start: a whole one ends the series, as it should.
  void push(const Message& message) {
    const auto parts = parts_of(message);
    const auto decoded = wire::decode_stream(parts, std::size_t{1} << 26);
    if (!decoded || !std::holds_alternative<SeriesInfo>(*decoded)) detector_.send(parts);
  }

  static long resident_kb(const Program& program) {
    std::ifstream status("/proc/" + std::to_string(program.pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    return -1;
  }

  Scratch scratch_;
  HandDetector detector_;
  std::vector<int> ports_;
  const std::vector<Message> stream_ = golden({"frame", "end", "hostile_"});
  const std::vector<Message> starts_ = golden({"start"});
  const std::vector<Message> links_ =
      golden({"hello", "credit", "deliver", "entry", "want", "labels", "hostile_"});
  const std::vector<Message> controls_ = golden({"control", "hostile_control"});
  const std::vector<Message> any_ = golden({""});
  transport::Context context_;
  std::vector<transport::Socket> dealers_;
};

TEST_F(MutatedMessages, CostNothingButThemselves) {
  ASSERT_FALSE(stream_.empty() || starts_.empty() || links_.empty() || controls_.empty());
  std::vector<std::unique_ptr<Program>> services;
  for (const char* service : {"ingest", "classifier", "reconstructor", "dashboard"})
    services.push_back(start(service));
  for (const int http : {http_i, http_c, http_r, http_d})
    ASSERT_TRUE(eventually([&] { return answers(http); })) << services[0]->output() << services[3]->output();
  for (const int door : {frames, selection, control_c, control_r, events_i, events_c, events_r}) {
    dealers_.emplace_back(context_, transport::SocketKind::dealer,
                          transport::SocketOptions{.high_water_mark = 100, .linger = 0ms});
    dealers_.back().connect(tcp(door));
  }

  // The short form says the same every time, the long one something else.
  const char* minutes = std::getenv("PTERO_CHAOS_MINUTES");
  Mutator mutate(minutes || std::getenv("PTERO_TEST_SEED") ? seed() : 41);
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::minutes(minutes ? std::stoi(minutes) : 0);
  const std::uint64_t at_least = 4 * detector_.size();
  std::uint64_t rounds = 0;
  std::vector<long> first(services.size()), last(services.size());
  detector_.send(detector_.info());
  for (FrameId id = 0; id < detector_.size(); ++id) {
    // The series goes on as long as the attack does: the last frame comes when it is over.
    const bool hold = id + 1 == detector_.size();
    const auto target = hold ? at_least : (id + 1) * at_least / detector_.size();
    for (; rounds < target || (hold && std::chrono::steady_clock::now() < until); ++rounds) {
      send_one(mutate);
      if (rounds == at_least / 2)
        for (std::size_t i = 0; i < services.size(); ++i) first[i] = resident_kb(*services[i]);
    }
    detector_.send(detector_.frame(id));
  }
  for (std::size_t i = 0; i < services.size(); ++i) last[i] = resident_kb(*services[i]);
  detector_.send_end();

  const auto folder = scratch_ / "data" / detector_.info().uid;
  ASSERT_TRUE(eventually([&] {
    return std::filesystem::exists(folder / "product.h5") && std::filesystem::exists(folder / "raw.h5") &&
           !std::filesystem::exists(folder / "series.journal");
  })) << services[0]->output()
      << services[1]->output() << services[2]->output();
  const auto proof = scanfile::prove_ledger(folder / "raw.h5");
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  EXPECT_EQ(proof.counted[FrameState::selected] + proof.counted[FrameState::background], detector_.size());
  run_live(live_options((scratch_ / "undisturbed").string()));
  EXPECT_EQ(labels_in(folder / "roi.csv"), labels_in(scratch_ / "undisturbed/roi.csv"));

  std::cout << rounds
            << " rounds of faulty messages to 12 addresses; resident memory in MiB, half-way through the "
            << "short form and at the end:";
  for (std::size_t i = 0; i < services.size(); ++i) {
    std::cout << " " << first[i] / 1024 << " -> " << last[i] / 1024;
    // What one bad message kept would be seen in thousands of them; the series' own frames are 6 MB.
    EXPECT_LT(last[i] - first[i], 64 << 10) << i;
  }
  std::cout << "\n";
  for (auto& service : services) {
    EXPECT_FALSE(service->ended()) << "with " << service->wait() << "\n" << service->output();
    service->kill(SIGTERM);
    EXPECT_EQ(service->wait(), 0) << service->output();
  }
}

}  // namespace
}  // namespace ptero::test
