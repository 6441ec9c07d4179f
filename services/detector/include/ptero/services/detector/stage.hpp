#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include <ptero/services/detector/frame_source.hpp>
#include <ptero/transport/socket.hpp>

namespace ptero::detector {

struct StageOptions {
  /// panda-zmq:ENDPOINT (the PandABlocks IOC's publisher) or panda-tcp:HOST:PORT (the box's data port)
  std::string bind;
  std::int64_t lag = 0;                 ///< frames that positions come behind theirs; negative: before
  std::uint64_t jitter = 0;             ///< up to so many more, drawn for each message
  double loss = 0;                      ///< share of messages that never come
  std::uint64_t samples_per_frame = 1;  ///< around the frame's position, whose mean is the position
  std::uint64_t settling = 0;           ///< samples before the first frame's
  std::uint64_t samples_per_message = 10;
  std::uint64_t seed = 1;
  bool insecure = false;
};

/// A stage made of software, as its controller tells of it: channels X and Y ("X.VAL.Value", "Y.VAL.Value")
/// in metres and the incident intensity ("MONITOR.VAL.Mean"), samples counted from 0. Driven by the detector,
/// so that a run is the same at every rate. Used by one thread.
class Stage {
 public:
  /// Binds. Throws InputError for a URI that is none, or an address in use.
  Stage(transport::Context& context, const StageOptions& options);
  ~Stage();
  Stage(Stage&&) noexcept;

  /// Where it can be reached; a wildcard port is filled in.
  std::string uri() const;
  /// Waits until somebody listens. False: a stop was requested before.
  bool wait_for_listener(std::stop_token stop);
  /// Arms: samples of this source follow.
  void begin(FrameSource& source, const std::string& arm_time);
  /// Publishes what is due once the detector has sent frames up to, not including, `frame`.
  void advance(FrameId frame);
  /// Publishes the rest and disarms.
  void end();
  /// Messages that were lost on purpose.
  std::uint64_t lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptero::detector
