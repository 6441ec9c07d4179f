#pragma once

#include <stop_token>

#include <ptero/runtime/bounded_queue.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/ingest.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/transport/socket.hpp>

#include "source.hpp"

namespace ptero::ingest {

/// What was received and waits to be recorded.
using ReceiveQueue = runtime::BoundedQueue<Incoming>;

/// The detector's socket: takes what comes into the queue, and waits only where that is full. Made by one
/// thread, run by one stage.
class ReceiveStage {
 public:
  /// Throws InputError: an address that is none.
  ReceiveStage(transport::Context& context, const IngestOptions& options, ReceiveQueue& queue);
  /// Closes the queue at its end.
  void run(std::stop_token stop, runtime::Heartbeat& beat);
  /// The detector waits for somebody else then, instead of sending to nobody. After run() has ended.
  void leave();

 private:
  const IngestOptions& options_;
  ReceiveQueue& queue_;
  transport::Socket detector_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
