// Question: how many frames a second does ingest take from a detector on two cores, every one in the journal
// and in the raw file, and where does the time go? Answer: for each kind of frame the rate held (frames over
// the time until the last one is in the sealed file), with a sender and a consumer of the frame link in
// processes of their own on the same two cores, and the CPU time of a frame by thread. Floors measured in the
// same run: the same messages received and thrown away, and the same bytes written twice to the same disk.
// Targets: 4,000 frames/s of 256 x 256, 700 of 514 x 1030.

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <thread>
#include <vector>

#include <ptero/core/error.hpp>
#include <ptero/scanfile/inspect.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>

#include "bench/bench.hpp"
#include "bench/ingest_load.hpp"

namespace ptero::tools {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Case {
  const char* protocol;
  Shape shape;
  double target;  ///< frames/s
};
constexpr Case cases[] = {{"native", {256, 256}, 4000},   {"native", {514, 1030}, 700},
                          {"simplon1", {256, 256}, 4000}, {"simplon1", {514, 1030}, 700},
                          {"simplon2", {256, 256}, 4000}, {"simplon2", {514, 1030}, 700}};
constexpr double floor_seconds = 2;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// This process, and those it makes, keep to the first two cores they may use.
void keep_to_two_cores() {
  cpu_set_t allowed, two;
  CPU_ZERO(&two);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &two);
  sched_setaffinity(0, sizeof two, &two);
}

/// CPU seconds of this process' threads, by their names.
std::map<std::string, double> thread_times() {
  std::map<std::string, double> times;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    double ns = 0;
    std::ifstream(task.path() / "schedstat") >> ns;
    times[name.starts_with("ZMQ") ? "ZeroMQ" : name] += ns * 1e-9;
  }
  return times;
}

class Folder {
 public:
  explicit Folder(const std::string& parent) {
    const std::filesystem::path base =
        parent.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(parent);
    std::string name = (base / "ptero-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw InputError("cannot make a folder in " + base.string());
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Frames/s of the same messages received and thrown away.
double transport_floor(const Load& load) {
  LoadProcess sender(load, floor_seconds);
  transport::Context context;
  transport::Socket pull(context, transport::SocketKind::pull, {.high_water_mark = 64});
  pull.connect(sender.endpoint());
  const auto start = Clock::now();
  std::uint64_t messages = 0;
  for (auto last = start; seconds_since(last) < 0.5;)
    if (pull.receive(100ms)) ++messages, last = Clock::now();
  const auto sent = sender.wait();
  return static_cast<double>(std::min(messages, sent.frames)) / floor_seconds;
}

/// Frames/s of the same bytes written by one thread into two files.
double disk_floor(const Load& load, const std::filesystem::path& folder) {
  const int files[] = {::open((folder / "a").c_str(), O_CREAT | O_WRONLY, 0600),
                       ::open((folder / "b").c_str(), O_CREAT | O_WRONLY, 0600)};
  const auto start = Clock::now();
  std::uint64_t frames = 0;
  for (; seconds_since(start) < floor_seconds; ++frames) {
    const Bytes& payload = load.payloads[frames % load.payloads.size()];
    for (int file : files)
      if (::write(file, payload.data(), payload.size()) < 0)
        throw Error("cannot write to " + folder.string());
  }
  const double rate = static_cast<double>(frames) / seconds_since(start);
  for (int file : files) ::close(file);
  std::filesystem::remove(folder / "a");
  std::filesystem::remove(folder / "b");
  return rate;
}

struct Held {
  double rate = 0;   ///< frames/s until the last one is in the sealed and synchronised file
  double taken = 0;  ///< frames/s while they were sent
  std::uint64_t frames = 0;
  std::uint64_t missed = 0;
  double sender_cpu = 0;                ///< seconds
  std::map<std::string, double> times;  ///< CPU seconds by thread
};

Held hold(const Load& load, const std::filesystem::path& folder, double seconds) {
  LoadProcess sender(load, seconds);
  const std::string link = "ipc://" + (folder / "link").string();
  const DrainProcess consumer(link);
  transport::Context context;
  ingest::Ingest ingest(context, {.source = load.protocol + ":" + sender.endpoint(),
                                  .frame_link = link,
                                  .events = "inproc://events",
                                  .out = folder.string(),
                                  .folder_per_series = false,
                                  .label_wait_s = 0});
  const auto start = Clock::now();
  ingest.service().start();
  const auto sent = sender.wait();
  // The sealed file replaces the journal.
  while (std::filesystem::exists(folder / "series.journal") || !std::filesystem::exists(folder / "raw.h5"))
    std::this_thread::sleep_for(5ms);
  const double all = seconds_since(start);
  Held held{.rate = static_cast<double>(sent.frames) / all,
            .taken = static_cast<double>(sent.frames) / seconds,
            .frames = sent.frames,
            .sender_cpu = sent.cpu_seconds,
            .times = thread_times()};
  ingest.service().request_stop();
  ingest.service().join();
  const auto proof = scanfile::prove_ledger(folder / "raw.h5");
  // SIMPLON frames carry no position.
  held.missed = sent.frames - proof.counted[FrameState::pending] - proof.counted[FrameState::unpositioned];
  if (!proof.faults.empty()) throw Error("the ledger does not hold", proof.faults.front());
  return held;
}

void print(std::ostream& out, const Case& c, const Load& load, const Held& held, double transport,
           double disk) {
  const auto micros = [&](double seconds) { return seconds * 1e6 / static_cast<double>(held.frames); };
  out << c.protocol << ", " << c.shape.rows << " x " << c.shape.cols << " u16 bslz4, " << std::setprecision(0)
      << load.mean_bytes << " bytes a frame\n"
      << "  held      " << std::setw(8) << held.rate << " frames/s, " << std::setprecision(2)
      << held.rate * load.mean_bytes / 1e9 << " GB/s, " << held.frames << " frames, " << held.missed
      << " missed (target " << std::setprecision(0) << c.target << "); taken from the wire at " << held.taken
      << "\n"
      << "  floors    " << std::setw(8) << transport << " frames/s received and thrown away, " << disk
      << " written twice; held is " << held.rate / std::min(transport, disk) * 100 << " % of the lower\n"
      << "  CPU, us a frame:" << std::setprecision(1);
  double all = held.sender_cpu;
  for (const char* thread : {"ZeroMQ", "receive", "record", "link", "write"}) {
    const auto found = held.times.find(thread);
    const double seconds = found == held.times.end() ? 0 : found->second;
    out << ' ' << thread << ' ' << micros(seconds) << (std::string(thread) == "write" ? ";" : ",");
    all += seconds;
  }
  out << " sender " << micros(held.sender_cpu) << "; all " << micros(all) << '\n';
}

}  // namespace

int bench_ingest(const IngestBenchOptions& options, std::ostream& out) {
  keep_to_two_cores();
  telemetry::init_logging({.level = telemetry::LogLevel::error});
  out << "ingest on two cores, sender and consumer in processes of their own, " << options.seconds
      << " s of sending a case\n"
      << std::fixed;
  bool reached = true;
  for (const Case& c : cases) {
    if (!options.protocol.empty() && options.protocol != c.protocol) continue;
    const Folder folder(options.out);
    const Load load = make_load(c.protocol, c.shape);
    const double transport = transport_floor(load);
    const double disk = disk_floor(load, folder.path());
    const Held held = hold(load, folder.path(), options.seconds);
    print(out, c, load, held, transport, disk);
    reached = reached && held.missed == 0 && held.rate >= c.target;
  }
  out << (reached ? "targets reached\n" : "below a target\n");
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
