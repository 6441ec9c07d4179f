// SIGSTOP of each consumer in turn, the series going on.

#include <gtest/gtest.h>

#include <cstdio>
#include <iostream>
#include <regex>

#include <ptero/wire/events.hpp>

#include "pipeline.hpp"
#include "steady_detector.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

constexpr double mib = 1 << 20;

/// Resident memory of a process, bytes.
double resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) * 1024;
  return 0;
}

/// A viewer in a process of its own that subscribes to everything.
class Viewer {
 public:
  explicit Viewer(const std::vector<std::string>& endpoints) : pid_(fork()) {
    if (pid_ != 0) return;
    transport::Context context;
    transport::Socket sub(context, transport::SocketKind::sub);
    for (const auto& endpoint : endpoints) sub.connect(endpoint);
    sub.subscribe("");
    while (true) sub.receive(std::chrono::milliseconds(1000));
  }
  ~Viewer() {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

class StoppedConsumer : public testing::Test {
 protected:
  static constexpr double queue = 4 * mib;
  static constexpr int credit = 16;

  static std::string lines(const std::string& more) {
    return "credit = " + std::to_string(credit) + "\n" + more;
  }
  static Pipeline::Settings settings() {
    const auto bytes = std::to_string(std::size_t(queue)) + "\n";
    return {{"ingest", "crop = 64\nqueue_bytes = " + bytes + "ring_bytes = " + bytes},
            {"classifier", lines("lag_frames = 100\nfeature_threads = 1\ncache_bytes = " + bytes)},
            {"reconstructor", lines("lag_frames = 100\nthreads = 1\nepochs = 1\nfrc_epochs = 0\n"
                                    "defocus_m = 355e-6\nqueue_bytes = " +
                                    bytes)}};
  }
  std::vector<std::string> events_endpoints() const {
    const auto text = slurp(scratch_ / "run/services.toml");
    std::vector<std::string> out;
    const std::regex wanted("events = \"([^\"]*)\"");
    for (std::sregex_iterator it(text.begin(), text.end(), wanted), end; it != end; ++it)
      out.push_back((*it)[1]);
    return out;
  }

  pid_t pid(const std::string& service) { return pipeline_.running(service).pid(); }
  double journalled() const { return pipeline_.metrics("ingest", {"ptero_ingest_frames_total"}); }
  double level(const std::string& service) const {
    return pipeline_.metrics(service, {"ptero_degradation_level"});
  }
  /// What a process may hold beyond what it held when nothing came: its buffers as configured, what it has to
  /// know of each frame (the reconstructor: its pattern), and what allocators and threads take.
  double bound(const std::string& service, double frames) const {
    constexpr double in_flight = 2 * 64 * SteadyDetector::frame_bytes;
    const double buffers = service == "ingest" ? 2 * queue + in_flight : queue + in_flight;
    const double a_frame = service == "reconstructor" ? 2.5 * 64 * 64 * 2 : 600;
    return idle_.at(service) + buffers + frames * a_frame + 24 * mib;
  }
  void watch_memory(SteadyDetector& detector, const std::string& when) {
    for (const auto& service : services) {
      const double now = resident(pid(service));
      largest_[service] = std::max(largest_[service], now);
      EXPECT_LT(now, bound(service, double(detector.sent())))
          << service << " while " << when << ", " << detector.sent() << " frames";
    }
  }
  void pass(SteadyDetector& detector, double seconds, const std::string& when) {
    for (int i = 0; i < seconds * 10; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      watch_memory(detector, when);
    }
  }

  /// Stops a process for so long. The raw path must not notice.
  void stop_and_go_on(SteadyDetector& detector, const std::string& name, pid_t victim, double seconds) {
    const auto before = detector.sent();
    detector.longest_wait_ms();
    ::kill(victim, SIGSTOP);
    pass(detector, seconds, name + " is stopped");
    const auto mark = detector.sent();
    const bool went_on = eventually([&] { return journalled() >= double(mark); });
    const double wait_ms = detector.longest_wait_ms();
    ::kill(victim, SIGCONT);
    EXPECT_TRUE(went_on) << "frames are not journalled while " << name << " is stopped";
    std::printf("%-14s stopped %4.1f s, %llu frames sent meanwhile, the detector waited %.1f ms at most;",
                name.c_str(), seconds, (unsigned long long)(mark - before), wait_ms);
    for (const auto& service : services)
      std::printf(" %s %.0f", service.c_str(), resident(pid(service)) / mib);
    std::printf(" MiB\n");
  }
  void expect_level_up(SteadyDetector& detector, const std::string& service) {
    EXPECT_TRUE(eventually([&] { return level(service) >= 1; }))
        << service << " was behind and left nothing out";
    pass(detector, 2, service + " catches up");
    std::printf("%-14s level %.0f two seconds later\n", service.c_str(), level(service));
  }
  void expect_level_down(const std::string& service) {
    EXPECT_TRUE(eventually([&] { return level(service) == 0; }, 120))
        << service << " still leaves out what it need not";
  }

  const std::vector<std::string> services{"ingest", "classifier", "reconstructor"};
  const bool full_ = std::getenv("PTERO_FULL") != nullptr;
  Scratch scratch_;
  Pipeline pipeline_{scratch_ / "run", settings()};
  std::map<std::string, double> idle_, largest_;
};

TEST_F(StoppedConsumer, CostsNoRawFrameAndNoMemory) {
  const double stop_s = full_ ? 30 : 4;
  seed();  // nothing here is drawn; printed like everywhere
  const Viewer viewer(events_endpoints());
  for (const auto& service : services) pipeline_.start(service);
  for (const auto& service : services)
    ASSERT_TRUE(eventually([&] { return !pipeline_.page(service).empty(); })) << pipeline_.output();
  for (const auto& service : services) idle_[service] = resident(pid(service));

  SteadyDetector detector(pipeline_.detector(), 300);
  ASSERT_TRUE(eventually([&] {
    return pipeline_.metrics("reconstructor", {"ptero_reconstructor_frames"}) > 0;
  })) << pipeline_.output();
  pass(detector, 1, "all is well");
  for (const std::string name : {"classifier", "reconstructor"}) {
    stop_and_go_on(detector, name, pid(name), stop_s);
    expect_level_up(detector, name);
  }
  stop_and_go_on(detector, "viewer", viewer.pid(), stop_s);

  const auto frames = detector.end();
  const auto raw = pipeline_.data() / SteadyDetector::uid / "raw.h5";
  ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(raw.parent_path() / "series.journal"); }, 240))
      << pipeline_.output();
  for (const char* name : {"classifier", "reconstructor"}) expect_level_down(name);
  const auto proof = scanfile::prove_ledger(raw);
  std::cout << frames << " frames; ledger:" << text_of(proof.counted) << "\n";
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  EXPECT_EQ(proof.counted.total(), frames);
  EXPECT_EQ(proof.counted[FrameState::selected] + proof.counted[FrameState::background], frames);
  for (const auto& service : services)
    std::printf("%-14s %.0f MiB idle, %.0f at most, bound %.0f\n", service.c_str(), idle_[service] / mib,
                largest_[service] / mib, bound(service, double(frames)) / mib);
  EXPECT_EQ(pipeline_.stop(), "");
}

}  // namespace
}  // namespace ptero::test
