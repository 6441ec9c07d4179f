// Promise 5: each service is killed with SIGKILL at random moments of a scan, from before its start to its
// last iteration, and started again. Killed consumers change nothing at all: the same set, no frame lost, an
// image as good. A killed ingest loses what had not reached its journal, and says which frames these are.
// 3 kills a service in one short run; PTERO_FULL=1: 20, over four runs of 5,000 frames.
// PTERO_TEST_SEED=N repeats the moments.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iomanip>
#include <iostream>
#include <random>

#include <ptero/product/product.hpp>
#include <ptero/roi/roi_set.hpp>
#include <ptero/scanfile/series_reader.hpp>

#include "pipeline.hpp"
#include "scan.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// One row of the matrix. A service that joins the pipeline gets one.
struct Victim {
  using Count = std::function<double(const Pipeline&)>;
  std::string service;
  /// What it has done so far; it is back when this is what `goal` said at the kill. Until then it makes up
  /// for what it missed.
  Count work;
  Count goal;
  std::string last_file;  ///< it is killed until this is written
};

Victim::Count sum_of(const std::string& service, const std::vector<std::string>& metrics) {
  return [=](const Pipeline& pipeline) { return pipeline.metrics(service, metrics); };
}

/// 1 once the dashboard shows the series.
double shows_the_series(const Pipeline& pipeline) {
  const auto state = telemetry::get(pipeline.http_port("dashboard"), "/api/state").body;
  return state.find("sim-nanosheets-3") == std::string::npos ? 0 : 1;
}

const auto once = [](const Pipeline&) { return 1.0; };

const Victim victims[] = {
    {"classifier", sum_of("classifier", {"ptero_classifier_frames_total", "ptero_classifier_resumed_frames"}),
     sum_of("ingest", {"ptero_ingest_frames_total"}), "roi.csv"},
    {"reconstructor", sum_of("reconstructor", {"ptero_reconstructor_frames"}),
     sum_of("reconstructor", {"ptero_reconstructor_frames"}), "product.h5"},
    {"dashboard", shows_the_series, shows_the_series, "product.h5"},
    {"ingest", sum_of("ingest", {"ptero_ingest_frames_total"}), once, "roi.csv"},
};

/// What one run left behind.
struct Outcome {
  double seconds_to_set = 0, seconds_to_image = 0;
  std::map<FrameId, std::string> labels;
  std::string set_hash;
  scanfile::LedgerProof proof;
  std::size_t reconstructed = 0;
  double amplitude_error = 0;
  std::vector<double> back_s;  ///< after a kill, where no other kill came first
  int kills = 0;
};

class KillMatrix : public testing::TestWithParam<Victim> {
 protected:
  static bool full() { return std::getenv("PTERO_FULL") != nullptr; }
  static constexpr double rate_hz = 1000;
  static const Scan& scan() {
    static const Scan one = full() ? Scan(50, 100) : Scan(25, 40);
    return one;
  }
  static const Outcome& undisturbed() {
    static const Outcome one = [] {
      const Scratch scratch;
      std::mt19937 unused;
      return run(scratch / "undisturbed", nullptr, 0, unused);
    }();
    return one;
  }

  /// A run of the whole scan in which `victim` is killed `kills` times at most.
  static Outcome run(const std::filesystem::path& folder, const Victim* victim, int kills,
                     std::mt19937& random);
  static void kill_at_random_moments(Pipeline& pipeline, const Victim& victim, int kills, double within_s,
                                     std::mt19937& random, Outcome& out);
  static std::vector<FrameId> selected_in(const std::map<FrameId, std::string>& labels) {
    std::vector<FrameId> ids;
    for (const auto& [id, label] : labels)
      if (label == "selected") ids.push_back(id);
    return ids;
  }
};

void KillMatrix::kill_at_random_moments(Pipeline& pipeline, const Victim& victim, int kills, double within_s,
                                        std::mt19937& random, Outcome& out) {
  const auto begun = Clock::now();
  std::vector<double> moments;
  for (int i = 0; i < kills; ++i) moments.push_back(std::uniform_real_distribution(0.0, within_s)(random));
  std::sort(moments.begin(), moments.end());
  const auto last = pipeline.data() / scan().info().uid / victim.last_file;
  double known = 0;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    while (seconds_since(begun) < moments[i]) std::this_thread::sleep_for(1ms);
    if (std::filesystem::exists(last)) return;
    known = std::max(known, victim.goal(pipeline));
    EXPECT_EQ(pipeline.kill(victim.service), 128 + SIGKILL) << pipeline.output();
    ++out.kills;
    const auto dead = Clock::now();
    pipeline.start(victim.service);
    const double until = i + 1 < moments.size() ? moments[i + 1] : within_s;
    while (known > 0 && (seconds_since(begun) < until || seconds_since(dead) < 0.2)) {
      if (victim.work(pipeline) >= known) {
        out.back_s.push_back(seconds_since(dead));
        break;
      }
      std::this_thread::sleep_for(5ms);
    }
  }
}

Outcome KillMatrix::run(const std::filesystem::path& folder, const Victim* victim, int kills,
                        std::mt19937& random) {
  Outcome out;
  Pipeline pipeline(folder, {{"reconstructor",
                              "epochs = 80\nfrc_epochs = 0\ndefocus_m = 355e-6\nthreads = 1\n"
                              "checkpoint_every_s = 0.3\n"}});
  for (const auto* service : {"ingest", "classifier", "reconstructor", "dashboard"}) pipeline.start(service);
  ScanSender sender(scan(), pipeline.detector(), rate_hz);
  const auto begun = Clock::now();
  sender.start();
  const auto dir = pipeline.data() / scan().info().uid;
  if (victim != nullptr) {
    const auto& calm = undisturbed();
    double within_s = victim->last_file == "product.h5" ? calm.seconds_to_image : calm.seconds_to_set;
    if (victim->service == "ingest") {
      // A detector says start and end once: killed while one of them is in its socket, ingest never hears it.
      EXPECT_TRUE(eventually([&] { return std::filesystem::exists(dir / "series.journal"); }));
      within_s = 0.9 * static_cast<double>(scan().size()) / rate_hz;
    }
    kill_at_random_moments(pipeline, *victim, kills, within_s, random, out);
  }
  const bool labelled = eventually([&] { return std::filesystem::exists(dir / "roi.csv"); }, 120);
  out.seconds_to_set = seconds_since(begun);
  const bool imaged = eventually([&] { return std::filesystem::exists(dir / "product.h5"); }, 240);
  out.seconds_to_image = seconds_since(begun);
  const bool sealed = eventually([&] {
    return std::filesystem::exists(dir / "raw.h5") && !std::filesystem::exists(dir / "series.journal") &&
           std::filesystem::exists(dir / "roi.png") && std::filesystem::exists(dir / "phase.png");
  });
  EXPECT_TRUE(sender.done() && labelled && imaged && sealed) << pipeline.output();
  if (!(labelled && imaged && sealed)) return out;
  EXPECT_EQ(pipeline.stop(), "");

  out.labels = labels_in(dir / "roi.csv");
  roi::RoiSet set;
  for (FrameId id : selected_in(out.labels)) set.insert(id);
  out.set_hash = set.hash();
  out.proof = scanfile::prove_ledger(dir / "raw.h5");
  const auto product = product::read_product(dir / "product.h5");
  out.reconstructed = product.positions.size();
  out.amplitude_error = product.loss_values.back();
  return out;
}

/// Rows of the file hold the frames that were sent under their ids; the rest is told missing. What the
/// classifier made of them is what the batch method makes of the file.
void expect_complete_for_the_rest(const std::filesystem::path& dir, const Scan& scan, const Outcome& out) {
  const scanfile::SeriesReader reader(dir / "raw.h5");
  std::uint64_t present = 0, wrong = 0;
  for (FrameId id = 0; id < reader.size(); ++id) {
    if (!reader.present(id)) continue;
    ++present;
    wrong += !std::ranges::equal(reader.frame(id).payload.span(), scan.frame(id).payload.span());
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(out.proof.counted[FrameState::missing], scan.size() - present);
  EXPECT_EQ(out.labels.size(), present);
  const auto batch =
      run("ptero", {"batch", (dir / "raw.h5").string(), "--roi-only", "--out", (dir / "batch").string()},
          dir / "batch.log");
  ASSERT_EQ(batch.code, 0) << batch.output;
  EXPECT_EQ(out.labels, labels_in(dir / "batch/roi.csv"));
}

TEST_P(KillMatrix, NothingIsLost) {
  const Victim& victim = GetParam();
  std::mt19937 random(seed());
  const auto& calm = undisturbed();
  ASSERT_FALSE(calm.labels.empty());
  ASSERT_EQ(calm.proof.counted[FrameState::missing], 0u);
  const int in_all = full() ? 20 : 3;
  std::vector<double> back_s;
  std::uint64_t lost = 0;
  double worst = 0;
  int kills = 0;
  int runs = 0;
  // A machine that has become quieter than it was in the undisturbed run is done before some of the moments.
  for (; kills < in_all && runs < 5 * in_all; ++runs) {
    const Scratch scratch;
    const auto out = run(scratch / "run", &victim, std::min(in_all - kills, 5), random);
    ASSERT_FALSE(HasFailure());
    kills += out.kills;
    back_s.insert(back_s.end(), out.back_s.begin(), out.back_s.end());
    const auto& counted = out.proof.counted;
    lost += counted[FrameState::missing];
    std::cout << out.kills << " kills, ledger:" << text_of(counted) << "; set " << out.set_hash
              << "; image error " << out.amplitude_error << " of " << out.reconstructed << " frames in "
              << out.seconds_to_image << " s\n";

    EXPECT_TRUE(out.proof.sealed);
    EXPECT_TRUE(out.proof.faults.empty()) << out.proof.faults.front();
    EXPECT_EQ(counted.total(), scan().size());
    EXPECT_EQ(counted[FrameState::expected] + counted[FrameState::pending], 0u);
    EXPECT_EQ(out.reconstructed, selected_in(out.labels).size());
    if (victim.service == "ingest") {
      expect_complete_for_the_rest(scratch / "run" / "data" / scan().info().uid, scan(), out);
      continue;
    }
    EXPECT_EQ(counted[FrameState::missing], 0u);
    EXPECT_EQ(out.labels, calm.labels);
    EXPECT_EQ(out.set_hash, calm.set_hash);
    worst = std::max(worst, out.amplitude_error / calm.amplitude_error);
    EXPECT_LT(out.amplitude_error, 1.05 * calm.amplitude_error);
  }
  EXPECT_EQ(kills, in_all);
  std::sort(back_s.begin(), back_s.end());
  std::cout << std::setprecision(3) << "| " << victim.service << " | " << kills << " in " << runs
            << " runs of " << scan().size() << " frames | " << lost << " missing | ";
  if (worst > 0) std::cout << "image error at most " << worst << " of the undisturbed | ";
  if (!back_s.empty())
    std::cout << "back in " << back_s[back_s.size() / 2] << " s (median), " << back_s.back()
              << " s (most), of " << back_s.size();
  std::cout << " |\n";
}

/// The detector's own process: what it had announced is closed by the next start, and nobody waits for the
/// rest of it.
TEST(DetectorKilled, TheNextSeriesClosesTheOneThatWasCutShort) {
  const Scratch scratch;
  Pipeline pipeline(scratch / "run", {{"reconstructor", "epochs = 2\nfrc_epochs = 0\n"}});
  for (const auto* service : {"ingest", "classifier", "reconstructor"}) pipeline.start(service);
  const auto simulate = [&](const std::string& uid_seed, const std::string& rate) {
    return Program("ptero",
                   {"simulate", "nanosheets", "--scan", "20x30", "--scan-step", "0.2e-6", "--pattern", "48",
                    "--outer-zone-width", "95e-9", "--sim-seed", uid_seed, "--rate", rate, "--bind",
                    pipeline.detector()},
                   scratch / ("detector-" + uid_seed + ".log"));
  };
  {
    auto doomed = simulate("1", "100");
    EXPECT_TRUE(eventually([&] { return pipeline.metrics("ingest", {"ptero_ingest_frames_total"}) >= 200; }));
    doomed.kill(SIGKILL);
    EXPECT_EQ(doomed.wait(), 128 + SIGKILL);
  }
  auto again = simulate("2", "0");
  const auto done = [&](const std::string& uid) {
    const auto dir = pipeline.data() / uid;
    return std::filesystem::exists(dir / "product.h5") && std::filesystem::exists(dir / "roi.png") &&
           std::filesystem::exists(dir / "raw.h5") && !std::filesystem::exists(dir / "series.journal");
  };
  ASSERT_TRUE(eventually([&] { return done("sim-nanosheets-1") && done("sim-nanosheets-2"); }))
      << pipeline.output();
  EXPECT_EQ(again.wait(), 0) << again.output();
  EXPECT_EQ(pipeline.stop(), "");
  const auto cut = scanfile::prove_ledger(pipeline.data() / "sim-nanosheets-1/raw.h5");
  const auto whole = scanfile::prove_ledger(pipeline.data() / "sim-nanosheets-2/raw.h5");
  std::cout << "cut short:" << text_of(cut.counted) << "; the next:" << text_of(whole.counted) << "\n";
  EXPECT_TRUE(cut.sealed && cut.faults.empty() && whole.sealed && whole.faults.empty());
  EXPECT_EQ(cut.counted.total(), 600u);
  EXPECT_GT(cut.counted[FrameState::not_taken], 0u);
  EXPECT_EQ(cut.counted[FrameState::pending] + cut.counted[FrameState::missing], 0u);
  EXPECT_EQ(whole.counted[FrameState::selected] + whole.counted[FrameState::background], 600u);
}

INSTANTIATE_TEST_SUITE_P(Services, KillMatrix, testing::ValuesIn(victims),
                         [](const auto& row) { return row.param.service; });

}  // namespace
}  // namespace ptero::test
