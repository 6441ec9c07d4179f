#pragma once
// detector: a detector and a stage made of software, on a real socket: a simulated or a recorded series as
// the native MessagePack stream or as a DECTRIS detector's, at any rate, with faults on request.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <ptero/services/detector/frame_source.hpp>
#include <ptero/services/detector/stage.hpp>
#include <ptero/synth/faults.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::detector {

enum class Protocol : std::uint8_t { native, simplon1, simplon2 };
/// "native", "simplon1", "simplon2"; throws InputError for anything else.
Protocol protocol_from_name(const std::string& name);

struct SendOptions {
  double rate_hz = 0;         ///< 0: as fast as they are taken
  Codec codec = Codec::none;  ///< compress as a detector does
  synth::FaultRates faults;
  Protocol protocol = Protocol::native;  ///< the others carry no positions
  Stage* stage = nullptr;  ///< publishes the positions, which are then not in the frames; listened to already
};

struct SendResult {
  std::uint64_t frames = 0;  ///< deliveries, duplicates included
  bool complete = false;     ///< false: stopped before the end
  double seconds = 0;
};

/// Sends start, frames and end. Blocks while nobody takes them (a PUSH socket without a peer), until a stop.
/// progress(sent, of) is called after each frame.
SendResult send_series(transport::Socket& push, FrameSource& source, const SendOptions& options,
                       std::stop_token stop,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

/// Sends recorded messages byte for byte, at a rate of messages.
SendResult send_messages(transport::Socket& push, const std::vector<Parts>& messages, double rate_hz,
                         std::stop_token stop,
                         const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

}  // namespace ptero::detector
