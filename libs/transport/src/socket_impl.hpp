#pragma once

#include <chrono>
#include <optional>
#include <ptero/transport/socket.hpp>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "curve_guard.hpp"

namespace ptero::transport {

struct Context::Impl {
  zmq::context_t context;
  std::optional<CurveGuard> guard;
};

struct Socket::Impl {
  zmq::socket_t socket;
  CurveGuard* guard;  ///< null: nobody asks for its keys, or it has its own
  bool insecure;
  Right needs;
  std::chrono::milliseconds longest_silence;
  bool prepared = false;
  std::vector<std::string> connected;  ///< endpoints, of those that can be made anew
  std::chrono::milliseconds silent_for{0};

  /// Once, before the first bind or connect.
  void prepare(Refusal::Side side, const std::string& endpoint);
  void connect_anew();
};

/// Takes the message over without copying it.
Bytes bytes_of(zmq::message_t message);
/// Order what libzmq hands from one thread to another, for ThreadSanitizer.
void sent();
void received();

}  // namespace ptero::transport
