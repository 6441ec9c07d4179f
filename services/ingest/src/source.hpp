#pragma once

#include <functional>
#include <memory>

#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/wire/stream.hpp>

namespace ptero::ingest {

/// A message as the socket gave it and when it came.
struct Incoming {
  Parts parts;
  std::int64_t t_arrival_ns = 0;
  std::optional<wire::StreamEnd> end;  ///< set: not from the detector, somebody here ends the series

  std::size_t bytes() const;
};

/// The same decoded, whatever the detector's protocol.
struct Arrival {
  Result<wire::StreamMessage, wire::StreamFault> message;
  Parts native;  ///< the message as received where it was native; empty: it is encoded for the journal
  Parts raw;     ///< the message as received, whatever it was
  std::int64_t t_arrival_ns = 0;
  std::size_t bytes = 0;                   ///< as received
  JoinOutcome join = JoinOutcome::joined;  ///< where positions come apart from the frames
  bool by_person = false;                  ///< an end that somebody here asked for
};

/// Understands one protocol: bytes to messages, payloads shared. Used by one thread.
class Source {
 public:
  using Emit = std::function<void(const Arrival&)>;
  virtual ~Source() = default;
  /// Emits what the message says: once as a rule; not at all, or the start it held back in front, where the
  /// protocol asks for it.
  virtual void take(const Incoming& incoming, const Emit& emit) = 0;
  /// When the start came that is held back now; nullopt: none is.
  virtual std::optional<std::int64_t> held_start() const { return std::nullopt; }
  /// Nothing more will come: emits what was held back.
  virtual void finish(const Emit&) {}
};

/// `source` is PROTOCOL:ENDPOINT.
struct SourceName {
  std::string protocol;
  std::string endpoint;
};
/// Throws InputError naming the protocols there are.
SourceName parse_source(const std::string& source);

std::unique_ptr<Source> make_source(const IngestOptions& options, telemetry::Metrics& metrics);

}  // namespace ptero::ingest
