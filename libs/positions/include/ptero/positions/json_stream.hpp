#pragma once

#include <string>
#include <string_view>

#include <ptero/core/result.hpp>
#include <ptero/positions/stream_event.hpp>

namespace ptero::positions {

/// A message that cannot be used, in words. A message about other things is no failure: it has no samples.
using JsonFault = std::string;

/// One message of the PandABlocks IOC's publisher: start, data or stop; data where "msg_type" is missing. The
/// index of a sample is starting_sample_number + i, unless a channel gives it.
/// Only the wanted channels are kept; nesting and lengths are bounded by the text itself. Bare NaN and
/// Infinity are read as NaN, null too.
Result<StreamEvent, JsonFault> parse_panda_json(std::string_view text, const Channels& channels);

/// One message of MAX IV's publisher: series-start, data or series-end. The index of a sample is frame_number
/// + i, unless a channel gives it. A channel may hold one number or a list.
Result<StreamEvent, JsonFault> parse_maxiv_json(std::string_view text, const Channels& channels);

}  // namespace ptero::positions
