#pragma once
// The messages of a link, proto/link.md: hello, credit, want and deliver go from the consumer to the
// producer; entry, keepalive and refused come back. What an entry carries is somebody else's page.

#include <cstdint>
#include <ptero/core/bytes.hpp>
#include <ptero/wire/decode.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ptero::wire {

/// Opens a session; a later hello of the same consumer replaces it.
struct Hello {
  std::string consumer;
  std::uint64_t session = 0;   ///< chosen by the consumer, never used twice
  std::string series_uid;      ///< empty: whatever series there is
  std::uint64_t next = 0;      ///< first sequence number wanted
  std::uint64_t credit = 0;    ///< entries the producer may push before more credit comes
  std::uint64_t revision = 0;  ///< selection link: the revision the consumer holds ...
  std::vector<FrameId> holds;  ///< ... and the frames
  /// When the series began, by its start entry: tells two series of one uid apart. 0: not known.
  std::int64_t started_ns = 0;
  /// A random number of the consumer, the same in all its hellos: tells two of one name apart. 0: not said.
  std::uint64_t owner = 0;
};

struct Credit {
  std::uint64_t session = 0;
  std::uint64_t credit = 0;  ///< entries more
};

/// Whether the consumer's series is the one with this uid and this start entry: a uid may come again.
bool is_at(const Hello& hello, std::string_view series_uid, const Parts& start_entry);

/// Single frames, out of order.
struct Want {
  std::uint64_t session = 0;
  std::string series_uid;    ///< of the frames; empty: the series the link is at
  std::uint64_t ticket = 1;  ///< not 0; the answers carry it
  std::vector<FrameId> ids;
};

/// Something for the producer itself, in the parts behind (labels on the frame link).
struct Deliver {
  std::uint64_t session = 0;
};

struct EntryHeader {
  std::uint64_t session = 0;
  std::uint64_t sequence = 0;
  std::uint64_t wanted = 0;  ///< the ticket of the want it answers, outside the order; 0: in order
  std::uint64_t behind = 0;  ///< entries that wait for this consumer behind this one
  std::uint64_t absent = 0;  ///< numbers before this one that the producer does not have and never will
};

struct Keepalive {
  std::uint64_t session = 0;
};

/// The producer does not serve this hello. The text says why and what would be right.
struct Refused {
  std::uint64_t session = 0;
  std::string why;
};

using LinkMessage = std::variant<Hello, Credit, Want, Deliver, EntryHeader, Keepalive, Refused>;

Bytes encode(const LinkMessage& message);
Decoded<LinkMessage> decode_link(const Bytes& bytes);

}  // namespace ptero::wire
