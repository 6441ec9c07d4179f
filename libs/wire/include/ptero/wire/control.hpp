#pragma once
// What a person asks of a running service, and its answer: proto/control.md. Asked by a DEALER of the
// service's ROUTER; one answer a question.

#include <cstdint>
#include <optional>
#include <ptero/wire/decode.hpp>
#include <string>

namespace ptero::wire {

/// The classifier's border and fill-in from now on. What is absent stays as it is.
inline constexpr std::string_view action_region = "region";

/// An advice of the event `advice`, named by its id.
inline constexpr std::string_view action_accept_advice = "accept_advice";
inline constexpr std::string_view action_reject_advice = "reject_advice";

struct Control {
  std::string action;
  std::string by;  ///< who asks, for the record
  std::optional<std::int64_t> border;
  std::optional<bool> fill_in;
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
