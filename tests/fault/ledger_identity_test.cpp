// Promise 1: every frame id is in exactly one state, the states sum to the number of frames at every scrape,
// and what was done to each frame is what the file says, id by id.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include <ptero/services/detector/sender.hpp>
#include <ptero/services/ingest/ingest.hpp>

#include "labeller.hpp"
#include "support/metric.hpp"
#include "support/program.hpp"
#include "support/python.hpp"
#include "support/scratch.hpp"
#include "tiny_source.hpp"

namespace ptero::test {
namespace {

constexpr std::uint64_t frames = 100'000;

/// The sum over the states on a page of /metrics; 0 before the series has started.
std::uint64_t ledger_sum(const std::string& page) {
  double sum = 0;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("ptero_ledger_frames{")) sum += std::stod(line.substr(line.rfind(' ')));
  return static_cast<std::uint64_t>(sum);
}

/// Reads the metrics at random moments until told to stop; what they sum to must not vary.
class Scraper {
 public:
  Scraper(const telemetry::Metrics& metrics, std::uint64_t seed)
      : thread_([this, &metrics, seed](std::stop_token stop) {
          std::mt19937_64 random(seed);
          while (!stop.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
            if (const auto sum = ledger_sum(metrics.text()); sum != 0) {
              ++scrapes_;
              wrong_ += sum != frames;
            }
          }
        }) {}
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  int scrapes() const { return scrapes_; }
  int wrong() const { return wrong_; }

 private:
  std::atomic<int> scrapes_ = 0;
  std::atomic<int> wrong_ = 0;
  std::jthread thread_;
};

/// What the ledger has to say of every id, from the account of the faults.
std::vector<FrameState> expected_states(const synth::FaultPlan& plan) {
  std::vector<FrameState> states(frames);
  for (FrameId id = 0; id < frames; ++id)
    states[id] = TinySource::positioned(id) ? Labeller::label_of(id) : FrameState::unpositioned;
  for (FrameId id : plan.dropped) states[id] = FrameState::missing;
  for (FrameId id : plan.corrupted) states[id] = FrameState::corrupt;
  return states;
}

class LedgerIdentity : public testing::TestWithParam<std::uint64_t> {
 protected:
  /// Sends the series through a whole ingest, labels it, and waits until the raw file is sealed.
  void record(const detector::SendOptions& options) {
    ingest::IngestOptions settings{.source = "native:inproc://detector",
                                   .frame_link = "ipc://" + (scratch_ / "link").string(),
                                   .events = "inproc://events",
                                   .out = (scratch_ / "data").string(),
                                   .folder_per_series = false};
    transport::Context context;
    transport::Socket push(context, transport::SocketKind::push);
    push.bind("inproc://detector");
    ingest::Ingest ingest(context, settings);
    ingest.service().start();
    Labeller labeller(settings.frame_link);
    Scraper scraper(ingest.metrics(), GetParam());
    TinySource source("identity", frames);
    ASSERT_TRUE(detector::send_series(push, source, options, {}).complete);
    ASSERT_TRUE(eventually([&] { return labeller.done(); }, 120));
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(scratch_ / "data/series.journal"); }, 60));
    scraper.stop();
    EXPECT_GT(scraper.scrapes(), 50);
    EXPECT_EQ(scraper.wrong(), 0) << "of " << scraper.scrapes()
                                  << " scrapes did not sum to the number of frames";
    page_ = ingest.metrics().text();
    ingest.service().request_stop();
    ingest.service().join();
    EXPECT_FALSE(ingest.service().failure().has_value());
  }

  std::string raw() const { return (scratch_ / "data/raw.h5").string(); }

  Scratch scratch_;
  std::string page_;
};

TEST_P(LedgerIdentity, TheFileSaysOfEveryFrameWhatWasDoneToIt) {
  SKIP_WITHOUT_H5PY();
  const synth::FaultRates rates{
      .drop = 0.01, .duplicate = 0.01, .swap = 0.01, .corrupt = 0.01, .seed = GetParam()};
  const auto plan = synth::plan_faults(frames, rates);
  record({.faults = rates});
  if (HasFatalFailure()) return;

  EXPECT_EQ(metric(page_, "ptero_ingest_duplicate_frames_total"), double(plan.duplicated.size()));
  EXPECT_EQ(metric(page_, "ptero_ingest_faults_total"), double(plan.corrupted.size()));

  // In the file, read by somebody else: the state of each id, and its own pixels where it came.
  const auto states = expected_states(plan);
  std::string wanted;
  for (FrameState state : states) wanted += char('0' + int(state));
  spill(scratch_ / "wanted", wanted);
  const std::string script = R"(
wanted = np.frombuffer(open(sys.argv[1] + '.wanted', 'rb').read(), np.uint8) - 48
with h5py.File(f) as file:
    group = file['entry_1/ptero_1']
    state, arrived = group['ledger_state'][:], group['frame_arrived'][:]
    data = file['entry_1/instrument_1/detector_1/data'][:, 0, 0]
came = (wanted != 1) & (wanted != 3)
arrived = np.pad(arrived, (0, len(wanted) - len(arrived))).astype(bool)
rows = np.flatnonzero(came)
print(len(state), (state != wanted).sum(), (arrived != came).sum(), (data[rows] != rows).sum())
)";
  std::filesystem::rename(scratch_ / "wanted", raw() + ".wanted");
  EXPECT_EQ(run_python(script, raw()), "100000 0 0 0\n") << "ids, wrong states, wrong rows, wrong pixels";

  // Offline, by our own command.
  LedgerCounts counts;
  for (FrameState state : states) ++counts[state];
  const auto proved = run("ptero", {"ledger", raw(), "--json"}, scratch_ / "ledger.log");
  EXPECT_EQ(proved.code, 0) << proved.output;
  const auto json = nlohmann::json::parse(proved.output);
  EXPECT_TRUE(json["holds"].get<bool>()) << proved.output;
  for (FrameState state : all_frame_states)
    EXPECT_EQ(json["ledger"][std::string(name_of(state))].get<std::uint64_t>(), counts[state])
        << name_of(state);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LedgerIdentity, testing::Values(1, 2026));

}  // namespace
}  // namespace ptero::test
