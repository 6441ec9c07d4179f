// Question: how long after a frame's arrival is its label there, at the rates of a fly scan?
// Answer: p50, p99 and longest time from arrival at ingest to the first label, a detector sending 128 x 128
// uint16 frames over tcp to ingest, ingest over tcp to the classifier: real sockets, journal and raw file
// included, all threads in this process. Beside it how late the detector itself was, which is what the
// machine does to any thread: on a loaded machine that decides. Floor: p99 under 5 ms.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <vector>

#include <ptero/core/error.hpp>
#include <ptero/runtime/on_exit.hpp>
#include <ptero/services/classifier/classifier.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/wire/events.hpp>
#include <ptero/wire/stream.hpp>

#include "bench/bench.hpp"

namespace ptero::tools {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
constexpr std::size_t pattern = 128;
constexpr std::size_t side = 100;
constexpr double most_ms = 5;

/// A few patterns with noise, with and without a thing in the beam.
class Patterns {
 public:
  Patterns() {
    std::minstd_rand rng(1);
    for (int i = 0; i < 64; ++i) {
      std::vector<std::uint16_t> pixels(pattern * pattern);
      for (std::size_t k = 0; k < pixels.size(); ++k) {
        const double row = double(k / pattern) - 64, col = double(k % pattern) - 64;
        const double level = 400 * std::exp(-(row * row + col * col) / 800) * (i < 32 ? 1 : 0.9);
        pixels[k] = static_cast<std::uint16_t>(level + static_cast<double>(rng() % 8));
      }
      payloads_.push_back(Bytes::take(std::move(pixels)));
    }
  }
  Frame frame(FrameId id) const {
    const double row = double(id / side) - side / 2.0, col = double(id % side) - side / 2.0;
    const bool inside = std::hypot(row, col) < side / 4.0;
    return {.id = id,
            .shape = {pattern, pattern},
            .dtype = Dtype::u16,
            .payload = payloads_[id % 32 + (inside ? 32 : 0)]};
  }

 private:
  std::vector<Bytes> payloads_;
};

/// Sends the frames at their times; returns how late each one was, ms, sorted.
std::vector<double> send(transport::Socket& push, const Patterns& patterns, std::size_t frames,
                         double rate_hz) {
  const SeriesInfo info{.id = 1,
                        .uid = "bench",
                        .n_expected = frames,
                        .frame_shape = {pattern, pattern},
                        .raster = RasterPlan{.rows = side, .cols = side}};
  const auto say = [&](const Parts& parts) {
    if (push.send(parts, 60s) != transport::Socket::Sent::yes) throw Error("ingest takes no more frames");
  };
  say(wire::encode(info));
  std::vector<double> late_ms;
  const auto begun = Clock::now();
  for (FrameId id = 0; id < frames; ++id) {
    const auto due = begun + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(static_cast<double>(id) / rate_hz));
    std::this_thread::sleep_until(due);
    late_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    say(wire::encode(wire::StreamFrame{info.id, patterns.frame(id)}));
  }
  say(wire::encode(wire::StreamEnd{info.id, frames}));
  std::sort(late_ms.begin(), late_ms.end());
  return late_ms;
}

struct Latency {
  double p50 = 0, p99 = 0, max = 0, sender_p99 = 0;
};

Latency run_at(double rate_hz, std::size_t frames, const std::filesystem::path& out) {
  transport::Context context;
  transport::Socket push(context, transport::SocketKind::push, {.high_water_mark = 16});
  push.bind("tcp://127.0.0.1:*");
  ingest::IngestOptions at_ingest;
  at_ingest.source = "native:" + push.endpoint();
  at_ingest.frame_link = at_ingest.events = "tcp://127.0.0.1:*";
  at_ingest.out = out.string();
  ingest::Ingest ingest(context, at_ingest);
  classifier::ClassifierOptions at_classifier;
  at_classifier.frame_link = ingest.frame_link();
  at_classifier.selection_link = at_classifier.events = "tcp://127.0.0.1:*";
  at_classifier.out = out.string();
  classifier::Classifier classifier(context, at_classifier);
  transport::Socket watcher(context, transport::SocketKind::sub);
  watcher.connect(classifier.events());
  watcher.subscribe(std::string(wire::topic_report));

  runtime::Service* services[] = {&ingest.service(), &classifier.service()};
  for (auto* service : services) service->start();
  const runtime::OnExit stop([&] {
    for (auto* service : services) service->request_stop();
    for (auto* service : services) service->join();
  });
  std::this_thread::sleep_for(300ms);  // connections
  const auto late_ms = send(push, Patterns(), frames, rate_hz);
  while (true) {
    const auto event = watcher.receive(60s);
    if (!event) throw Error("the classifier does not report", "no event for a minute");
    const auto report = event->size() > 1 ? wire::decode_report_event((*event)[1])
                                          : wire::Decoded<wire::ReportEvent>(FrameFault::malformed);
    if (!report) continue;
    const auto l = nlohmann::json::parse(report->json)["latency_ms"]["frame_to_label"];
    return {l["p50"], l["p99"], l["max"], late_ms[late_ms.size() * 99 / 100]};
  }
}

}  // namespace

int bench_latency(std::ostream& out) {
  const auto folder = std::filesystem::temp_directory_path() / ("ptero-bench-" + std::to_string(::getpid()));
  const runtime::OnExit remove([&] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  });
  out << "arrival at ingest to first label, " << pattern << " x " << pattern << " uint16, robust, S = 8\n"
      << "  rate, Hz   frames   p50, ms   p99, ms   longest, ms   detector late by, p99, ms\n"
      << std::fixed << std::setprecision(2);
  bool reached = true;
  for (const auto& [rate_hz, frames] : {std::pair(200.0, std::size_t{2000}), {2000.0, side * side}}) {
    const Latency l = run_at(rate_hz, frames, folder / std::to_string(static_cast<int>(rate_hz)));
    out << std::setw(10) << std::setprecision(0) << rate_hz << std::setprecision(2) << std::setw(9) << frames
        << std::setw(10) << l.p50 << std::setw(10) << l.p99 << std::setw(14) << l.max << std::setw(28)
        << l.sender_p99 << std::endl;
    reached = reached && l.p99 < most_ms;
  }
  out << (reached ? "floor reached: " : "outside the floor: ") << "p99 under " << std::setprecision(0)
      << most_ms << " ms\n";
  return reached ? 0 : 1;
}

}  // namespace ptero::tools
