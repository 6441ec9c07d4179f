#pragma once

#include <deque>
#include <fstream>
#include <map>

#include <ptero/scanfile/inspect.hpp>

#include "support/http_client.hpp"
#include "support/metric.hpp"
#include "support/ports.hpp"
#include "support/program.hpp"

namespace ptero::test {

/// The services as processes over TCP, each by itself to be started and killed, with one configuration file.
/// Whoever makes a new service a part of the pipeline adds a line to `sections`.
class Pipeline {
 public:
  /// Lines of TOML that are added to a service's section.
  using Settings = std::map<std::string, std::string>;

  Pipeline(std::filesystem::path folder, const Settings& settings) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    const auto tcp = [this](int i) { return "\"tcp://127.0.0.1:" + std::to_string(ports_[i]) + "\"\n"; };
    const std::map<std::string, std::string> sections = {
        {"ingest", "source = \"native:" + detector() + "\"\nframe_link = " + tcp(1) + "events = " + tcp(2)},
        {"classifier", "frame_link = " + tcp(1) + "selection_link = " + tcp(3) + "events = " + tcp(4)},
        {"reconstructor", "selection_link = " + tcp(3) + "events = " + tcp(5)},
        {"dashboard", "ingest_events = " + tcp(2) + "classifier_events = " + tcp(4) +
                          "reconstructor_events = " + tcp(5) + "audit = \"" +
                          (folder_ / "audit.jsonl").string() + "\"\n"},
        {"ddip", "products = \"" + data().string() + "\"\nevents = " + tcp(6)}};
    std::ofstream file(folder_ / "services.toml");
    int port = first_http_port;
    for (const auto& [name, lines] : sections) {
      http_[name] = ports_[port++];
      file << "[" << name << "]\n"
           << lines << (name == "dashboard" || name == "ddip" ? "" : "out = \"" + data().string() + "\"\n")
           << "http_port = " << http_[name] << "\n"
           << (settings.contains(name) ? settings.at(name) : "");
    }
  }

  /// Where ingest expects the detector.
  std::string detector() const { return "tcp://127.0.0.1:" + std::to_string(ports_[0]); }
  std::filesystem::path data() const { return folder_ / "data"; }

  /// Starts a service, or starts it again; one that still runs is killed before.
  void start(const std::string& service) {
    running_.erase(service);
    running_.try_emplace(service, "ptero-" + service,
                         std::vector<std::string>{"-c", (folder_ / "services.toml").string()},
                         folder_ / (service + "-" + std::to_string(lives_[service]++) + ".log"));
  }
  Program& running(const std::string& service) { return running_.at(service); }
  /// kill -9, and dead when this returns. The exit code: 128 + SIGKILL unless it had ended by itself.
  int kill(const std::string& service) {
    running(service).kill(SIGKILL);
    return running(service).wait();
  }
  /// What it writes now; empty while it does not answer.
  std::string page(const std::string& service) const {
    return telemetry::get(http_.at(service), "/metrics").body;
  }
  /// The sum of some of its metrics; 0 while it does not answer.
  double metrics(const std::string& service, const std::vector<std::string>& names) const {
    const auto text = page(service);
    double sum = 0;
    for (const auto& name : names) sum += metric(text, name);
    return sum;
  }
  int http_port(const std::string& service) const { return http_.at(service); }
  /// What all lives of all services had to say, for a test that failed.
  std::string output() const {
    std::string all;
    for (const auto& [service, lives] : lives_)
      for (int life = 0; life < lives; ++life) {
        const auto name = service + "-" + std::to_string(life) + ".log";
        std::ifstream in(folder_ / name);
        all += "--- " + name + "\n" + std::string(std::istreambuf_iterator<char>(in), {});
      }
    return all;
  }
  /// Asks all to end in order. Returns those that did not, with what they said.
  std::string stop() {
    std::string bad;
    for (auto& [service, program] : running_) program.kill(SIGTERM);
    for (auto& [service, program] : running_)
      if (const int code = program.wait(); code != 0)
        bad += service + " ended with " + std::to_string(code) + ": " + program.output();
    running_.clear();
    return bad;
  }

 private:
  static constexpr int first_http_port = 7;
  std::filesystem::path folder_;
  std::vector<int> ports_ = free_ports(first_http_port + 5);
  std::map<std::string, int> http_;
  std::map<std::string, int> lives_;
  std::map<std::string, Program> running_;
};

/// The states of a ledger that are not empty, in words.
inline std::string text_of(const LedgerCounts& counts) {
  std::string text;
  for (FrameState state : all_frame_states)
    if (counts[state] > 0) text += " " + std::string(name_of(state)) + " " + std::to_string(counts[state]);
  return text;
}

}  // namespace ptero::test
