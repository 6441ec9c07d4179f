#include <fmt/format.h>

#include <atomic>
#include <iostream>
#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/runtime/signal_wait.hpp>
#include <ptero/services/detector/sender.hpp>
#include <ptero/transport/socket.hpp>

#include "commands.hpp"
#include "progress.hpp"

namespace ptero::tools {

namespace {

void check_protocol(const std::string& protocol) {
  if (protocol != "native")
    throw InputError("cannot send the protocol '" + protocol + "'", "this build speaks native MessagePack",
                     "give --protocol native");
}

int send(detector::FrameSource& source, const std::string& endpoint, bool insecure,
         const detector::SendOptions& options) {
  runtime::SignalWait signals;
  transport::Context context;
  // Unsent frames wait for their consumer, like a detector's buffer, until this process is told to stop.
  transport::Socket push(
      context, transport::SocketKind::push,
      {.high_water_mark = 64, .linger = std::chrono::milliseconds(10'000), .insecure = insecure});
  push.bind(endpoint);
  std::cerr << "ptero: sending " << source.info().uid << ", " << source.size() << " frames, on "
            << push.endpoint() << "\n";
  std::stop_source stop;
  std::jthread listener([&](std::stop_token ended) {
    if (signals.wait(ended)) stop.request_stop();
  });
  detector::SendResult result;
  {
    ProgressLine progress;
    result = detector::send_series(
        push, source, options, stop.get_token(), [&](std::uint64_t sent, std::uint64_t of) {
          progress.show(fmt::format("sent {} {}/{}", bar(double(sent) / double(of)), sent, of));
        });
  }
  std::cout << fmt::format("sent {} frames in {:.1f} s{}\n", result.frames, result.seconds,
                           result.complete ? "" : ", stopped before the end");
  return result.complete ? 0 : 1;
}

}  // namespace

int run_simulate(const SimulateArguments& arguments) {
  check_protocol(arguments.protocol);
  auto simulation = arguments.simulation;
  simulation.sample = synth::sample_from_name(arguments.sample);
  const auto source = detector::simulated(simulation);
  if (!arguments.truth.empty()) detector::write_truth(arguments.truth, simulation);
  return send(*source, arguments.bind, arguments.insecure,
              {arguments.rate_hz, arguments.codec, arguments.faults});
}

int run_replay(const ReplayArguments& arguments) {
  check_protocol(arguments.protocol);
  const auto source = detector::recorded(arguments.file, arguments.read);
  return send(*source, arguments.bind, arguments.insecure,
              {.rate_hz = arguments.rate_hz, .codec = arguments.codec});
}

}  // namespace ptero::tools
