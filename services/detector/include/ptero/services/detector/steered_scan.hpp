#pragma once

#include <optional>

#include <ptero/services/detector/sender.hpp>
#include <ptero/steering/advice.hpp>

namespace ptero::detector {

/// A stage that goes where the classifier's advice says.
struct SteeredOptions {
  std::string advice;                     ///< the classifier's events; we connect
  std::optional<steering::Bounds> reach;  ///< of the stage; absent: the simulated scan's field
  double speed_m_s = 100e-6;
  double settle_s = 5e-3;  ///< after each move
  double patience_s = 30;  ///< without an exposure and without a proposal that somebody could accept
};

struct SteeredResult : SendResult {
  enum class End : std::uint8_t {
    converged,  ///< advised to stop
    no_advice,  ///< none that could be followed came in time: the series was ended all the same
    stopped,    ///< from outside
  };
  End end = End::stopped;
  double travel_m = 0;
};
std::string_view name_of(SteeredResult::End end);

/// Throws InputError where such a scan cannot be sent: other protocols carry no positions, and faults and
/// positions apart from the frames need to know all frames beforehand.
void check_steered(const SendOptions& send, const SteeredOptions& steered);

/// A simulated series without a plan: each frame at the place that the newest accepted advice gives, in the
/// order of its exposure, until one says stop. The stage takes its time to move and to settle; the rate of
/// the options is that of exposures while it stands. progress(sent, frames of the finest uniform grid).
SteeredResult send_steered(transport::Context& context, transport::Socket& push,
                           const synth::SimulatorOptions& simulation, const SendOptions& options,
                           const SteeredOptions& steered, std::stop_token stop,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress = {});

}  // namespace ptero::detector
