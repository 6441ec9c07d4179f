#include <fmt/format.h>

#include <algorithm>
#include <future>
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

constexpr int unsent_at_most = 64;

/// Closes the socket once everything sent is taken. False: a stop was requested before, and the rest is
/// dropped.
bool wait_until_taken(std::unique_ptr<transport::Context> context, transport::Socket socket,
                      std::stop_token stop) {
  std::promise<void> closed;
  const auto taken = closed.get_future();
  // ZeroMQ tells that all is sent only by ending its context, which nothing interrupts: the thread is left
  // behind when the process goes first.
  std::thread([closed = std::move(closed), context = std::move(context),
               socket = std::move(socket)]() mutable {
    { const transport::Socket closing = std::move(socket); }
    context.reset();
    closed.set_value();
  }).detach();
  while (taken.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready)
    if (stop.stop_requested()) return false;
  return true;
}

int send(detector::FrameSource& source, const std::string& endpoint, bool insecure,
         detector::SendOptions options, detector::StageOptions stage_options = {}) {
  runtime::SignalWait signals;
  auto context = std::make_unique<transport::Context>();
  transport::Socket push(
      *context, transport::SocketKind::push,
      {.high_water_mark = unsent_at_most, .linger = std::chrono::milliseconds(0), .insecure = insecure});
  push.bind(endpoint);
  std::cerr << "ptero: sending " << source.info().uid << ", " << source.size() << " frames, on "
            << push.endpoint() << "\n";
  std::stop_source stop;
  std::jthread listener([&](std::stop_token ended) {
    if (signals.wait(ended)) stop.request_stop();
  });
  std::optional<detector::Stage> stage;
  if (!stage_options.bind.empty()) {
    stage_options.seed = options.faults.seed;
    stage_options.insecure = insecure;
    stage.emplace(*context, stage_options);
    options.stage = &*stage;
    std::cerr << "ptero: positions on " << stage->uri() << ", waiting for a listener\n";
  }
  detector::SendResult result;
  if (!stage || stage->wait_for_listener(stop.get_token())) {
    ProgressLine progress;
    result = detector::send_series(
        push, source, options, stop.get_token(), [&](std::uint64_t sent, std::uint64_t of) {
          progress.show(fmt::format("sent {} {}/{}", bar(double(sent) / double(of)), sent, of));
        });
  }
  // Unsent frames wait for their consumer, like a detector's buffer, until this process is told to stop.
  if (result.complete) {
    push.set_linger(std::chrono::milliseconds(-1));
    std::cerr << "ptero: waiting until the last frames are taken\n";
  }
  stage.reset();
  const bool taken = wait_until_taken(std::move(context), std::move(push), stop.get_token());
  std::cout << fmt::format("sent {} frames in {:.1f} s", result.frames, result.seconds);
  if (result.complete && taken) {
    std::cout << "\n";
    return 0;
  }
  std::cout << fmt::format(", stopped before {}; up to {} of them may be lost\n",
                           result.complete ? "all were taken" : "the end",
                           std::min<std::uint64_t>(result.frames, unsent_at_most));
  return 1;
}

}  // namespace

int run_simulate(const SimulateArguments& arguments) {
  check_protocol(arguments.protocol);
  auto simulation = arguments.simulation;
  simulation.sample = synth::sample_from_name(arguments.sample);
  const auto source = detector::simulated(simulation);
  if (!arguments.truth.empty()) detector::write_truth(arguments.truth, simulation);
  return send(*source, arguments.bind, arguments.insecure,
              {arguments.rate_hz, arguments.codec, arguments.faults}, arguments.stage);
}

int run_replay(const ReplayArguments& arguments) {
  check_protocol(arguments.protocol);
  const auto source = detector::recorded(arguments.file, arguments.read);
  return send(*source, arguments.bind, arguments.insecure,
              {.rate_hz = arguments.rate_hz, .codec = arguments.codec});
}

}  // namespace ptero::tools
