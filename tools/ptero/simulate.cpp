#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <iostream>
#include <thread>

#include <ptero/core/error.hpp>
#include <ptero/runtime/clock.hpp>
#include <ptero/runtime/signal_wait.hpp>
#include <ptero/services/detector/sender.hpp>
#include <ptero/services/detector/steered_scan.hpp>
#include <ptero/services/host/refusal_log.hpp>
#include <ptero/simplon/recording.hpp>
#include <ptero/synth/named_sample.hpp>
#include <ptero/transport/socket.hpp>

#include "ptero/commands.hpp"
#include "terminal/progress_line.hpp"

namespace ptero::tools {

namespace {

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

/// What is sent over a bound socket, until a stop: by whom, of how many, what it is called.
using Progress = std::function<void(std::uint64_t, std::uint64_t)>;
using Send = std::function<detector::SendResult(transport::Socket&, std::stop_token, const Progress&)>;

/// Where a socket is bound, and who may connect to it.
struct Door {
  std::string endpoint;
  const transport::CurveFiles& curve;
  bool insecure;
};

int serve(const std::string& what, const Door& door, const Send& send) {
  runtime::SignalWait signals;
  // Kept by the context, which may outlive this function.
  auto refusals = std::make_shared<host::RefusalLog>("detector");
  auto context =
      door.curve.any()
          ? std::make_unique<transport::Context>(
                door.curve, [refusals](const transport::Refusal& refusal) { refusals->note(refusal); })
          : std::make_unique<transport::Context>();
  transport::Socket push(
      *context, transport::SocketKind::push,
      {.high_water_mark = unsent_at_most, .linger = std::chrono::milliseconds(0), .insecure = door.insecure});
  push.bind(door.endpoint);
  std::cerr << "ptero: sending " << what << ", on " << push.endpoint() << "\n";
  std::stop_source stop;
  std::jthread listener([&](std::stop_token ended) {
    if (signals.wait(ended)) stop.request_stop();
  });
  detector::SendResult result;
  {
    ProgressLine progress;
    result = send(push, stop.get_token(), [&](std::uint64_t sent, std::uint64_t of) {
      progress.show(fmt::format("sent {} {}/{}", bar(double(sent) / double(of)), sent, of));
    });
  }
  // Unsent frames wait for their consumer, like a detector's buffer, until this process is told to stop.
  if (result.complete) {
    push.set_linger(std::chrono::milliseconds(-1));
    std::cerr << "ptero: waiting until the last frames are taken\n";
  }
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

/// With a stage, it is on a context of its own and gone when the last frame was sent.
int send(detector::FrameSource& source, const Door& door, detector::SendOptions options,
         detector::StageOptions stage_options = {}) {
  const std::string what = fmt::format("{}, {} frames", source.info().uid, source.size());
  return serve(what, door, [&](transport::Socket& push, std::stop_token stop, const Progress& progress) {
    if (stage_options.bind.empty()) return detector::send_series(push, source, options, stop, progress);
    transport::Context context(door.curve, {});
    stage_options.seed = options.faults.seed;
    stage_options.insecure = door.insecure;
    detector::Stage stage(context, stage_options);
    options.stage = &stage;
    std::cerr << "ptero: positions on " << stage.uri() << ", waiting for a listener\n";
    if (!stage.wait_for_listener(stop)) return detector::SendResult{};
    return detector::send_series(push, source, options, stop, progress);
  });
}

/// A scan without a plan; the advice is heard over the same keys.
int send_as_advised(const synth::SimulatorOptions& simulation, const Door& door,
                    const detector::SendOptions& options, const detector::SteeredOptions& follow) {
  detector::check_steered(options, follow);
  detector::SteeredResult steered;
  const int code =
      serve(simulation.uid + ", as advised", door,
            [&](transport::Socket& push, std::stop_token stop, const Progress& progress) {
              transport::Context context(door.curve, {});
              steered = detector::send_steered(context, push, simulation, options, follow, stop, progress);
              return detector::SendResult(steered);
            });
  std::cout << fmt::format("{} of {} exposures of the finest grid, {:.0f} um of travel: {}\n", steered.frames,
                           simulation.grid.count(), steered.travel_m * 1e6, name_of(steered.end));
  return code;
}

/// A recorded stream goes as it is: it brings its own protocol.
int send_recording(const ReplayArguments& arguments) {
  const auto messages = simplon::read_recording(arguments.file);
  const std::string what = fmt::format("{}, {} messages as recorded", arguments.file, messages.size());
  return serve(what, {arguments.bind, arguments.curve, arguments.insecure},
               [&](transport::Socket& push, std::stop_token stop, const Progress& progress) {
                 return detector::send_messages(push, messages, arguments.rate_hz, stop, progress);
               });
}

}  // namespace

int run_simulate(const SimulateArguments& arguments) {
  const auto protocol = detector::protocol_from_name(arguments.protocol);
  auto simulation = arguments.simulation;
  synth::put_sample(arguments.sample, simulation);
  for (const double spacing_m : simulation.spacing_m)
    std::cerr << fmt::format("ptero: two slices, {:.3g} m apart\n", spacing_m);
  if (!arguments.truth.empty()) detector::write_truth(arguments.truth, simulation);
  if (!arguments.follow.advice.empty()) {
    if (!arguments.stage.bind.empty())
      throw InputError("a stage that follows advice tells its positions in the frames", "",
                       "leave --bind-positions out");
    // Advice on an earlier run of the same sample is not for this one.
    simulation.uid = fmt::format("sim-{}-{}", arguments.sample, runtime::utc_now_ns() / 1'000'000);
    return send_as_advised(simulation, {arguments.bind, arguments.curve, arguments.insecure},
                           {arguments.rate_hz, arguments.codec, arguments.faults, protocol},
                           arguments.follow);
  }
  const auto source = detector::simulated(simulation);
  return send(*source, {arguments.bind, arguments.curve, arguments.insecure},
              {arguments.rate_hz, arguments.codec, arguments.faults, protocol}, arguments.stage);
}

int run_replay(const ReplayArguments& arguments) {
  const auto protocol = detector::protocol_from_name(arguments.protocol);
  if (simplon::is_recording(arguments.file)) return send_recording(arguments);
  const auto source = detector::recorded(arguments.file, arguments.read);
  return send(*source, {arguments.bind, arguments.curve, arguments.insecure},
              {arguments.rate_hz, arguments.codec, arguments.faults, protocol});
}

}  // namespace ptero::tools
