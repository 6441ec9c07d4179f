// Promise 4 and 5 on the network's account: a relay between the services delays, stalls, resets and
// half-opens their connections at seeded moments. Everything arrives, in order. PTERO_FULL=1: minutes instead
// of seconds; PTERO_TEST_SEED=N repeats a run.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>

#include <ptero/scanfile/inspect.hpp>
#include <ptero/transport/link_consumer.hpp>
#include <ptero/transport/link_producer.hpp>
#include <ptero/wire/events.hpp>

#include "integration/hand_detector.hpp"
#include "support/eventually.hpp"
#include "support/relay.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

bool full() {
  return std::getenv("PTERO_FULL") != nullptr;
}

int port_of(const std::string& endpoint) {
  return std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
}

/// Entries without end, each with its number in its bytes.
class Numbers : public transport::Feed {
 public:
  explicit Numbers(std::uint64_t next) : next_(next) {}
  std::optional<transport::LinkEntry> next() override {
    const auto n = next_++;
    return transport::LinkEntry{n, 0, {Bytes::take(std::vector<std::uint64_t>(1000, n))}};
  }
  void want(const wire::Want&) override {}

 private:
  std::uint64_t next_;
};

/// A link over a relay, and what its consumer has taken.
class RelayedLink : public testing::Test {
 protected:
  /// Takes entries until `done`, 60 s at most (minutes where it is asked for).
  bool read_until(const std::function<bool()>& done) {
    const auto deadline = Clock::now() + (full() ? 600s : 60s);
    while (!done() && Clock::now() < deadline) {
      const auto event = consumer_.poll(10ms);
      if (event.kind != transport::LinkConsumer::EventKind::entry) continue;
      std::uint64_t number = 0;
      std::memcpy(&number, event.entry.parts.at(0).data(), sizeof number);
      wrong_ += event.entry.sequence != next_ || number != next_;
      next_ = event.entry.sequence + 1;
      longest_ = std::max(longest_, Clock::now() - last_);
      last_ = Clock::now();
    }
    return done();
  }
  bool read_more() {
    const auto reached = next_;
    return read_until([&] { return next_ > reached + 1000; });
  }
  ~RelayedLink() override {
    std::cout << next_ << " entries, " << consumer_.hellos() << " hellos, " << relay_.connections()
              << " connections, longest pause " << std::chrono::duration<double>(longest_).count() << " s\n";
    EXPECT_EQ(wrong_, 0u) << "not in order, or not the entry that its number says";
  }

  transport::Context here_, there_;
  transport::LinkProducer producer_{
      here_,
      "tcp://127.0.0.1:*",
      {},
      [](const wire::Hello& hello) -> Result<std::unique_ptr<transport::Feed>, std::string> {
        return std::unique_ptr<transport::Feed>(std::make_unique<Numbers>(hello.next));
      },
      [](const std::string&, const Parts&) {}};
  std::jthread thread_{
      [this](std::stop_token stop) { producer_.run([&] { return !stop.stop_requested(); }); }};
  Relay relay_{port_of(producer_.endpoint())};
  std::uint64_t next_ = 0;
  std::uint64_t wrong_ = 0;
  Clock::time_point last_ = Clock::now();
  Clock::duration longest_{};
  transport::LinkConsumer consumer_{
      there_, relay_.endpoint(), {.name = "c"}, [this] { return wire::Hello{.next = next_}; }};
};

TEST_F(RelayedLink, EveryEntryComesOnceAndInOrder) {
  {
    const BadNetwork network({&relay_}, seed(), 2000ms);
    const int rounds = full() ? 30 : 1;
    ASSERT_TRUE(read_until([&] { return network.rounds() >= rounds; }));
    std::cout << network.account() << "\n";
  }
  EXPECT_TRUE(read_more()) << "the link does not stand again";
}

TEST_F(RelayedLink, AConnectionThatStandsAndCarriesNothingIsMadeAnew) {
  ASSERT_TRUE(read_more());
  relay_.inflict(NetworkFault::half_open);
  std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(read_more());
  EXPECT_GE(relay_.connections(), 2);
}

/// The services as three processes have them, each with a context of its own, and relays on both links.
class RelayedServices : public testing::Test {
 protected:
  RelayedServices() {
    ingest::IngestOptions i;
    i.source = "native:" + detector_.endpoint();
    i.frame_link = i.events = "tcp://127.0.0.1:*";
    i.out = (scratch_ / "data").string();
    i.folder_per_series = false;
    ingest_.emplace(contexts_[0], i);
    frames_.emplace(port_of(ingest_->frame_link()));
    classifier::ClassifierOptions c;
    c.frame_link = frames_->endpoint();
    c.selection_link = c.events = "tcp://127.0.0.1:*";
    c.out = i.out;
    c.folder_per_series = false;
    classifier_.emplace(contexts_[1], c);
    selection_.emplace(port_of(classifier_->selection_link()));
    auto r = live_options("").reconstructor;
    r.selection_link = selection_->endpoint();
    r.events = "tcp://127.0.0.1:*";
    r.out = i.out;
    r.folder_per_series = false;
    reconstructor_.emplace(contexts_[2], r);
    watcher_.connect(classifier_->events());
    watcher_.connect(reconstructor_->events());
    watcher_.subscribe(std::string(wire::topic_report));
    for (auto* service : services()) service->start();
  }
  ~RelayedServices() override {
    for (auto* service : services()) {
      service->request_stop();
      service->join();
      EXPECT_FALSE(service->failure().has_value()) << service->name();
    }
  }
  std::vector<runtime::Service*> services() {
    return {&ingest_->service(), &classifier_->service(), &reconstructor_->service()};
  }
  bool sealed() const {
    return std::filesystem::exists(scratch_ / "data/raw.h5") &&
           !std::filesystem::exists(scratch_ / "data/series.journal");
  }
  /// Waits for the reports of classifier and reconstructor.
  bool reported() {
    return eventually(
        [&] {
          const auto event = watcher_.receive(100ms);
          if (event && event->size() > 1)
            if (const auto report = wire::decode_report_event(event->at(1)))
              reports_[std::string(event->at(0).text().substr(wire::topic_report.size()))] =
                  nlohmann::json::parse(report->json);
          return reports_.size() == 2;
        },
        120);
  }

  Scratch scratch_;
  HandDetector detector_;
  std::array<transport::Context, 4> contexts_;
  transport::Socket watcher_{contexts_[3], transport::SocketKind::sub};
  std::map<std::string, nlohmann::json> reports_;
  std::optional<ingest::Ingest> ingest_;
  std::optional<Relay> frames_, selection_;
  std::optional<classifier::Classifier> classifier_;
  std::optional<reconstructor::Reconstructor> reconstructor_;
};

TEST_F(RelayedServices, GiveTheSameSetAndLoseNothing) {
  const auto pause = full() ? 20ms : 8ms;
  {
    const BadNetwork network({&*frames_, &*selection_}, seed(), full() ? 1500ms : 900ms);
    detector_.send(detector_.info());
    for (FrameId id = 0; id < detector_.size(); ++id) {
      detector_.send(detector_.frame(id));
      std::this_thread::sleep_for(pause);
    }
    detector_.send_end();
    EXPECT_TRUE(!full() || eventually([&] { return network.rounds() >= 3; }, 300));
    std::cout << network.account() << "; " << frames_->connections() << " + " << selection_->connections()
              << " connections, " << frames_->bytes() << " + " << selection_->bytes() << " bytes relayed\n";
  }
  ASSERT_TRUE(reported());
  ASSERT_TRUE(eventually([&] { return sealed(); }));
  const auto proof = scanfile::prove_ledger(scratch_ / "data/raw.h5");
  EXPECT_TRUE(proof.faults.empty()) << proof.faults.front();
  std::cout << "ledger: selected " << proof.counted[FrameState::selected] << ", background "
            << proof.counted[FrameState::background] << ", missing " << proof.counted[FrameState::missing]
            << ", of " << proof.counted.total() << "\n";
  EXPECT_EQ(proof.counted[FrameState::selected] + proof.counted[FrameState::background], detector_.size());

  const auto undisturbed = run_live(live_options((scratch_ / "undisturbed").string()));
  EXPECT_EQ(reports_["classifier"]["roi"]["set_hash"], undisturbed["roi"]["set_hash"]);
  EXPECT_EQ(labels_in(scratch_ / "data/roi.csv"), labels_in(scratch_ / "undisturbed/roi.csv"));
  EXPECT_EQ(reports_["reconstructor"]["reconstruction"]["frames"]["in_image"].get<std::uint64_t>(),
            proof.counted[FrameState::selected]);
}

}  // namespace
}  // namespace ptero::test
