#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <ptero/positions/panda_tcp.hpp>
#include <ptero/runtime/service.hpp>
#include <ptero/services/ingest/position_options.hpp>
#include <ptero/telemetry/log.hpp>
#include <ptero/telemetry/metrics.hpp>
#include <ptero/transport/socket.hpp>

#include "position_inbox.hpp"
#include "tcp_client.hpp"

namespace ptero::ingest {

/// Listens to the stage: owns the socket, reads without ever stopping, and puts what was said into the inbox.
/// Made by one thread, run by one stage.
class PositionStage {
 public:
  /// `pushed` is called after each push to the inbox. Throws InputError: an address that is none, channels
  /// that are not named.
  PositionStage(transport::Context& context, const PositionSource& source, const PositionOptions& options,
                PositionInbox& inbox, telemetry::Metrics& metrics, std::function<void()> pushed);

  void run(std::stop_token stop, runtime::Heartbeat& beat);
  /// Thread-safe. A subscriber of ZeroMQ is never told, and counts as connected.
  bool connected() const { return connected_; }

 private:
  void listen_zmq();
  void listen_tcp();
  void push(positions::StreamEvent event);
  void unreadable(const std::string& why);

  PositionSource source_;
  positions::Channels channels_;
  PositionInbox& inbox_;
  std::function<void()> pushed_;
  std::optional<transport::Socket> zmq_;
  std::optional<TcpClient> tcp_;
  std::optional<positions::PandaTcpParser> parser_;
  std::string last_why_;  // logged once
  std::atomic<bool> connected_ = false;
  telemetry::Counter samples_, unreadable_, dropped_, connections_;
  telemetry::Logger log_{"ingest"};
};

}  // namespace ptero::ingest
