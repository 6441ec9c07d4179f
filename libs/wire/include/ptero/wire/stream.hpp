#pragma once
// The native detector stream, proto/stream.md: start, frame, frame, ..., end. The same messages fill the
// journal and travel on the frame link, each behind a small `Received` part that ingest adds.

#include <cstdint>
#include <optional>
#include <ptero/core/join_outcome.hpp>
#include <ptero/core/series.hpp>
#include <ptero/wire/decode.hpp>
#include <string>
#include <variant>

namespace ptero::wire {

/// A frame and the series it says it belongs to. Without "series" (a bare NumPy frame) it belongs to the
/// current.
struct StreamFrame {
  std::optional<std::uint64_t> series;
  Frame frame;
  std::string uid = {};  ///< of the series; empty: not said
};

struct StreamEnd {
  std::uint64_t series = 0;
  std::optional<std::uint64_t> frames;  ///< how many ids the detector used, lost ones included
  std::string uid = {};                 ///< of the series; empty: not said
};

using StreamMessage = std::variant<SeriesInfo, StreamFrame, StreamEnd>;

/// A message that cannot be used. Id and series are known when the header could be read so far.
struct StreamFault {
  FrameFault fault = FrameFault::malformed;
  std::optional<FrameId> frame;
  std::optional<std::uint64_t> series = {};  ///< absent: the message says none, so it is of the current
  std::string uid = {};                      ///< of the series; empty: not said
  std::string dtype = {};                    ///< as the message spells it, where ptero does not know it
};

Parts encode(const SeriesInfo& start);
/// The payload becomes the second part as it is, without a copy.
Parts encode(const StreamFrame& frame);
Parts encode(const StreamEnd& end);

/// Accepts 1 part (payload inside as "data", msgpack-numpy maps included) or 2. Payloads above
/// `max_frame_bytes` (decoded) are refused before anything is allocated. Ids from `id_end` on are malformed:
/// only who puts them in order himself may allow more.
Result<StreamMessage, StreamFault> decode_stream(const Parts& parts, std::size_t max_frame_bytes,
                                                 FrameId id_end = max_frame_id);

/// What ingest notes about an entry of the journal.
struct Received {
  std::int64_t t_arrival_ns = 0;  ///< monotonic clock of ingest's host
  std::int64_t t_utc_ns = 0;      ///< the same moment in UTC; 0: not said. What follows counts from it
  JoinOutcome join = JoinOutcome::joined;  ///< how a frame and its position met, where they came apart
  std::optional<StreamFault> fault;        ///< set: the message could not be used and is not stored
};

Bytes encode(const Received& note);
Decoded<Received> decode_received(const Bytes& bytes);

/// An entry of the journal, or of either link, taken apart: [received][stream message].
struct StreamEntry {
  Received note;
  std::optional<StreamMessage> message;  ///< absent: `note.fault` says why
};

/// What a payload decodes to at most where ingest has checked it against its own limit before: this only
/// bounds what a header may claim.
inline constexpr std::size_t trusted_frame_bytes = std::size_t{1} << 32;

Result<StreamEntry, StreamFault> decode_entry(const Parts& parts,
                                              std::size_t max_frame_bytes = trusted_frame_bytes);

}  // namespace ptero::wire
