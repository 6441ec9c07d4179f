#pragma once
// What a person asks of a running service, and its answer: proto/control.md. Asked by a DEALER of the
// service's ROUTER; one answer a question.

#include <cstdint>
#include <optional>
#include <ptero/wire/decode.hpp>
#include <string>

namespace ptero::wire {

/// The classifier's border and fill-in from now on, its segments from the next series on. What is absent
/// stays as it is.
inline constexpr std::string_view action_region = "region";

/// The classifier: frames of the running series are bad, or are not after all.
inline constexpr std::string_view action_bad_frames = "bad_frames";

/// An advice of the event `advice`, named by its id.
inline constexpr std::string_view action_accept_advice = "accept_advice";
inline constexpr std::string_view action_reject_advice = "reject_advice";

/// The reconstructor: `what` is start, stop or restart.
inline constexpr std::string_view action_reconstruction = "reconstruction";
/// The separation of slices: `what` is start or stop.
inline constexpr std::string_view action_separation = "separation";

struct Control {
  std::string action;
  std::string by;  ///< who asks, for the record
  std::optional<std::int64_t> border = {};
  std::optional<bool> fill_in = {};
  std::optional<std::int64_t> segments = {};
  std::optional<std::uint64_t> first = {}, last = {};  ///< frame ids, both included
  std::optional<bool> bad = {};
  std::optional<std::string> what = {};  ///< the key `do`
  std::optional<std::uint64_t> advice = {};
};

struct ControlAnswer {
  bool ok = false;
  std::string why;  ///< when it was refused: what is wrong and what would be right; else what happens now
};

Bytes encode(const Control& control);
Bytes encode(const ControlAnswer& answer);
Decoded<Control> decode_control(const Bytes& bytes);
Decoded<ControlAnswer> decode_control_answer(const Bytes& bytes);

}  // namespace ptero::wire
